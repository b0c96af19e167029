package ovsdb

import (
	"slices"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// transaction is a plan as operations on rows.
type transaction struct {
	*rows.Transaction
	e     *edits
	l     *layout
	opens []watch
	// Ports that go into and out of bridges: one mutation for each bridge,
	// since each one copies the whole set of ports.
	added, removed map[string][]string
	cfg            int // index of the select of next_cfg among the writes, or -1
}

// watch is an interface that ovs-vswitchd must have opened.
type watch struct {
	name  string
	uuid  string // of a row that was there before, or ""
	write int    // index of its insert among the writes
}

// begin makes a transaction that changes what has no row of its own.
func begin(db rows.Schema, e *edits, l *layout) *transaction {
	t := &transaction{
		Transaction: rows.New(db, l.seen()), e: e, l: l, cfg: -1,
		added: map[string][]string{}, removed: map[string][]string{},
	}
	t.guardFormat()
	t.writeFormat()
	t.editRoot()
	return t
}

// build translates edits on a layout. The error is [model.ErrNotManaged],
// [model.ErrNotFound] or [model.ErrConflict].
func build(db rows.Schema, e *edits, l *layout) (*transaction, error) {
	if err := l.checkFormat(); err != nil {
		return nil, err
	}
	t := begin(db, e, l)
	for _, name := range sortedKeys(e.bridges) {
		if err := t.editBridge(name, e.bridges[name]); err != nil {
			return nil, err
		}
	}
	for _, name := range sortedKeys(e.ports) {
		if err := t.editPort(e.ports[name]); err != nil {
			return nil, err
		}
	}
	t.insertBridges()
	t.editMembers()
	t.eraseFormat()
	return t, nil
}

// operations returns all parts in order, with next_cfg raised at the end when
// ovs-vswitchd has something to do.
func (t *transaction) operations() []ovsdb.Operation {
	if t.touchesSwitch() && t.Writes() > 0 {
		for _, op := range raiseCfg() {
			t.cfg = t.Write(op)
		}
	}
	return t.Operations()
}

// touchesSwitch reports whether ovs-vswitchd has something to do.
func (t *transaction) touchesSwitch() bool { return len(t.e.bridges)+len(t.e.ports) > 0 }

// raiseCfg asks ovs-vswitchd to say when it is done, as ovs-vsctl(8) does, and
// reads the number that it will say: on the only row of Open_vSwitch.
func raiseCfg() []ovsdb.Operation {
	always := ovsdb.NewCondition("next_cfg", ovsdb.ConditionGreaterThanOrEqual, 0) // libovsdb mutates nothing unconditionally
	return []ovsdb.Operation{
		rows.Mutate(schema.RootTable, rows.Where(always), rows.Change("next_cfg", ovsdb.MutateOperationAdd, 1)),
		rows.Select(schema.RootTable, []string{"_uuid", "next_cfg"}),
	}
}

// config is a configuration that ovs-vswitchd can reach: a value of next_cfg,
// on the row of that UUID.
type config struct {
	root   string
	number int
}

// cfgIn reads the result of raiseCfg's select.
func cfgIn(r ovsdb.OperationResult) (c config) {
	if len(r.Rows) == 0 {
		return c
	}
	n, _ := r.Rows[0]["next_cfg"].(float64)
	id, _ := r.Rows[0]["_uuid"].(ovsdb.UUID)
	return config{id.GoUUID, int(n)}
}

// watched returns the names of the interfaces that ovs-vswitchd must have
// opened, by the UUIDs of their rows.
func (t *transaction) watched(o rows.Outcome) map[string]string {
	names := make(map[string]string, len(t.opens))
	for _, w := range t.opens {
		id := w.uuid
		if id == "" {
			id = o.Write(w.write).UUID.GoUUID
		}
		names[id] = w.name
	}
	return names
}

// guardOwned requires that a row is still there and still ours.
func (t *transaction) guardOwned(table rows.Table, uuid, name string) {
	t.guardKeys(table, uuid, name, ownerOnly)
}

// guardRecord requires that a port still records what it did.
func (t *transaction) guardRecord(p schema.Port) {
	t.guardKeys(portTable, p.UUID, p.Name, ourKeys(p.ExternalIDs))
}

func (t *transaction) guardKeys(table rows.Table, uuid, name string, ids map[string]string) {
	holds := ovsdb.NewCondition("external_ids", ovsdb.ConditionIncludes, rows.Map(ids))
	t.Guard(model.Conflictf("%s %s was changed by somebody else at the same time", table.Name, name),
		rows.Wait(table.Name, ovsdb.Row{"name": name}, 0, rows.Is(uuid), holds))
}

// editRoot records what has no row of its own.
func (t *transaction) editRoot() {
	if len(t.e.root) == 0 {
		return
	}
	pairs := map[string]string{}
	for k, v := range t.e.root {
		if v != nil {
			pairs[k] = *v
		}
	}
	table := rows.Table{Name: schema.RootTable, Keys: map[string][]string{"external_ids": sortedKeys(t.e.root)}}
	t.Update(table, t.l.root, rows.Row{Keys: map[string]map[string]string{"external_ids": pairs}})
}

// editMembers moves ports into and out of bridges that were there before.
func (t *transaction) editMembers() {
	for _, name := range sortedKeys(t.l.bridges) {
		b := t.l.bridges[name]
		added, removed := t.added[name], t.removed[name]
		if t.e.bridges[name].drop || len(added)+len(removed) == 0 {
			continue
		}
		conditions := rows.Where(rows.Is(b.UUID), rows.Includes(KeyOwner, Owner))
		if len(removed) > 0 {
			conditions = append(conditions, ovsdb.NewCondition("ports", ovsdb.ConditionIncludes, rows.UUIDs(removed...)))
		}
		t.Guard(portsChanged(name), rows.Wait(schema.BridgeTable, ovsdb.Row{"name": name}, 0, conditions...))
		t.Move(portTable, b.UUID, added, removed)
	}
}

func portsChanged(sw string) error {
	return model.Conflictf("the ports of switch %s were changed by somebody else at the same time", sw)
}

// seen says what the layout knows of all our ports. Their interfaces change all
// the time, for ovs-vswitchd counts packets there.
func (l *layout) seen() *rows.Seen {
	if len(l.members) == 0 {
		return nil
	}
	s := &rows.Seen{
		Table: schema.PortTable, Columns: []string{"name", "external_ids", "interfaces", "tag", "trunks", "vlan_mode"},
		Where:  rows.Where(rows.Includes(KeyOwner, Owner)),
		Broken: model.Conflictf("ports were changed by somebody else at the same time"),
		Rows: func() map[string]ovsdb.Row {
			known := map[string]ovsdb.Row{}
			for id, p := range l.members {
				known[id] = rowOf(p)
			}
			return known
		},
	}
	for _, p := range l.members {
		if p.Version == "" {
			return nil
		}
		s.Versions = append(s.Versions, p.Version)
	}
	return s
}

// rowOf is a port as a select would have shown it.
func rowOf(p schema.Port) ovsdb.Row {
	row := ovsdb.Row{
		"name": p.Name, "external_ids": rows.Map(p.ExternalIDs),
		"interfaces": rows.UUIDs(slices.Clone(p.Interfaces)...), "trunks": rows.Ints(p.Trunks),
	}
	if p.Tag != nil {
		row["tag"] = *p.Tag
	}
	if p.VLANMode != nil {
		row["vlan_mode"] = *p.VLANMode
	}
	return row
}
