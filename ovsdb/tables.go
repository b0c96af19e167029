package ovsdb

import (
	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// The tables of which ovsns makes rows. What is listed here of a row is its own,
// and changed by an update; everything else may have been set by others.
var (
	bridgeTable = rows.Table{
		Name: schema.BridgeTable, Parent: schema.RootTable, In: "bridges",
		Columns: []string{"datapath_type"},
		Keys:    map[string][]string{"external_ids": bridgeKeys},
		Filled:  []string{"datapath_version"},
		Usual:   []string{"name", "external_ids", "ports"},
	}
	portTable = rows.Table{
		Name: schema.PortTable, Parent: schema.BridgeTable, In: "ports",
		Columns: []string{"tag", "trunks", "vlan_mode"},
		Keys:    map[string][]string{"external_ids": portKeys},
		Filled:  []string{"bond_active_slave"},
		Usual:   []string{"name", "external_ids", "interfaces", "tag", "vlan_mode"},
	}
	interfaceTable = rows.Table{
		Name: schema.InterfaceTable, Parent: schema.PortTable, In: "interfaces",
		Columns: []string{"type"},
		Keys:    map[string][]string{"external_ids": portKeys, "options": {"peer"}},
		Filled:  []string{"ofport", "error", "cfm_flap_count"},
		Usual:   []string{"name", "external_ids"},
	}
)

// bridgeRow is the row of a switch. Its MAC is others' to change.
func bridgeRow(root, name string, edit bridgeEdit) rows.Row {
	return rows.Row{
		Columns: ovsdb.Row{
			"name":          name,
			"datapath_type": edit.datapath,
			"other_config":  rows.Map{"hwaddr": hostMAC(root, name).String()},
		},
		Keys: map[string]map[string]string{"external_ids": edit.ids},
	}
}

// portRow is the row of a port; which interfaces it has is said when it is made.
func portRow(edit portEdit) rows.Row {
	row := vlanColumns(edit.vlans)
	row["name"] = edit.name
	return rows.Row{Columns: row, Keys: map[string]map[string]string{"external_ids": edit.ids}}
}

// interfaceRow is the row of a port's interface.
func interfaceRow(root string, edit portEdit) rows.Row {
	row := rows.Row{
		Columns: ovsdb.Row{"name": edit.name, "type": edit.iftype},
		Keys:    map[string]map[string]string{"external_ids": interfaceIDs(edit.ids)},
	}
	if edit.iftype == internalPort && edit.name != edit.sw {
		row.Columns["mac"] = hostMAC(root, edit.name).String() // a switch's own port has the bridge's
	}
	if edit.peer != "" {
		row.Keys["options"] = map[string]string{"peer": edit.peer}
	}
	return row
}
