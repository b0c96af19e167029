package local

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

// The time that the way back may take: it is apart from the command's own
// deadline, which may be what made the command fail.
const (
	undoTimeout = 10 * time.Second
	undoEach    = 50 * time.Millisecond // more for each change of the plan
)

// undo is what was done, in order.
type undo struct {
	done []doing
	// waiting are those for the way back that count with the next that is done:
	// until then there is nothing that they could mend.
	waiting []ops.Op
}

// doing is an operation that was done; or rows that were written, of which the
// database's client has kept images.
type doing struct {
	op   ops.Op
	rows *ovsdb.Undo
}

// with adds what is run on the way back alone.
func (u *undo) with(o ops.Back) { u.waiting = append(u.waiting, o) }

// add adds operations that were done, or begun.
func (u *undo) add(list ...ops.Op) {
	u.take()
	for _, o := range list {
		u.done = append(u.done, doing{op: o})
	}
}

// after adds operations unless they have failed, whose error it returns.
func (u *undo) after(list []ops.Op, err error) error {
	if err == nil {
		u.add(list...)
	}
	return err
}

// rows adds rows that were written; nil where nothing was.
func (u *undo) rows(back *ovsdb.Undo) {
	u.take()
	if back != nil {
		u.done = append(u.done, doing{rows: back})
	}
}

func (u *undo) take() {
	for _, o := range u.waiting {
		u.done = append(u.done, doing{op: o})
	}
	u.waiting = nil
}

// failed takes back what was done and says so.
func (r *run) failed(ctx context.Context, p ops.Phase, err error, changes int) error {
	did := len(r.undo.done) > 0
	if r.Keep && did {
		return model.Failedf("%s failed, what was done before is kept", p.Name).Because(err)
	}
	if failure := r.back(ctx, changes); failure != nil {
		return model.Failedf("%s failed, and undoing what was done before failed too (%v)", p.Name, failure).Because(err)
	}
	outcome := "nothing was changed"
	if did {
		outcome = "what was done before was undone"
	}
	return model.Failedf("%s failed, %s", p.Name, outcome).Because(err)
}

// back takes everything back, last one first, whatever fails on the way; changes is
// how many the plan has.
func (r *run) back(ctx context.Context, changes int) error {
	limit := undoTimeout + time.Duration(changes)*undoEach
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	way := &run{Runner: r.Runner}
	var errs []error
	var steps []ops.Step
	flush := func() {
		for len(steps) > 0 {
			batch := batchOf(steps)
			errs = append(errs, way.batch(ctx, batch))
			steps = steps[len(batch):]
		}
	}
	for _, d := range slices.Backward(r.undo.done) {
		if d.rows != nil {
			flush()
			errs = append(errs, d.rows.Run(ctx))
		} else if o := d.op.Reverse(); o != nil {
			steps = append(steps, ops.Step{Op: o})
		}
	}
	flush()
	return Few(errs...)
}

// fewErrors is how many of many failures people want to read.
const fewErrors = 3

// Few joins errors on one line and only counts those after the first few. It
// returns nil if all are nil.
func Few(errs ...error) error {
	errs = slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil })
	if len(errs) == 0 {
		return nil
	}
	shown := errs[0]
	for _, err := range errs[1:min(len(errs), fewErrors)] {
		shown = fmt.Errorf("%w; %w", shown, err)
	}
	if more := len(errs) - fewErrors; more > 0 {
		shown = fmt.Errorf("%w (and %d more)", shown, more)
	}
	return shown
}
