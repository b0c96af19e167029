package rows

import (
	"maps"
	"slices"
	"strconv"

	"github.com/ovn-org/libovsdb/ovsdb"
)

// Transaction is a change of rows. It runs in three parts:
//
//	guards   what was known still holds, else nothing happens
//	images   the touched rows as they are now, for the undo
//	writes   the changes
type Transaction struct {
	schema Schema
	seen   *Seen
	asSeen bool // the rows of seen.Table are as they were seen

	guards []guard
	images []ovsdb.Operation
	writes []ovsdb.Operation
	undo   []func(Outcome) []ovsdb.Operation

	names   int                 // of rows given out
	lost    map[string]string   // table of the rows that are deleted, by UUID
	losses  map[string][]string // the same by table
	reading int                 // index in images, from which on they are for what is lost
	around  []string            // tables whose rows may go with those that are lost, or refer to them
}

// guard is a condition without which the transaction is refused.
type guard struct {
	op     ovsdb.Operation
	broken error // what that means
}

// Seen are the rows of a table as they were read a moment ago: if many of them
// are lost and none has changed since, they are not read again.
type Seen struct {
	Table string
	// Columns are those that were read.
	Columns []string
	// Versions are those of all rows that Where selects (column _version, RFC
	// 7047, 3.2).
	Versions []string
	Where    []ovsdb.Condition
	// Rows returns them by UUID.
	Rows func() map[string]ovsdb.Row
	// Broken is the error when one has changed.
	Broken error
}

// New begins a transaction; seen may be nil.
func New(s Schema, seen *Seen) *Transaction {
	return &Transaction{schema: s, seen: seen, lost: map[string]string{}, losses: map[string][]string{}}
}

// Guard adds a condition without which nothing happens, and what that means.
func (t *Transaction) Guard(broken error, op ovsdb.Operation) {
	t.guards = append(t.guards, guard{op, broken})
}

// Broken returns what it means that an operation failed; nil if it is no guard.
func (t *Transaction) Broken(operation int) error {
	if operation >= len(t.guards) {
		return nil
	}
	return t.guards[operation].broken
}

// Image has a row read before it changes; for Outcome.Image.
func (t *Transaction) Image(table, uuid string, columns []string) int {
	t.images = append(t.images, Select(table, columns, Is(uuid)))
	return len(t.images) - 1
}

// Write adds an operation; its index is for Outcome.Write.
func (t *Transaction) Write(op ovsdb.Operation) int {
	t.writes = append(t.writes, op)
	return len(t.writes) - 1
}

// Writes returns how many operations change something.
func (t *Transaction) Writes() int { return len(t.writes) }

// OnUndo adds what undoes an edit. The last comes first.
func (t *Transaction) OnUndo(step func(Outcome) []ovsdb.Operation) { t.undo = append(t.undo, step) }

// Insert makes a row. It returns the name by which others of this transaction
// refer to it, and the index of the write. A row that stands by itself is deleted
// by the undo; another goes when it is off its parent, see [Transaction.Move].
func (t *Transaction) Insert(table Table, row Row) (name string, write int) {
	t.names++
	name = "new" + strconv.Itoa(t.names)
	columns := maps.Clone(row.Columns)
	for column, pairs := range row.Keys {
		if len(pairs) > 0 {
			columns[column] = Map(pairs)
		}
	}
	write = t.Write(ovsdb.Operation{Op: ovsdb.OperationInsert, Table: table.Name, UUIDName: name, Row: columns})
	if table.Parent == "" {
		t.OnUndo(func(o Outcome) []ovsdb.Operation {
			return []ovsdb.Operation{remove(table.Name, o.Write(write).UUID.GoUUID)}
		})
	}
	return name, write
}

func remove(table, uuid string) ovsdb.Operation {
	return ovsdb.Operation{Op: ovsdb.OperationDelete, Table: table, Where: Where(Is(uuid))}
}

// Update changes what is ours of a row, in place.
func (t *Transaction) Update(table Table, uuid string, row Row) {
	ours := ovsdb.Row{}
	for _, column := range table.Columns {
		if value, given := row.Columns[column]; given {
			ours[column] = value
		}
	}
	columns := sortedKeys(ours)
	image := t.Image(table.Name, uuid, slices.Concat(sortedKeys(table.Keys), columns))
	change := func(columns ovsdb.Row, keys func(column string) []ovsdb.Mutation) (ops []ovsdb.Operation) {
		if len(columns) > 0 {
			ops = append(ops, update(table.Name, uuid, columns))
		}
		var mutations []ovsdb.Mutation
		for _, column := range sortedKeys(table.Keys) {
			mutations = append(mutations, keys(column)...)
		}
		if len(mutations) > 0 {
			ops = append(ops, Mutate(table.Name, Where(Is(uuid)), mutations...))
		}
		return ops
	}
	t.writes = append(t.writes, change(ours, func(column string) []ovsdb.Mutation {
		return ReplaceKeys(column, table.Keys[column], row.Keys[column])
	})...)
	t.OnUndo(func(o Outcome) []ovsdb.Operation {
		was := o.Image(image)
		before := ovsdb.Row{}
		for _, column := range columns {
			before[column] = was[column]
		}
		return change(before, func(column string) []ovsdb.Mutation {
			return RestoreKeys(column, table.Keys[column], was)
		})
	})
}

// Move puts rows into the column of their parent and takes others out, in one
// change of each kind: for each, the server copies the whole column.
func (t *Transaction) Move(table Table, parent string, in, out []string) {
	at := Where(Is(parent))
	move := func(how ovsdb.Mutator, ids []string) []ovsdb.Operation {
		if len(ids) == 0 {
			return nil
		}
		return []ovsdb.Operation{Mutate(table.Parent, at, Change(table.In, how, UUIDs(ids...)))}
	}
	t.writes = append(t.writes, move(ovsdb.MutateOperationDelete, out)...)
	t.writes = append(t.writes, move(ovsdb.MutateOperationInsert, in)...)
	t.OnUndo(func(o Outcome) []ovsdb.Operation {
		return slices.Concat(
			move(ovsdb.MutateOperationDelete, o.given(t, in)), move(ovsdb.MutateOperationInsert, t.again(o, out)))
	})
}

// Lose says that a row is deleted: one that stands by itself by this, and one
// that others may hold on to, who then have the transaction refused; another
// because it is moved out of its parent. The undo makes it again, and whatever
// hung on it: but of a table of which rows are lost, only these.
func (t *Transaction) Lose(table Table, uuid string) {
	t.lost[uuid] = table.Name
	t.losses[table.Name] = append(t.losses[table.Name], uuid)
	if table.Parent == "" || t.schema.shared[table.Name] {
		t.Write(remove(table.Name, uuid))
	}
}

// Operations returns all parts in order. Nothing may be added afterwards.
func (t *Transaction) Operations() []ovsdb.Operation {
	t.readLost()
	ops := make([]ovsdb.Operation, 0, len(t.guards)+len(t.images)+len(t.writes))
	for _, g := range t.guards {
		ops = append(ops, g.op)
	}
	return slices.Concat(ops, t.images, t.writes)
}

// Outcome is what the server answered, part by part.
type Outcome struct {
	images [][]ovsdb.Row
	writes []ovsdb.OperationResult
	// back are the identities in the undo of rows that it makes again.
	back map[string]string
}

// Outcome takes the answers apart.
func (t *Transaction) Outcome(results []ovsdb.OperationResult) Outcome {
	var o Outcome
	from := len(t.guards)
	for _, r := range results[from : from+len(t.images)] {
		o.images = append(o.images, r.Rows)
	}
	o.writes = results[from+len(t.images):]
	return o
}

// Image returns the row that an image holds; empty if it had gone.
func (o Outcome) Image(i int) ovsdb.Row {
	if len(o.images[i]) == 0 {
		return ovsdb.Row{}
	}
	return o.images[i][0]
}

// Write returns the answer to a write.
func (o Outcome) Write(i int) ovsdb.OperationResult { return o.writes[i] }

// given replaces the names of rows that were inserted by their UUIDs.
func (o Outcome) given(t *Transaction, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	ids := map[string]string{}
	for i, op := range t.writes {
		if op.UUIDName != "" {
			ids[op.UUIDName] = o.writes[i].UUID.GoUUID
		}
	}
	list := slices.Clone(names)
	for i, n := range names {
		if id, ok := ids[n]; ok {
			list[i] = id
		}
	}
	return list
}
