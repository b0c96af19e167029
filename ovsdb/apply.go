package ovsdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
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
// port that belongs to another object, for what is recorded in another [Format]
// or when somebody else keeps changing the same rows, [model.ErrInvalid] for a switch without a definite datapath,
// [model.ErrNotReady] when ovsdb-server or ovs-vswitchd does not answer, and
// has no class when ovs-vswitchd cannot open a port.
func (c *Client) Commit(ctx context.Context, seen *Snapshot, p model.Plan) (*Undo, error) {
	undo, err := c.Submit(ctx, seen, p)
	return c.awaited(ctx, undo, err)
}

// awaited waits for what was submitted, and undoes it when that fails.
func (c *Client) awaited(ctx context.Context, undo *Undo, err error) (*Undo, error) {
	if err != nil {
		return nil, err
	}
	if err := undo.Await(ctx); err != nil {
		return nil, c.rollBack(ctx, undo, err)
	}
	return undo, nil
}

// Submit is Commit without the wait and without the check: ovs-vswitchd must
// run, and follows when it can; see [Undo.Await]. It is for plans that only
// remove, whose rest can go on while ovs-vswitchd lets the ports go, and for
// ports whose interfaces are made afterwards. The errors are those of Commit.
func (c *Client) Submit(ctx context.Context, seen *Snapshot, p model.Plan) (*Undo, error) {
	e, err := editsOf(p)
	if err != nil || e.empty() {
		return nil, err
	}
	return c.submit(ctx, c.prepared(ctx, seen, e, build))
}

// Sync waits until ovs-vswitchd has followed all that was written so far, as
// any waiting ovs-vsctl(8) command does: at once when it is idle. It waits as long as
// [Client.Commit]. The error is [model.ErrNotReady].
func (c *Client) Sync(ctx context.Context) error {
	if err := c.CheckDaemon(ctx); err != nil {
		return err
	}
	cfg, err := c.raise(ctx)
	if err != nil {
		return err
	}
	_, err = c.follow(ctx, cfg)
	return err
}

// raise asks ovs-vswitchd to go over its configuration once more.
func (c *Client) raise(ctx context.Context) (config, error) {
	results, err := c.transact(ctx, raiseCfg())
	if err != nil {
		return config{}, err
	}
	cfg := cfgIn(results[1])
	if cfg.root == "" {
		return cfg, c.notInitialised()
	}
	return cfg, nil
}

// follow waits until ovs-vswitchd has reached a configuration, and returns
// which interfaces it has not opened then.
func (c *Client) follow(ctx context.Context, cfg config) ([]ovsdb.Row, error) {
	limit := patience(ctx)
	results, err := c.await(ctx, cfg, limit, unopened()...)
	if err != nil {
		return nil, c.explainWait(ctx, err, limit)
	}
	var rows []ovsdb.Row
	for _, r := range results[1:] {
		rows = append(rows, r.Rows...)
	}
	return rows, nil
}

// unopened selects the interfaces without an OpenFlow port: the column error
// alone can be empty although there is none.
func unopened() []ovsdb.Operation {
	columns := []string{"_uuid", "error"}
	none := ovsdb.NewCondition("ofport", ovsdb.ConditionEqual, rows.UUIDs())
	refused := ovsdb.NewCondition("ofport", ovsdb.ConditionEqual, -1)
	return []ovsdb.Operation{
		rows.Select(schema.InterfaceTable, columns, none), rows.Select(schema.InterfaceTable, columns, refused),
	}
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
	_, err = build(c.tables, e, l)
	return err
}

// submit runs the transaction that prepare makes, and begins anew when what it
// was made for has changed under it; nil without an error if there is nothing to
// do.
func (c *Client) submit(ctx context.Context, prepare func() (*transaction, error)) (*Undo, error) {
	var last error
	for range attempts {
		t, err := prepare()
		if err != nil || t == nil {
			return nil, err
		}
		results, err := c.transactSurely(ctx, t.operations())
		if err == nil {
			return newUndo(c, t, t.Outcome(results)), nil
		}
		if last = t.explain(err); !t.stale(err) {
			return nil, last
		}
	}
	return nil, last
}

// builder translates edits on a layout.
type builder func(rows.Schema, *edits, *layout) (*transaction, error)

// prepared returns what builds a transaction: at first for what was there a
// moment ago, if that is known and as it should be, then for what is there.
func (c *Client) prepared(ctx context.Context, seen *Snapshot, e *edits, build builder) func() (*transaction, error) {
	return func() (*transaction, error) {
		l := seen.layout(e)
		if seen = nil; l != nil {
			if t, err := build(c.tables, e, l); err == nil && t.Writes() > 0 {
				return t, nil
			}
		}
		l, err := c.layout(ctx, e)
		if err != nil {
			return nil, err
		}
		t, err := build(c.tables, e, l)
		if err != nil || t.Writes() == 0 {
			return nil, err
		}
		if t.touchesSwitch() {
			err = c.CheckDaemon(ctx)
		}
		return t, err
	}
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
		if t.Broken(f.index) != nil || f.code == opConstraint {
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
		if broken := t.Broken(f.index); broken != nil {
			return broken
		}
		if f.code == opConstraint || f.code == opReferential {
			return model.Conflictf("the switch database refuses the change").Because(err)
		}
	}
	return model.Failedf("the switch database refuses the change").Because(err)
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

// await blocks in the server until cur_cfg has reached cfg; then it does more.
func (c *Client) await(ctx context.Context, cfg config, limit time.Duration, more ...ovsdb.Operation) ([]ovsdb.OperationResult, error) {
	reached := ovsdb.NewCondition("cur_cfg", ovsdb.ConditionGreaterThanOrEqual, cfg.number)
	row := ovsdb.Row{"_uuid": ovsdb.UUID{GoUUID: cfg.root}}
	wait := rows.Wait(schema.RootTable, row, limit, rows.Is(cfg.root), reached)
	return c.transact(ctx, append([]ovsdb.Operation{wait}, more...))
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
	return noAnswer(limit)
}

func noAnswer(limit time.Duration) *model.Error {
	return model.NotReadyf("ovs-vswitchd did not answer within %v", limit.Round(time.Millisecond)).
		WithHint("see whether ovs-vswitchd hangs: sudo ovs-appctl version")
}

// checkOpened requires that none of the watched interfaces, names by UUID, is
// among those that are not open.
func checkOpened(watched map[string]string, unopened []ovsdb.Row) error {
	var first *model.Error
	failed := 0
	for _, row := range unopened {
		id, _ := row["_uuid"].(ovsdb.UUID)
		name, ours := watched[id.GoUUID]
		if !ours {
			continue
		}
		if failed++; first == nil {
			first = notOpened(name, row)
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

func notOpened(name string, row ovsdb.Row) *model.Error {
	if reason, ok := row["error"].(string); ok && reason != "" {
		return model.Failedf("port %s: ovs-vswitchd says: %s", name, reason)
	}
	return model.Failedf("port %s: ovs-vswitchd could not open it", name).
		WithHint("the reason is in ovs-vswitchd.log")
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
		_, _ = c.await(ctx, cfg, undoTime/2)
	}
	return err
}
