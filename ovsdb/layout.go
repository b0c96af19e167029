package ovsdb

import (
	"context"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// layout is which of the rows that a plan touches exist, and what they are. It
// decides between insert and update; the transaction checks that it still
// holds.
type layout struct {
	root       string
	ids        map[string]string // external_ids of the row of Open_vSwitch; if ours is the format, perhaps only that
	bridges    map[string]schema.Bridge
	ports      map[string]schema.Port
	interfaces map[string]schema.Interface
	members    map[string]schema.Port // by UUID; of all bridges that are dropped, or all of ours
	// holders are the bridges that ports are on, by the ports' UUIDs, as far as these
	// were read: without what they record, and whoever made them.
	holders map[string]schema.Bridge
}

// memberColumns are what tells on which bridges ports are.
var memberColumns = []string{"_uuid", "name", "ports"}

// holdersIn sorts rows of Bridge: those that were read with memberColumns are the
// holders of their ports, the others are returned as they are.
func holdersIn(rows []schema.Bridge) (holders map[string]schema.Bridge, others []schema.Bridge) {
	holders = map[string]schema.Bridge{}
	for _, b := range rows {
		if b.ExternalIDs != nil {
			others = append(others, b)
			continue
		}
		for _, id := range b.Ports {
			holders[id] = b
		}
	}
	return holders, others
}

// Columns that the layout needs.
var (
	rootIDs         = []string{"_uuid", "external_ids"}
	layoutBridge    = []string{"_uuid", "name", "external_ids"}
	layoutPort      = []string{"_uuid", "name", "external_ids", "interfaces"}
	layoutInterface = []string{"_uuid", "name", "external_ids", "type"}
)

// layout returns what the snapshot knows of the rows that the edits touch, nil
// when that is not enough. A row that it has not read does not exist, and the
// interface of a port of ours is ours. Should that be otherwise, or have changed
// since, the transaction is refused: by its guards, or since the name is taken.
func (n *Snapshot) layout(e *edits) *layout {
	if n == nil {
		return nil
	}
	for name, edit := range e.bridges {
		if edit.drop && len(n.l.bridges[name].Ports) == 0 {
			return nil
		}
	}
	for name, edit := range e.ports {
		if _, known := n.l.ports[name]; edit.drop && !known {
			return nil
		}
	}
	return n.l
}

// assign gives the bridges their ports: those that are recorded as theirs. Whether a
// bridge has others the guards will tell; a thousand are not read for that.
func (l *layout) assign(ports []schema.Port) {
	for _, p := range ports {
		b, found := l.bridges[l.members[p.UUID].ExternalIDs[keySwitch]]
		if found {
			b.Ports = append(b.Ports, p.UUID)
			l.bridges[b.Name] = b
		}
	}
}

// layout reads the rows that the edits touch.
func (c *Client) layout(ctx context.Context, e *edits) (*layout, error) {
	t, err := c.read(ctx, layoutQueries(e))
	if err != nil {
		return nil, err
	}
	if len(t.roots) == 0 {
		return nil, c.notInitialised()
	}
	holders, bridges := holdersIn(t.bridges)
	l := &layout{
		root:       t.roots[0].UUID,
		ids:        map[string]string{KeyFormat: Format},
		holders:    holders,
		bridges:    byName(bridges, func(b schema.Bridge) string { return b.Name }),
		ports:      byName(t.ports, func(p schema.Port) string { return p.Name }),
		interfaces: byName(t.interfaces, func(i schema.Interface) string { return i.Name }),
	}
	if len(t.roots) > 1 {
		l.ids = t.roots[1].ExternalIDs
	}
	return l, c.readMembers(ctx, l)
}

func layoutQueries(e *edits) []ovsdb.Operation {
	q := []ovsdb.Operation{
		rows.Select(schema.RootTable, []string{"_uuid"}),
		rows.Select(schema.BridgeTable, memberColumns),
	}
	if e.makes {
		q = append(q, rows.Select(schema.RootTable, rootIDs, rows.Excludes(KeyFormat, Format)))
	} else {
		q = append(q, rows.Select(schema.RootTable, rootIDs), selectOurBridges())
	}
	for _, name := range sortedKeys(e.switches) {
		columns := layoutBridge
		if e.bridges[name].drop {
			columns = append([]string{"ports"}, columns...)
		}
		q = append(q, rows.Select(schema.BridgeTable, columns, rows.Named(name)))
	}
	for _, name := range sortedKeys(e.ports) {
		q = append(q, rows.Select(schema.PortTable, layoutPort, rows.Named(name)),
			rows.Select(schema.InterfaceTable, layoutInterface, rows.Named(name)))
	}
	return q
}

func selectOurBridges() ovsdb.Operation {
	return rows.Select(schema.BridgeTable, layoutBridge, rows.Includes(KeyOwner, Owner))
}

// readMembers reads the ports of bridges that are to be dropped: these were
// selected with their ports. Where nothing tells the format, it also reads the
// bridges that may.
func (c *Client) readMembers(ctx context.Context, l *layout) error {
	var q []ovsdb.Operation
	if l.ids[KeyFormat] == "" {
		q = append(q, selectOurBridges())
	}
	for _, b := range l.bridges {
		for _, id := range b.Ports {
			q = append(q, rows.Select(schema.PortTable, layoutPort, rows.Is(id)))
		}
	}
	if len(q) == 0 {
		return nil
	}
	t, err := c.read(ctx, q)
	if err != nil {
		return err
	}
	l.members = byName(t.ports, func(p schema.Port) string { return p.UUID })
	for _, b := range t.bridges {
		if _, known := l.bridges[b.Name]; !known {
			l.bridges[b.Name] = b
		}
	}
	return nil
}

// read runs selects and decodes their rows.
func (c *Client) read(ctx context.Context, q []ovsdb.Operation) (*tables, error) {
	results, err := c.transact(ctx, q)
	if err != nil {
		return nil, err
	}
	return c.decode(q, results)
}

func byName[T any](rows []T, name func(T) string) map[string]T {
	m := make(map[string]T, len(rows))
	for _, r := range rows {
		m[name(r)] = r
	}
	return m
}
