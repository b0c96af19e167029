package ovsdb

import (
	"maps"
	"slices"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// transaction is a plan as operations. It runs in three parts:
//
//	guards   the layout still holds and the rows are ours, else nothing happens
//	images   the touched rows as they are now, for the undo
//	writes   the changes
type transaction struct {
	db     ovsdb.DatabaseSchema
	e      *edits
	l      *layout
	guards []guard
	images []ovsdb.Operation
	writes []ovsdb.Operation
	undo   []undoStep
	opens  []watch
	// Ports that go into and out of bridges: one mutation for each bridge,
	// since each one copies the whole set of ports.
	added, removed map[string][]string
	lost           map[string]bool     // UUIDs of rows that are deleted
	losses         map[string][]string // the same by table
	firstLost      int                 // index in images, from which on they are of these rows
	asSeen         bool                // ports are as the snapshot shows them, see guardSeen
	names          int                 // of named UUIDs given out
	cfg            int                 // index in writes of the select of next_cfg, or -1
}

// guard is a condition without which the transaction is refused.
type guard struct {
	op     ovsdb.Operation
	broken error // what that means
}

// undoStep makes the operations that undo one edit.
type undoStep func(outcome) []ovsdb.Operation

// watch is an interface that ovs-vswitchd must have opened.
type watch struct {
	name  string
	uuid  string // of a row that was there before, or ""
	write int    // index in writes of its insert
}

// outcome is what the server answered, part by part.
type outcome struct {
	images [][]ovsdb.Row
	writes []ovsdb.OperationResult
	lost   map[string]ovsdb.Row // rows that were deleted, by UUID
}

// image returns the row that an image holds; empty if it had gone.
func (o outcome) image(i int) ovsdb.Row {
	if len(o.images[i]) == 0 {
		return ovsdb.Row{}
	}
	return o.images[i][0]
}

// build translates edits on a layout. The error is [model.ErrNotManaged],
// [model.ErrNotFound] or [model.ErrConflict].
func build(db ovsdb.DatabaseSchema, e *edits, l *layout) (*transaction, error) {
	t := &transaction{
		db: db, e: e, l: l, cfg: -1,
		added: map[string][]string{}, removed: map[string][]string{},
		lost: map[string]bool{}, losses: map[string][]string{},
	}
	if err := l.checkFormat(); err != nil {
		return nil, err
	}
	t.guardFormat()
	t.writeFormat()
	t.editRoot()
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
	t.readLost()
	return t, nil
}

// operations returns all parts in order, with next_cfg raised at the end when
// ovs-vswitchd has something to do.
func (t *transaction) operations() []ovsdb.Operation {
	if t.cfg < 0 && (len(t.e.bridges) > 0 || len(t.e.ports) > 0) && len(t.writes) > 0 {
		t.cfg = len(t.writes) + 1
		t.writes = append(t.writes, raiseCfg()...)
	}
	var ops []ovsdb.Operation
	for _, g := range t.guards {
		ops = append(ops, g.op)
	}
	return slices.Concat(ops, t.images, t.writes)
}

// raiseCfg asks ovs-vswitchd to say when it is done, as ovs-vsctl(8) does, and
// reads the number that it will say: on the only row of Open_vSwitch.
func raiseCfg() []ovsdb.Operation {
	always := ovsdb.NewCondition("next_cfg", ovsdb.ConditionGreaterThanOrEqual, 0) // libovsdb mutates nothing unconditionally
	return []ovsdb.Operation{
		mutateRows(schema.RootTable, where(always), change("next_cfg", ovsdb.MutateOperationAdd, 1)),
		selectRows(schema.RootTable, []string{"_uuid", "next_cfg"}),
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

// outcome takes the answers apart.
func (t *transaction) outcome(results []ovsdb.OperationResult) outcome {
	o := outcome{}
	from := len(t.guards)
	for _, r := range results[from : from+len(t.images)] {
		o.images = append(o.images, r.Rows)
	}
	o.writes = results[from+len(t.images):]
	return o
}

// watched returns the names of the interfaces that ovs-vswitchd must have
// opened, by the UUIDs of their rows.
func (t *transaction) watched(o outcome) map[string]string {
	names := make(map[string]string, len(t.opens))
	for _, w := range t.opens {
		id := w.uuid
		if id == "" {
			id = o.writes[w.write].UUID.GoUUID
		}
		names[id] = w.name
	}
	return names
}

func (t *transaction) guard(broken error, op ovsdb.Operation) {
	t.guards = append(t.guards, guard{op, broken})
}

// guardOwned requires that a row is still there and still ours.
func (t *transaction) guardOwned(table, uuid, name string) {
	t.guard(model.Conflictf("%s %s was changed by somebody else at the same time", table, name),
		waitRow(table, ovsdb.Row{"name": name}, 0, is(uuid), includes(KeyOwner, Owner)))
}

// image has a row read before it changes and returns its index.
func (t *transaction) image(table, uuid string, columns []string) int {
	t.images = append(t.images, selectRows(table, columns, is(uuid)))
	return len(t.images) - 1
}

// write adds a change and returns its index.
func (t *transaction) write(op ovsdb.Operation) int {
	t.writes = append(t.writes, op)
	return len(t.writes) - 1
}

func (t *transaction) onUndo(s undoStep) { t.undo = append(t.undo, s) }

// editRoot records what has no row of its own.
func (t *transaction) editRoot() {
	if len(t.e.root) == 0 {
		return
	}
	keys := sortedKeys(t.e.root)
	pairs := map[string]string{}
	for k, v := range t.e.root {
		if v != nil {
			pairs[k] = *v
		}
	}
	at := where(is(t.l.root))
	image := t.image(schema.RootTable, t.l.root, []string{"external_ids"})
	t.write(mutateRows(schema.RootTable, at, replaceKeys(keys, pairs)...))
	t.onUndo(func(o outcome) []ovsdb.Operation {
		return []ovsdb.Operation{mutateRows(schema.RootTable, at, restoreKeys(keys, o.image(image))...)}
	})
}

// restoreKeys puts keys of external_ids back as an image has them.
func restoreKeys(keys []string, image ovsdb.Row) []ovsdb.Mutation {
	was := pairsIn(image["external_ids"])
	maps.DeleteFunc(was, func(k, _ string) bool { return !slices.Contains(keys, k) })
	return replaceKeys(keys, was)
}

// editMembers moves ports into and out of bridges that were there before.
func (t *transaction) editMembers() {
	for _, name := range sortedKeys(t.l.bridges) {
		b := t.l.bridges[name]
		added, removed := t.added[name], t.removed[name]
		if t.e.bridges[name].drop || len(added)+len(removed) == 0 {
			continue
		}
		at := where(is(b.UUID))
		conditions := append(slices.Clone(at), includes(KeyOwner, Owner))
		if len(removed) > 0 {
			t.write(mutateRows(schema.BridgeTable, at, change("ports", ovsdb.MutateOperationDelete, uuidSet(removed...))))
			conditions = append(conditions, ovsdb.NewCondition("ports", ovsdb.ConditionIncludes, uuidSet(removed...)))
		}
		if len(added) > 0 {
			t.write(mutateRows(schema.BridgeTable, at, change("ports", ovsdb.MutateOperationInsert, uuidSet(added...))))
		}
		t.guard(model.Conflictf("the ports of switch %s were changed by somebody else at the same time", name),
			waitRow(schema.BridgeTable, ovsdb.Row{"name": name}, 0, conditions...))
		t.onUndo(func(o outcome) []ovsdb.Operation {
			return undoMembers(at, o.realUUIDs(t, added), t.recreated(removed))
		})
	}
}

func undoMembers(at []ovsdb.Condition, added, removed []string) []ovsdb.Operation {
	var ops []ovsdb.Operation
	if len(added) > 0 {
		ops = append(ops, mutateRows(schema.BridgeTable, at, change("ports", ovsdb.MutateOperationDelete, uuidSet(added...))))
	}
	if len(removed) > 0 {
		ops = append(ops, mutateRows(schema.BridgeTable, at, change("ports", ovsdb.MutateOperationInsert, uuidSet(removed...))))
	}
	return ops
}

// realUUIDs replaces the names of rows that were inserted by their UUIDs.
func (o outcome) realUUIDs(t *transaction, names []string) []string {
	given := map[string]string{}
	for i, op := range t.writes {
		if op.UUIDName != "" {
			given[op.UUIDName] = o.writes[i].UUID.GoUUID
		}
	}
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = n
		if id, ok := given[n]; ok {
			list[i] = id
		}
	}
	return list
}
