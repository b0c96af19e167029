package ovsdb

import (
	"encoding/json"
	"time"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
)

// selectRows reads columns of the rows that meet all conditions (RFC 7047,
// 5.2.2).
func selectRows(table string, columns []string, where ...ovsdb.Condition) ovsdb.Operation {
	return ovsdb.Operation{Op: ovsdb.OperationSelect, Table: table, Columns: columns, Where: where}
}

// waitRow waits until the selected rows are, in these columns, just the one row
// given; with a timeout of 0 it refuses the transaction otherwise.
func waitRow(table string, row ovsdb.Row, timeout time.Duration, where ...ovsdb.Condition) ovsdb.Operation {
	return waitRows(table, []ovsdb.Row{row}, timeout, where...)
}

// waitRows is waitRow for one row or more, which have the same columns.
func waitRows(table string, rows []ovsdb.Row, timeout time.Duration, where ...ovsdb.Condition) ovsdb.Operation {
	ms := int(timeout.Milliseconds())
	return ovsdb.Operation{
		Op: ovsdb.OperationWait, Table: table, Timeout: &ms, Where: where,
		Columns: sortedKeys(rows[0]), Until: string(ovsdb.WaitConditionEqual), Rows: rows,
	}
}

func insertRow(table, name string, row ovsdb.Row) ovsdb.Operation {
	return ovsdb.Operation{Op: ovsdb.OperationInsert, Table: table, UUIDName: name, Row: row}
}

func updateRow(table, uuid string, row ovsdb.Row) ovsdb.Operation {
	return ovsdb.Operation{Op: ovsdb.OperationUpdate, Table: table, Where: where(is(uuid)), Row: row}
}

func mutateRows(table string, where []ovsdb.Condition, mutations ...ovsdb.Mutation) ovsdb.Operation {
	return ovsdb.Operation{Op: ovsdb.OperationMutate, Table: table, Where: where, Mutations: mutations}
}

func where(conditions ...ovsdb.Condition) []ovsdb.Condition { return conditions }

func is(uuid string) ovsdb.Condition {
	return ovsdb.NewCondition("_uuid", ovsdb.ConditionEqual, ovsdb.UUID{GoUUID: uuid})
}

func named(name string) ovsdb.Condition {
	return ovsdb.NewCondition("name", ovsdb.ConditionEqual, name)
}

// includes is the condition that external_ids holds these pairs.
func includes(pairs ...string) ovsdb.Condition {
	m := stringMap{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return ovsdb.NewCondition("external_ids", ovsdb.ConditionIncludes, m)
}

// excludes is the condition that external_ids does not hold this pair.
func excludes(key, value string) ovsdb.Condition {
	return ovsdb.NewCondition("external_ids", ovsdb.ConditionExcludes, stringMap{key: value})
}

// change is a mutation of one column.
func change(column string, mutator ovsdb.Mutator, value any) ovsdb.Mutation {
	return *ovsdb.NewMutation(column, mutator, value)
}

// replaceKeys takes keys out of external_ids and puts pairs in; all other keys
// stay as they are.
func replaceKeys(keys []string, pairs map[string]string) []ovsdb.Mutation {
	var list []ovsdb.Mutation
	if len(keys) > 0 {
		list = append(list, change("external_ids", ovsdb.MutateOperationDelete, stringSet(keys)))
	}
	if len(pairs) > 0 {
		list = append(list, change("external_ids", ovsdb.MutateOperationInsert, stringMap(pairs)))
	}
	return list
}

func stringSet(list []string) ovsdb.OvsSet {
	set := ovsdb.OvsSet{GoSet: []any{}}
	for _, s := range list {
		set.GoSet = append(set.GoSet, s)
	}
	return set
}

func intSet[T int | model.VID](list []T) ovsdb.OvsSet {
	set := ovsdb.OvsSet{GoSet: []any{}}
	for _, n := range list {
		set.GoSet = append(set.GoSet, int(n))
	}
	return set
}

func uuidSet(uuids ...string) ovsdb.OvsSet {
	set := ovsdb.OvsSet{GoSet: []any{}}
	for _, id := range uuids {
		set.GoSet = append(set.GoSet, ovsdb.UUID{GoUUID: id})
	}
	return set
}

// stringMap is the value of a map column (RFC 7047, 5.1 <map>). Libovsdb's OvsMap
// takes half as long again to be written, and three times the allocations.
type stringMap map[string]string

// MarshalJSON writes it as OVSDB does.
func (m stringMap) MarshalJSON() ([]byte, error) {
	pairs := make([][2]string, 0, len(m))
	for k, v := range m {
		pairs = append(pairs, [2]string{k, v})
	}
	return json.Marshal([]any{"map", pairs})
}

// uuidsIn returns the rows that a column refers to, as a select gave it: a set,
// or the bare value when there is one.
func uuidsIn(value any) []string {
	switch v := value.(type) {
	case ovsdb.UUID:
		return []string{v.GoUUID}
	case ovsdb.OvsSet:
		var list []string
		for _, e := range v.GoSet {
			if id, ok := e.(ovsdb.UUID); ok {
				list = append(list, id.GoUUID)
			}
		}
		return list
	}
	return nil
}

// pairsIn returns the pairs of a map column, as a select gave it.
func pairsIn(value any) map[string]string {
	pairs := map[string]string{}
	if m, ok := value.(ovsdb.OvsMap); ok {
		for k, v := range m.GoMap {
			pairs[k.(string)] = v.(string)
		}
	}
	return pairs
}
