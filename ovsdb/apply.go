package ovsdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

const (
	// defaultWait bounds the wait for ovs-vswitchd when ctx has no deadline.
	defaultWait = 30 * time.Second
	// undoTime bounds the undo of a Commit that failed, which must happen even
	// if ctx has ended.
	undoTime = 2 * time.Second
	// attempts bounds how often a Commit is begun anew because others changed
	// the same rows.
	attempts = 10
)

// Commit carries out a plan in one transaction, waits until ovs-vswitchd has
// followed and checks that it has opened every port that was made or changed.
// Objects that are made may have their rows already, objects that are removed
// may have none. When it fails, it has undone what it had done.
//
// It waits until ctx ends, 30 seconds at most if ctx has no deadline; a plan
// that touches no switch does not wait at all.
//
// What seen, a moment ago, has read of the rows is not read again, and
// ovs-vswitchd is taken to run, see [Client.CheckDaemon]; nil if there is no
// such Snapshot. Whatever has changed since is noticed.
//
// The error is [model.ErrNotManaged] for rows that ovsns did not make,
// [model.ErrNotFound] for a switch that is missing, [model.ErrConflict] for a
// port that belongs to another object or when somebody else keeps changing the
// same rows, [model.ErrInvalid] for a switch without a definite datapath,
// [model.ErrNotReady] when ovsdb-server or ovs-vswitchd does not answer, and
// has no class when ovs-vswitchd cannot open a port.
func (c *Client) Commit(ctx context.Context, seen *Snapshot, p model.Plan) (*Undo, error) {
	t, out, undo, err := c.submit(ctx, seen, p)
	if err != nil || t == nil || t.cfg < 0 {
		return undo, err
	}
	if err := c.settle(ctx, t, out); err != nil {
		return nil, c.rollBack(ctx, undo, err)
	}
	return undo, nil
}

// Submit is Commit without the wait and without the check: ovs-vswitchd must
// run, and follows when it can; see [Undo.Await]. It is for plans that only
// remove: there ovs-vswitchd needs about 13 ms for each port, during which the
// rest of the removal can go on. The errors are those of Commit.
func (c *Client) Submit(ctx context.Context, seen *Snapshot, p model.Plan) (*Undo, error) {
	_, _, undo, err := c.submit(ctx, seen, p)
	return undo, err
}

// Sync waits until ovs-vswitchd has followed all that was written so far, as
// any waiting ovs-vsctl(8) command does: at once when it is idle. It waits as long as
// [Client.Commit]. The error is [model.ErrNotReady].
func (c *Client) Sync(ctx context.Context) error {
	if err := c.CheckDaemon(ctx); err != nil {
		return err
	}
	results, err := c.transact(ctx, raiseCfg())
	if err != nil {
		return err
	}
	cfg := cfgIn(results[1])
	if cfg.root == "" {
		return c.notInitialised()
	}
	return c.follow(ctx, cfg)
}

// follow waits until ovs-vswitchd has reached a configuration.
func (c *Client) follow(ctx context.Context, cfg config) error {
	limit := patience(ctx)
	if _, err := c.await(ctx, cfg, limit, nil); err != nil {
		return c.explainWait(ctx, err, limit)
	}
	return nil
}

// Check reports whether [Client.Commit] would refuse a plan because of what is
// in the database now, with its error, and changes nothing.
func (c *Client) Check(ctx context.Context, p model.Plan) error {
	e, err := editsOf(p)
	if err != nil || e.empty() {
		return err
	}
	l, err := c.layout(ctx, e)
	if err != nil {
		return err
	}
	_, err = build(c.schema, e, l)
	return err
}

// submit writes a plan; it returns no transaction when nothing was to be done.
func (c *Client) submit(ctx context.Context, seen *Snapshot, p model.Plan) (*transaction, outcome, *Undo, error) {
	e, err := editsOf(p)
	if err != nil || e.empty() {
		return nil, outcome{}, nil, err
	}
	t, results, err := c.write(ctx, seen, e)
	if err != nil || t == nil {
		return nil, outcome{}, nil, err
	}
	out := t.outcome(results)
	return t, out, newUndo(c, t, out), nil
}

// write runs the transaction, and begins anew when the layout has changed
// under it. It returns no transaction when there was nothing to do.
func (c *Client) write(ctx context.Context, seen *Snapshot, e *edits) (*transaction, []ovsdb.OperationResult, error) {
	var last error
	for range attempts {
		t := c.prepareSeen(seen, e)
		if seen = nil; t == nil {
			var err error
			if t, err = c.prepare(ctx, e); err != nil || t == nil {
				return nil, nil, err
			}
		}
		ops := t.operations()
		results, err := c.transactSurely(ctx, ops)
		if err == nil {
			return t, results, nil
		}
		if last = t.explain(err); !t.stale(err) {
			return nil, nil, last
		}
	}
	return nil, nil, last
}

// prepareSeen builds the transaction for what was there a moment ago, nil when
// that is not known or not as it should be.
func (c *Client) prepareSeen(seen *Snapshot, e *edits) *transaction {
	l := seen.layout(e)
	if l == nil {
		return nil
	}
	t, err := build(c.schema, e, l)
	if err != nil || len(t.writes) == 0 {
		return nil
	}
	return t
}

// prepare builds the transaction for what is there now.
func (c *Client) prepare(ctx context.Context, e *edits) (*transaction, error) {
	l, err := c.layout(ctx, e)
	if err != nil {
		return nil, err
	}
	t, err := build(c.schema, e, l)
	if err != nil || len(t.writes) == 0 {
		return nil, err
	}
	if len(e.bridges)+len(e.ports) > 0 {
		err = c.CheckDaemon(ctx)
	}
	return t, err
}

// refusals lists the operations that the server refused; false when the error
// is another one.
func refusals(err error) ([]failedOp, bool) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil, false
	}
	var list []failedOp
	for _, e := range joined.Unwrap() {
		var f failedOp
		if errors.As(e, &f) {
			list = append(list, f)
		}
	}
	return list, len(list) > 0
}

// stale reports whether the transaction was refused because the layout is out
// of date: a guard did not hold, or a name was taken meanwhile.
func (t *transaction) stale(err error) bool {
	list, _ := refusals(err)
	for _, f := range list {
		if f.index < len(t.guards) || f.code == opConstraint {
			return true
		}
	}
	return false
}

// explain turns refused operations into an error with a class.
func (t *transaction) explain(err error) error {
	list, refused := refusals(err)
	if !refused {
		return err
	}
	for _, f := range list {
		if f.index < len(t.guards) {
			return t.guards[f.index].broken
		}
		if f.code == opConstraint {
			return model.Conflictf("the switch database refuses the change").Because(err)
		}
	}
	return model.Failedf("the switch database refuses the change").Because(err)
}

// settle waits for ovs-vswitchd and checks the ports.
func (c *Client) settle(ctx context.Context, t *transaction, o outcome) error {
	uuids := make([]string, len(t.watch))
	for i, w := range t.watch {
		if uuids[i] = w.uuid; w.uuid == "" {
			uuids[i] = o.writes[w.write].UUID.GoUUID
		}
	}
	limit := patience(ctx)
	results, err := c.await(ctx, cfgIn(o.writes[t.cfg]), limit, uuids)
	if err != nil {
		return c.explainWait(ctx, err, limit)
	}
	return checkPorts(t.watch, results[1:])
}

// patience returns how long to wait for ovs-vswitchd: until shortly before ctx
// ends, so that there is time for the undo.
func patience(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return defaultWait
	}
	left := max(time.Until(deadline), 0)
	return left - min(left/4, 300*time.Millisecond)
}

// await blocks in the server until cur_cfg has reached cfg.
func (c *Client) await(ctx context.Context, cfg config, limit time.Duration, uuids []string) ([]ovsdb.OperationResult, error) {
	reached := ovsdb.NewCondition("cur_cfg", ovsdb.ConditionGreaterThanOrEqual, cfg.number)
	row := ovsdb.Row{"_uuid": ovsdb.UUID{GoUUID: cfg.root}}
	wait := waitRows(schema.RootTable, row, limit, is(cfg.root), reached)
	return c.transact(ctx, statusOps(wait, uuids))
}

func (c *Client) explainWait(ctx context.Context, err error, limit time.Duration) error {
	list, refused := refusals(err)
	switch {
	case !refused:
		return err
	case list[0].code != opTimedOut:
		return model.Failedf("the wait for ovs-vswitchd failed").Because(err)
	}
	if gone := c.CheckDaemon(context.WithoutCancel(ctx)); gone != nil {
		return gone
	}
	return model.NotReadyf("ovs-vswitchd did not answer within %v", limit.Round(time.Millisecond)).
		WithHint("see whether ovs-vswitchd hangs: sudo ovs-appctl version")
}

// checkPorts requires that each interface has been given an OpenFlow port:
// the column error alone can be empty although there is none.
func checkPorts(list []watched, results []ovsdb.OperationResult) error {
	var first *model.Error
	failed := 0
	for i, w := range list {
		if err := checkPort(w.name, results[i].Rows); err != nil {
			if failed++; first == nil {
				first = err
			}
		}
	}
	switch {
	case first == nil:
		return nil
	case failed > 1:
		first.Message += fmt.Sprintf(" (and %d more ports likewise)", failed-1)
	}
	return first
}

func checkPort(name string, rows []ovsdb.Row) *model.Error {
	if len(rows) == 0 {
		return model.Failedf("port %s was deleted by somebody else at the same time", name)
	}
	if reason, ok := rows[0]["error"].(string); ok && reason != "" {
		return model.Failedf("port %s: ovs-vswitchd says: %s", name, reason)
	}
	if n, ok := rows[0]["ofport"].(float64); !ok || n <= 0 {
		return model.Failedf("port %s: ovs-vswitchd could not open it", name).
			WithHint("the reason is in ovs-vswitchd.log")
	}
	return nil
}

// rollBack undoes a Commit that failed because of err and returns it. It waits
// for ovs-vswitchd to let go of the ports, unless that is what has failed.
func (c *Client) rollBack(ctx context.Context, u *Undo, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	cfg, failure := u.run(ctx)
	if failure != nil {
		return fmt.Errorf("%w; what was begun could not be undone: %w", err, failure)
	}
	if !errors.Is(err, model.ErrNotReady) && !errors.Is(err, context.Canceled) && cfg.number > 0 {
		// What matters is undone; ovs-vswitchd only gets a moment to follow.
		_, _ = c.await(ctx, cfg, undoTime/2, nil)
	}
	return err
}
