package ovsdb

import (
	"slices"
	"strings"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// notConfig are columns that do not survive their row: ovs-vswitchd fills them
// in, or they refer to rows that are collected together with it.
var notConfig = map[string][]string{
	schema.BridgeTable: {
		"datapath_version", "mirrors", "netflow", "sflow", "ipfix", "controller", "flow_tables", "auto_attach",
	},
	schema.PortTable:      {"bond_active_slave"},
	schema.InterfaceTable: {"ofport", "error"},
}

// usual are the columns that differ from their defaults in most rows.
var usual = []string{"name", "external_ids", "interfaces", "ports", "tag", "vlan_mode"}

// fewRows is up to how many rows of a table are read one by one.
const fewRows = 16

// loseRow has the undo make a row again that is deleted.
func (t *transaction) loseRow(table, uuid string) {
	t.lost[uuid] = true
	t.losses[table] = append(t.losses[table], uuid)
	t.onUndo(func(o outcome) []ovsdb.Operation {
		row := ovsdb.Row{}
		for column, value := range o.lost[uuid] {
			row[column] = value
		}
		for _, column := range []string{"ports", "interfaces"} {
			if ref, ok := row[column]; ok {
				row[column] = uuidSet(t.recreated(uuidsIn(ref))...)
			}
		}
		return []ovsdb.Operation{insertRow(table, recreatedName(uuid), row)}
	})
}

// recreated returns the identities that rows have in the undo: those that were
// deleted get a new one.
func (t *transaction) recreated(uuids []string) []string {
	list := make([]string, len(uuids))
	for i, id := range uuids {
		list[i] = id
		if t.lost[id] {
			list[i] = recreatedName(id)
		}
	}
	return list
}

func recreatedName(uuid string) string { return "r" + strings.ReplaceAll(uuid, "-", "_") }

// readLost has the rows read that are deleted. Of many rows the usual columns
// are read, if the snapshot does not show them, and of the others only what is not
// the default: to read everything of a hundred rows takes a tenth of a removal.
// While the answer is read here, ovs-vswitchd is at work already.
func (t *transaction) readLost() {
	t.firstLost = len(t.images)
	t.guardSeen()
	for _, table := range sortedKeys(t.losses) {
		columns := t.configColumns(table)
		if ids := t.losses[table]; len(ids) <= fewRows {
			for _, id := range ids {
				t.image(table, id, append([]string{"_uuid"}, columns...))
			}
			continue
		}
		common := []string{"_uuid"}
		for _, column := range columns {
			blank, hasBlank := t.blank(table, column)
			switch {
			case t.asSeen && table == schema.PortTable && slices.Contains(seenColumns, column):
			case !hasBlank || slices.Contains(usual, column):
				common = append(common, column)
			default:
				rare := ovsdb.NewCondition(column, ovsdb.ConditionNotEqual, blank)
				t.images = append(t.images, selectRows(table, []string{"_uuid", column}, rare))
			}
		}
		if len(common) > 1 {
			t.images = append(t.images, selectRows(table, common))
		}
	}
}

// seenColumns are those of a port that a snapshot shows, see guardSeen and seenRows.
var seenColumns = []string{"name", "external_ids", "interfaces", "tag", "trunks", "vlan_mode"}

// guardSeen requires that the snapshot shows all our ports as they are; should
// somebody have changed one, the transaction begins anew without the snapshot.
// Their interfaces change all the time, for ovs-vswitchd counts packets there.
func (t *transaction) guardSeen() {
	if len(t.losses[schema.PortTable]) <= fewRows || len(t.l.members) == 0 {
		return
	}
	var ports []ovsdb.Row
	for _, p := range t.l.members {
		if p.Version == "" {
			return
		}
		ports = append(ports, ovsdb.Row{"_version": ovsdb.UUID{GoUUID: p.Version}})
	}
	t.asSeen = true
	t.guard(model.Conflictf("ports were changed by somebody else at the same time"),
		waitRows(schema.PortTable, ports, 0, includes(KeyOwner, Owner)))
}

// seenRows returns what the snapshot shows of the ports, by UUID; nothing unless
// guardSeen has made sure of that.
func (t *transaction) seenRows() map[string]ovsdb.Row {
	rows := map[string]ovsdb.Row{}
	if !t.asSeen {
		return rows
	}
	for id, p := range t.l.members {
		rows[id] = portRow(p)
	}
	return rows
}

func portRow(p schema.Port) ovsdb.Row {
	row := ovsdb.Row{
		"name": p.Name, "external_ids": stringMap(p.ExternalIDs),
		"interfaces": uuidSet(p.Interfaces...), "trunks": intSet(p.Trunks),
	}
	if p.Tag != nil {
		row["tag"] = *p.Tag
	}
	if p.VLANMode != nil {
		row["vlan_mode"] = *p.VLANMode
	}
	return row
}

// lostRows puts together what was seen and what readLost has read, by UUID.
func (t *transaction) lostRows(o outcome) map[string]ovsdb.Row {
	lost := t.seenRows()
	for _, rows := range o.images[t.firstLost:] {
		for _, row := range rows {
			id, _ := row["_uuid"].(ovsdb.UUID)
			if lost[id.GoUUID] == nil {
				lost[id.GoUUID] = ovsdb.Row{}
			}
			for column, value := range row {
				if column != "_uuid" {
					lost[id.GoUUID][column] = value
				}
			}
		}
	}
	return lost
}

// blank returns the default of a column (RFC 7047, 5.2.1); false where there is
// none.
func (t *transaction) blank(table, column string) (any, bool) {
	switch s := t.db.Tables[table].Columns[column]; s.Type {
	case ovsdb.TypeMap:
		return stringMap{}, true
	case ovsdb.TypeSet:
		return uuidSet(), s.TypeObj.Min() == 0
	case ovsdb.TypeInteger:
		return 0, true
	case ovsdb.TypeBoolean:
		return false, true
	case ovsdb.TypeString:
		return "", true
	}
	return nil, false
}

// configColumns lists the columns of a table that survive their row, as far as
// the server's schema has them.
func (t *transaction) configColumns(table string) []string {
	var list []string
	for name, column := range t.db.Tables[table].Columns {
		if !column.Ephemeral() && !slices.Contains(notConfig[table], name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
