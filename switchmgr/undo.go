package switchmgr

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// The time that the way back may take: it is apart from the command's own
// deadline, which may be what made the command fail.
const (
	undoTimeout = 10 * time.Second
	undoEach    = 50 * time.Millisecond // more for each change of the plan
)

// undo collects how to take back what was done, in the order it was done.
type undo struct {
	steps []func(context.Context) error
}

func (u *undo) add(step func(context.Context) error) {
	u.steps = append(u.steps, step)
}

// run takes everything back, last step first, whatever fails on the way; changes
// is how many the plan has.
func (u *undo) run(ctx context.Context, changes int) error {
	limit := undoTimeout + time.Duration(changes)*undoEach
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	var errs []error
	for _, step := range slices.Backward(u.steps) {
		errs = append(errs, step(ctx))
	}
	u.steps = nil
	return few(errs...)
}

// fewErrors is how many of many failures people want to read.
const fewErrors = 3

// few joins errors on one line and only counts those after the first few. It
// returns nil if all are nil.
func few(errs ...error) error {
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
