package rows

import (
	"maps"
	"slices"
	"time"

	"github.com/ovn-org/libovsdb/ovsdb"
)

// Select reads columns of the rows that meet all conditions (RFC 7047, 5.2.2).
func Select(table string, columns []string, where ...ovsdb.Condition) ovsdb.Operation {
	return ovsdb.Operation{Op: ovsdb.OperationSelect, Table: table, Columns: columns, Where: where}
}

// Wait waits until the selected rows are, in these columns, just the one row
// given; with a timeout of 0 it refuses the transaction otherwise.
func Wait(table string, row ovsdb.Row, timeout time.Duration, where ...ovsdb.Condition) ovsdb.Operation {
	return WaitAll(table, []ovsdb.Row{row}, timeout, where...)
}

// WaitAll is [Wait] for one row or more, which have the same columns.
func WaitAll(table string, rows []ovsdb.Row, timeout time.Duration, where ...ovsdb.Condition) ovsdb.Operation {
	ms := int(timeout.Milliseconds())
	return ovsdb.Operation{
		Op: ovsdb.OperationWait, Table: table, Timeout: &ms, Where: where,
		Columns: sortedKeys(rows[0]), Until: string(ovsdb.WaitConditionEqual), Rows: rows,
	}
}

// Mutate changes parts of the columns of rows (RFC 7047, 5.2.4).
func Mutate(table string, where []ovsdb.Condition, mutations ...ovsdb.Mutation) ovsdb.Operation {
	return ovsdb.Operation{Op: ovsdb.OperationMutate, Table: table, Where: where, Mutations: mutations}
}

func update(table, uuid string, row ovsdb.Row) ovsdb.Operation {
	return ovsdb.Operation{Op: ovsdb.OperationUpdate, Table: table, Where: Where(Is(uuid)), Row: row}
}

// Where makes a list of conditions.
func Where(conditions ...ovsdb.Condition) []ovsdb.Condition { return conditions }

// Is is the condition that it is this row.
func Is(uuid string) ovsdb.Condition {
	return ovsdb.NewCondition("_uuid", ovsdb.ConditionEqual, ovsdb.UUID{GoUUID: uuid})
}

// Named is the condition that the row has this name.
func Named(name string) ovsdb.Condition {
	return ovsdb.NewCondition("name", ovsdb.ConditionEqual, name)
}

// Includes is the condition that external_ids holds these pairs.
func Includes(pairs ...string) ovsdb.Condition {
	m := Map{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return ovsdb.NewCondition("external_ids", ovsdb.ConditionIncludes, m)
}

// Excludes is the condition that external_ids does not hold this pair.
func Excludes(key, value string) ovsdb.Condition {
	return ovsdb.NewCondition("external_ids", ovsdb.ConditionExcludes, Map{key: value})
}

// Change is a mutation of one column.
func Change(column string, mutator ovsdb.Mutator, value any) ovsdb.Mutation {
	return *ovsdb.NewMutation(column, mutator, value)
}

// ReplaceKeys takes keys out of a map column and puts pairs in; all other keys
// stay as they are.
func ReplaceKeys(column string, keys []string, pairs map[string]string) []ovsdb.Mutation {
	var list []ovsdb.Mutation
	if len(keys) > 0 {
		list = append(list, Change(column, ovsdb.MutateOperationDelete, Strings(keys)))
	}
	if len(pairs) > 0 {
		list = append(list, Change(column, ovsdb.MutateOperationInsert, Map(pairs)))
	}
	return list
}

// RestoreKeys puts keys of a map column back as an image of the row has them.
func RestoreKeys(column string, keys []string, image ovsdb.Row) []ovsdb.Mutation {
	was := PairsIn(image[column])
	maps.DeleteFunc(was, func(k, _ string) bool { return !slices.Contains(keys, k) })
	return ReplaceKeys(column, keys, was)
}
