package ovsdb

import (
	"context"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

const (
	// keyReleased marks a port of which the interface is released.
	keyReleased = prefix + "released"
	// releasedType is the type of a released interface: none that ovs-vswitchd
	// knows.
	releasedType = "ovsns-released"
)

// Release has ovs-vswitchd let go of the interfaces of recorded ports, by name,
// and waits until it has. It is for ports whose devices somebody has deleted:
// ovs-vswitchd would go on with the device that it has open, and not see a new one
// of the same name. Their rows stay, with all that anybody has set on them and
// with whatever refers to them; the next [Client.Commit] that puts an object with
// that port in place has it opened again. Ports that are not there do not matter.
//
// It waits, and takes seen, as [Client.Commit] does. The error is
// [model.ErrNotManaged] for a port that ovsns did not make, [model.ErrConflict]
// for what is recorded in another [Format] or when somebody else keeps changing
// the same rows, [model.ErrNotReady] when ovsdb-server or ovs-vswitchd does not
// answer.
func (c *Client) Release(ctx context.Context, seen *Snapshot, ports ...string) (*Undo, error) {
	if len(ports) == 0 {
		return nil, nil
	}
	e := newEdits(len(ports))
	e.makes = true
	for _, name := range ports {
		e.ports[name] = portEdit{port: port{name: name}}
	}
	undo, err := c.submit(ctx, c.prepared(ctx, seen, e, buildRelease))
	return c.awaited(ctx, undo, err)
}

func buildRelease(db rows.Schema, e *edits, l *layout) (*transaction, error) {
	if err := l.checkFormat(); err != nil {
		return nil, err
	}
	t := begin(db, e, l)
	for _, name := range sortedKeys(e.ports) {
		p, found := l.ports[name]
		switch {
		case !found:
			continue
		case !owned(p.ExternalIDs):
			return nil, notManagedPort(name)
		}
		t.release(p)
	}
	return t, nil
}

func (t *transaction) release(p schema.Port) {
	t.guardRecord(p)
	mark := rows.Table{Name: schema.PortTable, Keys: map[string][]string{"external_ids": {keyReleased}}}
	t.Update(mark, p.UUID, rows.Row{Keys: map[string]map[string]string{"external_ids": {keyReleased: "true"}}})
	what := rows.Table{Name: schema.InterfaceTable, Columns: []string{"type"}}
	for _, id := range p.Interfaces {
		t.Guard(model.Conflictf("the interface of port %s was changed by somebody else at the same time", p.Name),
			rows.Wait(schema.InterfaceTable, ovsdb.Row{"_uuid": ovsdb.UUID{GoUUID: id}}, 0, rows.Is(id), rows.Includes(KeyOwner, Owner)))
		t.Update(what, id, rows.Row{Columns: ovsdb.Row{"type": releasedType}})
	}
}
