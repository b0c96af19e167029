package rows

import (
	"slices"

	"github.com/ovn-org/libovsdb/ovsdb"
)

// Table describes a table, and what of its rows is ours. All other columns and
// keys are other people's: no [Transaction.Update] touches them.
//
// It is all that there is to a table: one for Mirror names Bridge and mirrors as
// its parent, one for QoS has no parent.
type Table struct {
	Name string
	// Parent is the table, and In its column, to which the rows belong: one that
	// is in no such column any more is collected by the server. "" for rows that
	// stand by themselves (RFC 7047, 3.2 <table-schema>, isRoot).
	Parent, In string
	// Columns are ours as a whole.
	Columns []string
	// Keys are those of map columns; one that is not given is taken out.
	Keys map[string][]string
	// Filled are columns that somebody else fills in with what he has found: they
	// do not survive their row. Those that the schema calls ephemeral need not be
	// listed.
	Filled []string
	// Usual are columns that differ from their defaults in most rows.
	Usual []string
}

// Row is how a row shall be. One that is made gets all of it, one that is there
// only what is ours.
type Row struct {
	Columns ovsdb.Row
	Keys    map[string]map[string]string // by map column
}

// Schema is a database's own schema with our descriptions.
type Schema struct {
	db     ovsdb.DatabaseSchema
	tables map[string]Table
	refs   map[string][]reference // by table
	shared map[string]bool        // tables of whose rows others than their parent may keep some
}

// NewSchema describes tables of a database.
func NewSchema(db ovsdb.DatabaseSchema, tables ...Table) Schema {
	s := Schema{db, map[string]Table{}, map[string][]reference{}, map[string]bool{}}
	for _, t := range tables {
		s.tables[t.Name] = t
	}
	for name, t := range db.Tables {
		s.refs[name] = referencesOf(t)
		for _, r := range s.refs[name] {
			if r.strong && name != s.tables[r.to].Parent {
				s.shared[r.to] = true
			}
		}
	}
	return s
}

// Surviving lists the columns of a table that survive their row, in the order of
// their names.
func (s Schema) Surviving(table string) []string {
	var list []string
	for name, column := range s.db.Tables[table].Columns {
		if !column.Ephemeral() && !slices.Contains(s.tables[table].Filled, name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// reference is a column that refers to rows of a table.
type reference struct {
	column, to string
	strong     bool // the row is kept as long as it is referred to
	one        bool // to one row at most
}

// referencesOf lists those of a table, in the order of their names.
func referencesOf(t ovsdb.TableSchema) []reference {
	var list []reference
	for _, name := range sortedKeys(t.Columns) {
		c := t.Columns[name].TypeObj
		if c == nil {
			continue
		}
		for _, part := range []*ovsdb.BaseType{c.Key, c.Value} {
			if part == nil || part.Type != ovsdb.TypeUUID {
				continue
			}
			// These fail for other types alone.
			to, _ := part.RefTable()
			kind, _ := part.RefType()
			list = append(list, reference{name, to, kind == ovsdb.Strong, c.Max() == 1})
		}
	}
	return list
}

func (s Schema) isRoot(table string) bool {
	root, err := s.db.IsRoot(table)
	return err == nil && root
}

// hanging lists the tables whose rows may be collected when rows of these are:
// since nothing else refers to them.
func (s Schema) hanging(tables []string) []string {
	all := slices.Clone(tables)
	for i := 0; i < len(all); i++ {
		for _, r := range s.refs[all[i]] {
			if r.strong && !s.isRoot(r.to) && !slices.Contains(all, r.to) {
				all = append(all, r.to)
			}
		}
	}
	return all[len(tables):]
}

// referring lists the tables that refer to rows of these weakly, with the
// columns that do.
func (s Schema) referring(tables []string) map[string][]reference {
	found := map[string][]reference{}
	for name, references := range s.refs {
		for _, r := range references {
			if !r.strong && slices.Contains(tables, r.to) {
				found[name] = append(found[name], r)
			}
		}
	}
	return found
}

// blank returns the default of a column (RFC 7047, 5.2.1); false where there is
// none.
func (s Schema) blank(table, column string) (any, bool) {
	switch c := s.db.Tables[table].Columns[column]; c.Type {
	case ovsdb.TypeMap:
		return Map{}, true
	case ovsdb.TypeSet:
		return UUIDs(), c.TypeObj.Min() == 0
	case ovsdb.TypeInteger:
		return 0, true
	case ovsdb.TypeBoolean:
		return false, true
	case ovsdb.TypeString:
		return "", true
	}
	return nil, false
}
