package ovsdb

import (
	"context"
	"slices"
	"sync"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// Undo puts back what one [Client.Commit] has changed. The nil Undo does
// nothing.
type Undo struct {
	mu       sync.Mutex
	client   *Client
	ops      []ovsdb.Operation
	root     string
	switches bool // ovs-vswitchd has something to do
}

// newUndo keeps what is needed of a transaction that has been committed.
func newUndo(c *Client, t *transaction, o outcome) *Undo {
	u := &Undo{client: c, root: t.l.root, switches: t.cfg >= 0}
	for _, step := range slices.Backward(t.undo) {
		u.ops = append(u.ops, step(o)...)
	}
	return u
}

// Run puts the touched rows back as they were before the Commit: what was made
// is deleted, what was changed gets its old columns and keys, what was deleted
// is made again with the same columns (and another UUID). Keys and columns that
// others have changed since stay. It does not wait for ovs-vswitchd. A second
// Run does nothing. The error is [model.ErrNotReady] when the database does
// not answer; the client must not have been closed.
func (u *Undo) Run(ctx context.Context) error {
	_, err := u.run(ctx)
	return err
}

// run returns the number that cur_cfg reaches when ovs-vswitchd has followed;
// 0 when it need not.
func (u *Undo) run(ctx context.Context) (int, error) {
	if u == nil {
		return 0, nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.ops) == 0 {
		return 0, nil
	}
	ops := slices.Clone(u.ops)
	if u.switches {
		ops = append(ops, raiseCfg(u.root)...)
	}
	results, err := u.client.transact(ctx, ops)
	if err != nil {
		if _, refused := refusals(err); refused {
			err = model.Failedf("the switch database could not be put back").Because(err)
		}
		return 0, err
	}
	u.ops = nil
	if !u.switches {
		return 0, nil
	}
	return cfgIn(results[len(ops)-1]), nil
}

// cfgIn reads next_cfg from the result of raiseCfg's select.
func cfgIn(r ovsdb.OperationResult) int {
	if len(r.Rows) == 0 {
		return 0
	}
	n, _ := r.Rows[0]["next_cfg"].(float64)
	return int(n)
}

// statusOps selects interfaces once a wait for ovs-vswitchd is over.
func statusOps(wait ovsdb.Operation, uuids []string) []ovsdb.Operation {
	ops := []ovsdb.Operation{wait}
	for _, id := range uuids {
		ops = append(ops, selectRows(schema.InterfaceTable, []string{"name", "ofport", "error"}, is(id)))
	}
	return ops
}
