package ovsdb

import (
	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// statusColumns tell what ovs-vswitchd says of an interface.
var statusColumns = []string{"name", "ofport", "error", "type"}

// statusQueries returns the selects for [Snapshot.Ports]: the members of all
// bridges, whoever made them, then the interfaces.
func (s Scope) statusQueries() []ovsdb.Operation {
	if !s.Status {
		return nil
	}
	q := []ovsdb.Operation{rows.Select(schema.BridgeTable, memberColumns)}
	for _, where := range s.conditions() {
		q = append(q, rows.Select(schema.InterfaceTable, statusColumns, where...))
	}
	return q
}

// readStatus takes in their results, past the row types of libovsdb, which take
// three times as long.
func (n *Snapshot) readStatus(results []ovsdb.OperationResult) {
	n.l.holders = map[string]schema.Bridge{}
	for _, row := range results[0].Rows {
		name, _ := row["name"].(string)
		for _, uuid := range rows.UUIDsIn(row["_uuid"]) {
			for _, id := range rows.UUIDsIn(row["ports"]) {
				n.l.holders[id] = schema.Bridge{UUID: uuid, Name: name}
			}
		}
	}
	n.Ports = make(map[string]PortStatus, len(n.l.ports))
	for _, r := range results[1:] {
		for _, row := range r.Rows {
			name, _ := row["name"].(string)
			status := statusOf(row)
			status.Switch = n.l.holders[n.l.ports[name].UUID].Name
			n.Ports[name] = status
		}
	}
}

// statusOf reads a row of Interface; an optional column that is not set is an empty
// set there.
func statusOf(row ovsdb.Row) PortStatus {
	var s PortStatus
	if n, ok := row["ofport"].(float64); ok {
		s.OFPort = int(n)
	}
	s.Error, _ = row["error"].(string)
	s.Type, _ = row["type"].(string)
	return s
}
