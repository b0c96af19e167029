package ovsdb

import (
	"context"
	"sync"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
)

// Undo puts back what one [Client.Commit] has changed. The nil Undo does
// nothing.
type Undo struct {
	mu       sync.Mutex
	client   *Client
	begin    func() *rows.Undo // nil when that is done
	done     config            // what ovs-vswitchd reaches when it has followed the Commit
	switches bool              // ovs-vswitchd has something to do
	// watched are the interfaces that ovs-vswitchd must have opened then, names
	// by UUID.
	watched map[string]string
}

// newUndo keeps what is needed of a transaction that has been committed.
func newUndo(c *Client, t *transaction, o rows.Outcome) *Undo {
	u := &Undo{client: c, switches: t.cfg >= 0, watched: t.watched(o)}
	if u.switches {
		u.done = cfgIn(o.Write(t.cfg))
	}
	u.begin = func() *rows.Undo { return t.Undo(o) } // seldom wanted
	return u
}

// Run puts the touched rows back as they were before the Commit: what was made
// is deleted, what was changed gets its old columns and keys, what was deleted
// is made again with the same columns (and another UUID), with the mirrors, QoS,
// controllers and the like that others hung on it, and rows of others that
// referred to it do so again. Keys and columns that others have changed since stay. It does not wait for ovs-vswitchd. A second
// Run does nothing. The error is [model.ErrNotReady] when the database does
// not answer; the client must not have been closed.
func (u *Undo) Run(ctx context.Context) error {
	_, err := u.run(ctx)
	return err
}

// Await waits until ovs-vswitchd has followed the [Client.Submit] that returned
// u, as long as [Client.Commit], and checks that it has opened every port that
// was made or changed. Interfaces that are made after the Submit may come too
// late for it: then it is asked once more. The error is [model.ErrNotReady], or
// has no class when a port could not be opened; nothing is undone.
func (u *Undo) Await(ctx context.Context) error {
	if u == nil || !u.switches {
		return nil
	}
	unopened, err := u.client.follow(ctx, u.done)
	if err != nil || checkOpened(u.watched, unopened) == nil {
		return err
	}
	again, err := u.client.raise(ctx)
	if err != nil {
		return err
	}
	if unopened, err = u.client.follow(ctx, again); err != nil {
		return err
	}
	return checkOpened(u.watched, unopened)
}

// run returns what ovs-vswitchd reaches when it has followed; the zero value
// when it need not.
func (u *Undo) run(ctx context.Context) (cfg config, err error) {
	if u == nil {
		return cfg, nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.begin == nil {
		return cfg, nil
	}
	back := u.begin()
	var answers []ovsdb.OperationResult
	if q := back.Queries(); len(q) > 0 {
		if answers, err = u.client.transact(ctx, q); err != nil {
			return cfg, err
		}
	}
	ops := back.Operations(answers)
	if u.switches {
		ops = append(ops, raiseCfg()...)
	}
	results, err := u.client.transact(ctx, ops)
	if err != nil {
		if _, refused := refusals(err); refused {
			err = model.Failedf("the switch database could not be put back").Because(err)
		}
		return cfg, err
	}
	u.begin = nil
	if !u.switches {
		return cfg, nil
	}
	return cfgIn(results[len(ops)-1]), nil
}
