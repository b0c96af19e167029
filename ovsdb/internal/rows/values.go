package rows

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/ovn-org/libovsdb/ovsdb"
)

// Strings is the value of a set column.
func Strings(list []string) ovsdb.OvsSet {
	set := ovsdb.OvsSet{GoSet: []any{}}
	for _, s := range list {
		set.GoSet = append(set.GoSet, s)
	}
	return set
}

// Ints is the value of a set column.
func Ints[T ~int | ~uint16](list []T) ovsdb.OvsSet {
	set := ovsdb.OvsSet{GoSet: []any{}}
	for _, n := range list {
		set.GoSet = append(set.GoSet, int(n))
	}
	return set
}

// UUIDs is the value of a set column; rows that are inserted go by their names
// (RFC 7047, 5.1 <named-uuid>).
func UUIDs(uuids ...string) ovsdb.OvsSet {
	set := ovsdb.OvsSet{GoSet: []any{}}
	for _, id := range uuids {
		set.GoSet = append(set.GoSet, ovsdb.UUID{GoUUID: id})
	}
	return set
}

// Map is the value of a map column (RFC 7047, 5.1 <map>). Libovsdb's OvsMap
// takes half as long again to be written, and three times the allocations.
type Map map[string]string

// MarshalJSON writes it as OVSDB does.
func (m Map) MarshalJSON() ([]byte, error) {
	pairs := make([][2]string, 0, len(m))
	for k, v := range m {
		pairs = append(pairs, [2]string{k, v})
	}
	return json.Marshal([]any{"map", pairs})
}

// UUIDsIn returns the rows that a column refers to, as a select gave it: one, a
// set, or the values of a map.
func UUIDsIn(value any) []string {
	var list []string
	_ = eachUUID(value, func(id string) (string, bool) {
		list = append(list, id)
		return id, true
	})
	return list
}

// eachUUID returns a value with other rows in place of those that it refers to,
// or without them.
func eachUUID(value any, other func(string) (string, bool)) any {
	switch v := value.(type) {
	case ovsdb.UUID:
		if id, stays := other(v.GoUUID); stays {
			return ovsdb.UUID{GoUUID: id}
		}
		return UUIDs()
	case ovsdb.OvsSet:
		set := ovsdb.OvsSet{GoSet: []any{}}
		for _, e := range v.GoSet {
			if id, is := e.(ovsdb.UUID); !is {
				set.GoSet = append(set.GoSet, e)
			} else if to, stays := other(id.GoUUID); stays {
				set.GoSet = append(set.GoSet, ovsdb.UUID{GoUUID: to})
			}
		}
		return set
	case ovsdb.OvsMap:
		m := ovsdb.OvsMap{GoMap: map[any]any{}}
		for k, e := range v.GoMap {
			if id, is := e.(ovsdb.UUID); !is {
				m.GoMap[k] = e
			} else if to, stays := other(id.GoUUID); stays {
				m.GoMap[k] = ovsdb.UUID{GoUUID: to}
			}
		}
		return m
	}
	return value
}

// PairsIn returns the pairs of a map column, as a select gave it.
func PairsIn(value any) map[string]string {
	pairs := map[string]string{}
	if m, ok := value.(ovsdb.OvsMap); ok {
		for k, v := range m.GoMap {
			pairs[k.(string)] = v.(string)
		}
	}
	return pairs
}

func uuidOf(row ovsdb.Row) string {
	id, _ := row["_uuid"].(ovsdb.UUID)
	return id.GoUUID
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
