package ovsdb

import (
	"context"
	"slices"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// Inventory is all bridges of the database, whoever made them, at one moment.
type Inventory struct {
	Bridges []Bridge // sorted by name

	ports      map[string]schema.Port // by name
	interfaces map[string]schema.Interface
	bridges    map[string]schema.Bridge
	rows       map[string]ovsdb.Row // what the guards of Adopt compare, by UUID
	root       schema.Root
}

// Bridge is a bridge with its ports.
type Bridge struct {
	Name     string
	Datapath string // datapath_type; "" is "system"
	Managed  bool   // it was made by ovsns
	Ports    []Port // sorted by name
	// Extras names what ovsns knows nothing of: "mirrors", "a controller" ...
	Extras []string
}

// Port is a port of a bridge, as its columns say
// (ovs-vswitchd.conf.db(5), table Port).
type Port struct {
	Name    string
	Managed bool
	// Types are those of its interfaces: several for a bond.
	Types  []string
	Tag    int // -1 when there is none
	Trunks []int
	Mode   string // vlan_mode; "" when there is none
	Fake   bool   // it stands for a bridge of one VLAN
	// Peer is the other end of a patch port, "" of others.
	Peer string
	// Error is why ovs-vswitchd could not open it.
	Error string
	// IfaceID is external_ids:iface-id, the mark of whoever attached it.
	IfaceID string
	// Extras names what ovsns knows nothing of: "QoS" ...
	Extras []string
}

// Columns that Inventory reads. Of those on the second lines it only matters
// whether they are set.
var (
	inventoryBridge = []string{
		"_uuid", "name", "external_ids", "datapath_type", "ports",
		"mirrors", "controller", "netflow", "sflow", "ipfix",
	}
	inventoryPort = []string{
		"_uuid", "name", "external_ids", "interfaces", "tag", "trunks", "vlan_mode", "fake_bridge",
		"qos",
	}
	inventoryInterface = []string{
		"_uuid", "name", "external_ids", "type", "options", "error",
		"ingress_policing_rate",
	}
	guardedColumns = map[string][]string{
		schema.BridgeTable:    {"name", "datapath_type"},
		schema.PortTable:      {"name", "interfaces", "tag", "trunks", "vlan_mode"},
		schema.InterfaceTable: {"name", "type"},
	}
	bridgeExtras = map[string]string{
		"mirrors": "mirrors", "controller": "a controller", "netflow": "NetFlow", "sflow": "sFlow", "ipfix": "IPFIX",
	}
)

// Inventory reads all bridges with their ports in one transaction. The error
// is [model.ErrNotReady] when the database does not answer.
func (c *Client) Inventory(ctx context.Context) (*Inventory, error) {
	q := []ovsdb.Operation{
		rows.Select(schema.RootTable, rootIDs),
		rows.Select(schema.BridgeTable, inventoryBridge),
		rows.Select(schema.PortTable, inventoryPort),
		rows.Select(schema.InterfaceTable, inventoryInterface),
	}
	results, err := c.transact(ctx, q)
	if err != nil {
		return nil, err
	}
	t, err := c.decode(q, results)
	if err != nil {
		return nil, err
	}
	if len(t.roots) == 0 {
		return nil, c.notInitialised()
	}
	n := &Inventory{
		root:       t.roots[0],
		bridges:    byName(t.bridges, func(b schema.Bridge) string { return b.Name }),
		ports:      byName(t.ports, func(p schema.Port) string { return p.Name }),
		interfaces: byName(t.interfaces, func(i schema.Interface) string { return i.Name }),
		rows:       map[string]ovsdb.Row{},
	}
	for _, r := range results[1:] {
		for _, row := range r.Rows {
			for _, id := range rows.UUIDsIn(row["_uuid"]) {
				n.rows[id] = row
			}
		}
	}
	n.fill(t)
	return n, nil
}

// fill describes the bridges.
func (n *Inventory) fill(t *tables) {
	ports := byName(t.ports, func(p schema.Port) string { return p.UUID })
	interfaces := byName(t.interfaces, func(i schema.Interface) string { return i.UUID })
	for _, name := range sortedKeys(n.bridges) {
		b := n.bridges[name]
		out := Bridge{Name: name, Datapath: b.DatapathType, Managed: owned(b.ExternalIDs)}
		for _, column := range sortedKeys(bridgeExtras) {
			if len(rows.UUIDsIn(n.rows[b.UUID][column])) > 0 {
				out.Extras = append(out.Extras, bridgeExtras[column])
			}
		}
		for _, id := range b.Ports {
			out.Ports = append(out.Ports, n.port(ports[id], interfaces))
		}
		slices.SortFunc(out.Ports, func(a, b Port) int {
			if a.Name < b.Name {
				return -1
			}
			return 1
		})
		n.Bridges = append(n.Bridges, out)
	}
}

func (n *Inventory) port(p schema.Port, interfaces map[string]schema.Interface) Port {
	out := Port{Name: p.Name, Managed: owned(p.ExternalIDs), Tag: -1, Trunks: p.Trunks}
	if p.Tag != nil {
		out.Tag = *p.Tag
	}
	if p.VLANMode != nil {
		out.Mode = *p.VLANMode
	}
	out.Fake, _ = n.rows[p.UUID]["fake_bridge"].(bool)
	if len(rows.UUIDsIn(n.rows[p.UUID]["qos"])) > 0 {
		out.Extras = append(out.Extras, "QoS")
	}
	for _, id := range p.Interfaces {
		i := interfaces[id]
		out.Types = append(out.Types, i.Type)
		if i.Type == patchPort {
			out.Peer = rows.PairsIn(n.rows[id]["options"])["peer"]
		}
		if i.Error != nil && *i.Error != "" {
			out.Error = *i.Error
		}
		if rate, _ := n.rows[id]["ingress_policing_rate"].(float64); rate > 0 {
			out.Extras = append(out.Extras, "policing")
		}
		if i.Name == p.Name {
			out.IfaceID = i.ExternalIDs[KeyIfaceID]
		}
	}
	return out
}

// Adopt records objects that exist already, on the rows that an [Inventory]
// has found, and makes nothing: it adds the keys that [Client.Commit] would
// have written, and writes tag, trunks and vlan_mode where they are not
// explicit or differ from what the object says. Columns of a switch's own port
// without a gateway stay as they are. The plan may only make objects.
//
// It is one transaction, and waits as Commit does. The error is
// [model.ErrConflict] when a row has changed since the inventory or belongs to
// another object of ovsns, or for another format, [model.ErrNotReady] when ovsdb-server or
// ovs-vswitchd does not answer.
func (c *Client) Adopt(ctx context.Context, n *Inventory, p model.Plan) (*Undo, error) {
	e, err := editsOf(p)
	if err != nil || e.empty() {
		return nil, err
	}
	l := &layout{
		root: n.root.UUID, ids: n.root.ExternalIDs, bridges: n.bridges, ports: n.ports, interfaces: n.interfaces,
	}
	if err := l.checkFormat(); err != nil {
		return nil, err
	}
	t := begin(c.tables, e, l)
	for _, name := range sortedKeys(e.bridges) {
		if err := t.adoptBridge(n, name, e.bridges[name]); err != nil {
			return nil, err
		}
	}
	for _, name := range sortedKeys(e.ports) {
		if err := t.adoptPort(n, e.ports[name]); err != nil {
			return nil, err
		}
	}
	if t.touchesSwitch() {
		if err := c.CheckDaemon(ctx); err != nil {
			return nil, err
		}
	}
	results, err := c.transact(ctx, t.operations())
	if err != nil {
		return nil, t.explain(err)
	}
	return c.awaited(ctx, newUndo(c, t, t.Outcome(results)), nil)
}

func (t *transaction) adoptBridge(n *Inventory, name string, edit bridgeEdit) error {
	b, found := n.bridges[name]
	switch {
	case !found:
		return vanished("switch", name)
	case owned(b.ExternalIDs):
		return nil
	}
	t.guardForeign(n, schema.BridgeTable, b.UUID, b.Name)
	t.addKeys(bridgeTable, b.UUID, nil, edit.ids)
	return nil
}

func vanished(noun, name string) error {
	return model.Conflictf("%s %s was deleted by somebody else at the same time", noun, name)
}

func (t *transaction) adoptPort(n *Inventory, edit portEdit) error {
	p, found := n.ports[edit.name]
	i, same := n.interfaces[edit.name]
	if !found || !same {
		return vanished("port", edit.name)
	}
	var stale []string // keys that a record of ours may have left
	if !owned(p.ExternalIDs) {
		t.guardForeign(n, schema.PortTable, p.UUID, p.Name)
		t.guardForeign(n, schema.InterfaceTable, i.UUID, i.Name)
	} else {
		recorded, _ := objectOf(p.Name, p.ExternalIDs)
		if edit.ensure {
			return nil
		}
		if !t.e.mayTake(edit, recorded) {
			return model.Conflictf("port %s belongs to %s already", edit.name, ownerOf(p.Name, recorded))
		}
		stale = portKeys
		t.guardOwned(portTable, p.UUID, p.Name)
		t.guardOwned(interfaceTable, i.UUID, i.Name)
	}
	t.addKeys(portTable, p.UUID, stale, edit.ids)
	t.addKeys(interfaceTable, i.UUID, stale, interfaceIDs(edit.ids))
	now, plain := columnsOf(p)
	if explicit := plain && p.VLANMode != nil; !edit.ensure && (!explicit || !now.Equal(edit.vlans)) {
		t.Update(columnsOnly(portTable), p.UUID, portRow(edit))
	}
	return nil
}

// guardForeign requires that a row is still as it was found, and nobody's.
func (t *transaction) guardForeign(n *Inventory, table, uuid, name string) {
	row := ovsdb.Row{}
	for _, column := range guardedColumns[table] {
		row[column] = n.rows[uuid][column]
	}
	pair := rows.Map{KeyOwner: Owner}
	t.Guard(model.Conflictf("%s %s was changed by somebody else at the same time", table, name),
		rows.Wait(table, row, 0, rows.Is(uuid), ovsdb.NewCondition("external_ids", ovsdb.ConditionExcludes, pair)))
}

// addKeys puts keys into external_ids in place of what they were before, and
// takes stale ones out; nothing else changes, not even other keys of ours that
// somebody else may have set.
func (t *transaction) addKeys(table rows.Table, uuid string, stale []string, ids map[string]string) {
	keys := append(sortedKeys(ids), stale...)
	slices.Sort(keys)
	table.Columns, table.Keys = nil, map[string][]string{"external_ids": slices.Compact(keys)}
	t.Update(table, uuid, rows.Row{Keys: map[string]map[string]string{"external_ids": ids}})
}

// columnsOnly is a table without keys.
func columnsOnly(table rows.Table) rows.Table {
	table.Keys = nil
	return table
}
