package ovsdb

import (
	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// editBridge updates or drops a bridge; new ones wait for their ports, see
// insertBridges.
func (t *transaction) editBridge(name string, edit bridgeEdit) error {
	b, found := t.l.bridges[name]
	switch {
	case !found:
		return nil
	case !owned(b.ExternalIDs):
		return notManagedSwitch(name)
	case edit.drop:
		return t.dropBridge(b)
	}
	t.guardOwned(bridgeTable, b.UUID, name)
	t.Update(bridgeTable, b.UUID, bridgeRow(t.l.root, name, edit))
	return nil
}

func notManagedSwitch(name string) error {
	return model.NotManagedf("switch %s was not made by ovsns", name)
}

// dropBridge takes a bridge and all its ports out; rows that nothing refers to
// are collected by the server.
func (t *transaction) dropBridge(b schema.Bridge) error {
	for _, id := range b.Ports {
		if p := t.l.members[id]; !owned(p.ExternalIDs) {
			return model.NotManagedf("switch %s has port %s, which ovsns did not make", b.Name, p.Name).
				WithHint("sudo ovs-vsctl del-port %s %s", b.Name, p.Name)
		}
	}
	t.Guard(portsChanged(b.Name),
		rows.Wait(schema.BridgeTable, ovsdb.Row{"name": b.Name, "ports": rows.UUIDs(b.Ports...)}, 0,
			rows.Is(b.UUID), rows.Includes(KeyOwner, Owner)))
	for _, id := range b.Ports {
		if p := t.l.members[id]; !t.moves(p, b.Name) {
			t.losePort(p)
		}
	}
	t.Lose(bridgeTable, b.UUID)
	t.Move(bridgeTable, t.l.root, nil, []string{b.UUID})
	return nil
}

// moves reports whether the plan puts a port of one bridge on another.
func (t *transaction) moves(p schema.Port, from string) bool {
	edit, ok := t.e.ports[p.Name]
	return ok && !edit.drop && edit.sw != from
}

// insertBridges makes the bridges that are missing, with their ports.
func (t *transaction) insertBridges() {
	for _, name := range sortedKeys(t.e.bridges) {
		edit := t.e.bridges[name]
		if _, found := t.l.bridges[name]; found || edit.drop {
			continue
		}
		row := bridgeRow(t.l.root, name, edit)
		row.Columns["ports"] = rows.UUIDs(t.added[name]...)
		id, _ := t.Insert(bridgeTable, row)
		t.Move(bridgeTable, t.l.root, []string{id}, nil)
	}
}
