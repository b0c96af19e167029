package ovsdb

import (
	"slices"
	"strings"

	"github.com/ovn-org/libovsdb/ovsdb"

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
// are read, and of the others only what is not the default: of hundreds of rows
// everything takes longer to read than all the rest of a removal.
func (t *transaction) readLost() {
	t.firstLost = len(t.images)
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
			blank, known := t.blank(table, column)
			if !known || slices.Contains(usual, column) {
				common = append(common, column)
				continue
			}
			rare := ovsdb.NewCondition(column, ovsdb.ConditionNotEqual, blank)
			t.images = append(t.images, selectRows(table, []string{"_uuid", column}, rare))
		}
		t.images = append(t.images, selectRows(table, common))
	}
}

// lostRows puts together what readLost has read, by UUID.
func lostRows(images [][]ovsdb.Row) map[string]ovsdb.Row {
	lost := map[string]ovsdb.Row{}
	for _, rows := range images {
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
		return ovsdb.OvsMap{GoMap: map[any]any{}}, true
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
