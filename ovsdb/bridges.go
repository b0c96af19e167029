package ovsdb

import (
	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
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
	t.updateBridge(b, edit)
	return nil
}

func notManagedSwitch(name string) error {
	return model.NotManagedf("switch %s was not made by ovsns", name)
}

func (t *transaction) updateBridge(b schema.Bridge, edit bridgeEdit) {
	t.guardOwned(schema.BridgeTable, b.UUID, b.Name)
	image := t.image(schema.BridgeTable, b.UUID, []string{"datapath_type", "external_ids"})
	t.write(updateRow(schema.BridgeTable, b.UUID, ovsdb.Row{"datapath_type": edit.datapath}))
	t.write(mutateRows(schema.BridgeTable, where(is(b.UUID)), replaceKeys(bridgeKeys, edit.ids)...))
	t.onUndo(func(o outcome) []ovsdb.Operation {
		was := o.image(image)
		return []ovsdb.Operation{
			updateRow(schema.BridgeTable, b.UUID, ovsdb.Row{"datapath_type": was["datapath_type"]}),
			mutateRows(schema.BridgeTable, where(is(b.UUID)), restoreKeys(bridgeKeys, was)...),
		}
	})
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
	t.guard(model.Conflictf("the ports of switch %s were changed by somebody else at the same time", b.Name),
		waitRow(schema.BridgeTable, ovsdb.Row{"name": b.Name, "ports": uuidSet(b.Ports...)}, 0,
			is(b.UUID), includes(KeyOwner, Owner)))
	for _, id := range b.Ports {
		if p := t.l.members[id]; !t.moves(p, b.Name) {
			t.losePort(p)
		}
	}
	t.loseRow(schema.BridgeTable, b.UUID)
	out := change("bridges", ovsdb.MutateOperationDelete, uuidSet(b.UUID))
	t.write(mutateRows(schema.RootTable, where(is(t.l.root)), out))
	t.onUndo(func(outcome) []ovsdb.Operation {
		in := change("bridges", ovsdb.MutateOperationInsert, uuidSet(t.recreated([]string{b.UUID})...))
		return []ovsdb.Operation{mutateRows(schema.RootTable, where(is(t.l.root)), in)}
	})
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
		id := t.newName()
		made := t.write(insertRow(schema.BridgeTable, id, ovsdb.Row{
			"name":          name,
			"datapath_type": edit.datapath,
			"external_ids":  stringMap(edit.ids),
			"other_config":  stringMap{"hwaddr": hostMAC(t.l.root, name).String()},
			"ports":         uuidSet(t.added[name]...),
		}))
		in := change("bridges", ovsdb.MutateOperationInsert, uuidSet(id))
		t.write(mutateRows(schema.RootTable, where(is(t.l.root)), in))
		t.onUndo(func(o outcome) []ovsdb.Operation {
			out := change("bridges", ovsdb.MutateOperationDelete, uuidSet(o.writes[made].UUID.GoUUID))
			return []ovsdb.Operation{mutateRows(schema.RootTable, where(is(t.l.root)), out)}
		})
	}
}
