package rows

import (
	"maps"
	"slices"
	"strings"

	"github.com/ovn-org/libovsdb/ovsdb"
)

// FewRows is up to how many lost rows of a table are read one by one.
const FewRows = 16

// readLost has the rows read that are deleted, and those around them. Of many
// rows the usual columns are read, unless they were seen, and of the others only
// what is not the default: to read everything of a hundred rows takes a tenth of
// a removal. While the answer is read here, others are at work with what was
// written already.
func (t *Transaction) readLost() {
	t.reading = len(t.images)
	if len(t.losses) == 0 {
		return
	}
	t.guardSeen()
	tables := sortedKeys(t.losses)
	for _, table := range tables {
		t.readTable(table)
	}
	hanging := t.schema.hanging(tables)
	for _, table := range hanging {
		t.images = append(t.images, Select(table, append([]string{"_uuid"}, t.schema.Surviving(table)...)))
	}
	t.around = append(tables, hanging...)
	referring := t.schema.referring(t.around)
	for _, table := range sortedKeys(referring) {
		if slices.Contains(hanging, table) {
			continue // read already
		}
		columns := []string{"_uuid"}
		for _, r := range referring[table] {
			columns = append(columns, r.column)
		}
		t.images = append(t.images, Select(table, columns))
	}
}

func (t *Transaction) readTable(table string) {
	columns := t.schema.Surviving(table)
	ids := t.losses[table]
	if len(ids) <= FewRows {
		for _, id := range ids {
			t.Image(table, id, append([]string{"_uuid"}, columns...))
		}
		return
	}
	common := []string{"_uuid"}
	for _, column := range columns {
		blank, hasBlank := t.schema.blank(table, column)
		switch {
		case t.asSeen && table == t.seen.Table && slices.Contains(t.seen.Columns, column):
		case !hasBlank || slices.Contains(t.schema.tables[table].Usual, column):
			common = append(common, column)
		default:
			rare := ovsdb.NewCondition(column, ovsdb.ConditionNotEqual, blank)
			t.images = append(t.images, Select(table, []string{"_uuid", column}, rare))
		}
	}
	if len(common) > 1 {
		t.images = append(t.images, Select(table, common))
	}
}

// guardSeen requires that the rows that were seen are still as they were.
func (t *Transaction) guardSeen() {
	if t.seen == nil || len(t.seen.Versions) == 0 || len(t.losses[t.seen.Table]) <= FewRows {
		return
	}
	versions := make([]ovsdb.Row, len(t.seen.Versions))
	for i, v := range t.seen.Versions {
		versions[i] = ovsdb.Row{"_version": ovsdb.UUID{GoUUID: v}}
	}
	t.asSeen = true
	t.Guard(t.seen.Broken, WaitAll(t.seen.Table, versions, 0, t.seen.Where...))
}

// AsSeen reports whether the rows that were seen are not read again.
func (t *Transaction) AsSeen() bool { return t.asSeen }

// before are the rows around those that were deleted, as they were before.
type before struct {
	table map[string]string // of each row, by UUID
	rows  map[string]ovsdb.Row
}

// before puts together what was seen and what readLost has read.
func (t *Transaction) before(o Outcome) before {
	b := before{maps.Clone(t.lost), map[string]ovsdb.Row{}}
	if t.asSeen {
		b.rows = t.seen.Rows()
	}
	for i, rows := range o.images[t.reading:] {
		for _, row := range rows {
			id := uuidOf(row)
			b.table[id] = t.images[t.reading+i].Table
			if b.rows[id] == nil {
				b.rows[id] = ovsdb.Row{}
			}
			for column, value := range row {
				if column != "_uuid" {
					b.rows[id][column] = value
				}
			}
		}
	}
	return b
}

// hung returns the rows that were kept by these, or by one of them, and perhaps
// by others too, by table.
func (t *Transaction) hung(b before) map[string][]string {
	found := map[string][]string{}
	known := maps.Clone(t.lost)
	next := sortedKeys(t.lost)
	for len(next) > 0 {
		id := next[0]
		next = next[1:]
		for _, r := range t.schema.refs[b.table[id]] {
			if !r.strong {
				continue
			}
			for _, to := range UUIDsIn(b.rows[id][r.column]) {
				if _, is := known[to]; is {
					continue
				}
				known[to] = r.to
				found[r.to] = append(found[r.to], to)
				next = append(next, to)
			}
		}
	}
	return found
}

// Undo says how to undo a transaction.
type Undo struct {
	t    *Transaction
	o    Outcome
	was  before
	hung map[string][]string
}

// Undo begins the undo of a transaction with that outcome.
func (t *Transaction) Undo(o Outcome) *Undo {
	u := &Undo{t: t, o: o}
	if len(t.lost) > 0 {
		u.was = t.before(o)
		u.hung = t.hung(u.was)
	}
	return u
}

// Queries returns what must be known first: which of the rows that hung on lost
// ones are still there. None if nothing did.
func (u *Undo) Queries() []ovsdb.Operation {
	var list []ovsdb.Operation
	for _, table := range sortedKeys(u.hung) {
		list = append(list, Select(table, []string{"_uuid"}))
	}
	return list
}

// Operations returns the changes, from the answers to Queries.
func (u *Undo) Operations(answers []ovsdb.OperationResult) []ovsdb.Operation {
	alive := map[string]bool{}
	for _, r := range answers {
		for _, row := range r.Rows {
			alive[uuidOf(row)] = true
		}
	}
	o := u.o
	o.back = map[string]string{}
	gone := map[string]bool{} // for good
	for id := range u.t.lost {
		o.back[id] = again(id)
	}
	for _, ids := range u.hung {
		for _, id := range ids {
			_, known := u.was.rows[id]
			switch {
			case alive[id]:
			case known:
				o.back[id] = again(id)
			default:
				gone[id] = true
			}
		}
	}
	ops := u.remake(o.back, gone)
	for _, step := range slices.Backward(u.t.undo) {
		ops = append(ops, step(o)...)
	}
	return append(ops, u.reattach(o.back)...)
}

func again(uuid string) string { return "r" + strings.ReplaceAll(uuid, "-", "_") }

// again returns the identities that rows have in the undo.
func (t *Transaction) again(o Outcome, uuids []string) []string {
	list := slices.Clone(uuids)
	for i, id := range uuids {
		if name, made := o.back[id]; made {
			list[i] = name
		}
	}
	return list
}

// remake inserts the rows that come back.
func (u *Undo) remake(back map[string]string, gone map[string]bool) []ovsdb.Operation {
	var ops []ovsdb.Operation
	for _, id := range sortedKeys(back) {
		table := u.was.table[id]
		row := maps.Clone(u.was.rows[id])
		for _, r := range u.t.schema.refs[table] {
			if value, has := row[r.column]; has {
				row[r.column] = eachUUID(value, func(to string) (string, bool) {
					if name, made := back[to]; made {
						return name, true
					}
					return to, !gone[to]
				})
			}
		}
		ops = append(ops, ovsdb.Operation{Op: ovsdb.OperationInsert, Table: table, UUIDName: back[id], Row: row})
	}
	return ops
}

// reattach tells the rows that are still there, and referred to such that come
// back, their new identities. One that refers to another by now keeps it.
func (u *Undo) reattach(back map[string]string) []ovsdb.Operation {
	var ops []ovsdb.Operation
	referring := u.t.schema.referring(u.t.around)
	for _, id := range sortedKeys(u.was.rows) {
		if _, made := back[id]; made {
			continue
		}
		table := u.was.table[id]
		for _, r := range referring[table] {
			var names []string
			for _, to := range UUIDsIn(u.was.rows[id][r.column]) {
				if name, made := back[to]; made {
					names = append(names, name)
				}
			}
			if len(names) == 0 {
				continue
			}
			at := Where(Is(id))
			if r.one {
				at = append(at, ovsdb.NewCondition(r.column, ovsdb.ConditionEqual, UUIDs()))
			}
			ops = append(ops, Mutate(table, at, Change(r.column, ovsdb.MutateOperationInsert, UUIDs(names...))))
		}
	}
	return ops
}
