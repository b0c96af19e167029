package ovsdb

import (
	"context"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// Purge removes everything of ovsns from the database, readable or not and in
// whatever [Format]: the bridges and ports with its mark, and its keys on the row
// of Open_vSwitch. What others set stays, and the undo brings all back.
//
// It waits as [Client.Commit] does. The error is [model.ErrNotManaged] for a
// bridge of ours with ports of others, [model.ErrConflict] when somebody else
// keeps changing the same rows, [model.ErrNotReady] when ovsdb-server or
// ovs-vswitchd does not answer.
func (c *Client) Purge(ctx context.Context) (*Undo, error) {
	undo, err := c.submit(ctx, func() (*transaction, error) {
		t, err := c.purge(ctx)
		if err == nil && t != nil && t.touchesSwitch() {
			err = c.CheckDaemon(ctx)
		}
		return t, err
	})
	return c.awaited(ctx, undo, err)
}

// purge builds the transaction, nil if there is nothing to remove.
func (c *Client) purge(ctx context.Context) (*transaction, error) {
	read, err := c.read(ctx, selectAll())
	if err != nil {
		return nil, err
	}
	if len(read.roots) == 0 {
		return nil, c.notInitialised()
	}
	l := &layout{
		root: read.roots[0].UUID, ids: read.roots[0].ExternalIDs,
		bridges: byName(read.bridges, func(b schema.Bridge) string { return b.Name }),
		members: byName(read.ports, func(p schema.Port) string { return p.UUID }),
	}
	e := newEdits(0)
	for key := range ourKeys(l.ids) {
		e.root[key] = nil
	}
	t := begin(c.tables, e, l)
	for _, name := range sortedKeys(l.bridges) {
		if err := t.purgeBridge(l.bridges[name]); err != nil {
			return nil, err
		}
	}
	if t.Writes() == 0 {
		return nil, nil
	}
	return t, nil
}

func selectAll() []ovsdb.Operation {
	return []ovsdb.Operation{
		rows.Select(schema.RootTable, rootIDs),
		rows.Select(schema.BridgeTable, append([]string{"ports"}, layoutBridge...)),
		rows.Select(schema.PortTable, layoutPort),
	}
}

// purgeBridge drops a bridge of ours, or takes our ports off another.
func (t *transaction) purgeBridge(b schema.Bridge) error {
	if owned(b.ExternalIDs) {
		t.e.bridges[b.Name] = bridgeEdit{drop: true}
		return t.dropBridge(b)
	}
	var ours []string
	for _, id := range b.Ports {
		p := t.l.members[id]
		if !owned(p.ExternalIDs) {
			continue
		}
		t.e.ports[p.Name] = portEdit{drop: true}
		t.guardOwned(portTable, id, p.Name)
		t.losePort(p)
		ours = append(ours, id)
	}
	if len(ours) > 0 {
		t.Move(portTable, b.UUID, nil, ours)
	}
	return nil
}
