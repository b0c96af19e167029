package ovsdb

import (
	"context"
	"slices"
	"strings"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// Scope says what [Client.Observe] reads. Switches, gateways, uplinks and all
// that stands on the row of Open_vSwitch are always read; the zero value reads
// no attachment.
type Scope struct {
	// All reads every attachment.
	All bool
	// Segments reads the attachments whose untagged frames travel there.
	// Segments without a switch have none.
	Segments []model.Segment
	// Switches and Namespaces read all attachments of these.
	Switches   []string
	Namespaces []string
	// Names are looked up in the tables Bridge, Port and Interface, whoever
	// made them: see Snapshot.Taken.
	Names []string
	// Neighbours are segments that [Client.Neighbours] is to be asked about
	// next: it then need not read them. Without a switch they are those of all
	// switches.
	Neighbours []model.Segment
	// Status fills Snapshot.Ports.
	Status bool
}

// Snapshot is what the database held at one moment.
type Snapshot struct {
	l          *layout // of the rows that were read, for Commit
	neighbours []model.Attachment
	asked      []model.Segment // whose neighbours these are
	// Recorded is what ovsns was asked for, from external_ids alone.
	Recorded *model.State
	// VLANs is what the columns tag, trunks and vlan_mode say, by port, for
	// each recorded port that was read.
	VLANs map[string]model.VLANs
	// Drifted holds the ports whose columns are not those that ovsns writes
	// for what is recorded, be it that VLANs compares equal (no vlan_mode), and
	// those that are missing while another port of the same object is there, or
	// that were left released, see [Client.Release].
	Drifted map[string]bool
	// Ports is what ovs-vswitchd says, by port; nil without Scope.Status.
	Ports map[string]PortStatus
	// Taken holds those of Scope.Names that exist.
	Taken map[string]Row
	// Unreadable has a sentence for each record that somebody has damaged; it
	// is missing in Recorded.
	Unreadable []string
	// Format is the version of what is recorded, "" if it has none; [Format] if
	// nothing is recorded. What is recorded in another than [Format] may be
	// missing here, and [Client.Commit] refuses to change it.
	Format string
	// Datapaths are the datapath types that ovs-vswitchd offers; empty when it
	// has never run on this database.
	Datapaths []string
	// OVSVersion is what ovs-ctl(8) noted when it started Open vSwitch, such as
	// "3.1.0"; "" when it was started otherwise.
	OVSVersion string
	// TSO says whether other_config:userspace-tso-enable is on.
	TSO bool
}

// PortStatus is what ovs-vswitchd says about a port.
type PortStatus struct {
	// OFPort is the OpenFlow port; 65534 is a switch's own, -1 one that could
	// not be opened, 0 one that ovs-vswitchd has not yet seen.
	OFPort int
	// Error is the reason when it could not be opened; may be empty then too.
	Error string
	// Type is that of the interface: "internal", or "" for a device.
	Type string
	// Switch is the switch that the port is on, "" when it is on none.
	Switch string
}

// Row is a row that somebody has under a name.
type Row struct {
	// Table is the first of Bridge, Port and Interface that has it.
	Table string
	// Managed says whether every row of that name was made by ovsns.
	Managed bool
}

// Columns that Observe reads.
var (
	rootColumns   = []string{"_uuid", "external_ids", "other_config", "datapath_types", "ovs_version"}
	bridgeColumns = []string{"_uuid", "name", "external_ids", "datapath_type"}
	portColumns   = []string{"_uuid", "name", "external_ids", "tag", "vlan_mode", "interfaces"}
	takenColumns  = []string{"name", "external_ids"}
)

var hasTrunks = ovsdb.NewCondition("trunks", ovsdb.ConditionNotEqual, rows.Ints[int](nil))

// Observe reads the database in one transaction; the server does the
// filtering. The error is [model.ErrNotReady] when it does not answer or has
// never been initialised.
func (c *Client) Observe(ctx context.Context, s Scope) (*Snapshot, error) {
	q := s.queries()
	status, neighbours := s.statusQueries(), neighbourQueries(s.Neighbours)
	results, err := c.transact(ctx, slices.Concat(q, status, neighbours))
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
	n := s.snapshot(t)
	results = results[len(q):]
	if s.Status {
		n.readStatus(results[:len(status)])
	}
	n.asked, n.neighbours = s.Neighbours, neighboursIn(results[len(status):])
	return n, nil
}

func (c *Client) notInitialised() error {
	return model.NotReadyf("the switch database at %s was never initialised", c.endpoint.text).
		WithHint("sudo ovs-vsctl --no-wait init")
}

// queries returns the selects of a scope.
func (s Scope) queries() []ovsdb.Operation {
	q := []ovsdb.Operation{
		rows.Select(schema.RootTable, rootColumns),
		rows.Select(schema.BridgeTable, bridgeColumns, rows.Includes(KeyOwner, Owner)),
	}
	for _, where := range s.conditions() {
		q = append(q, s.portQueries(where)...)
	}
	for _, name := range s.Names {
		for _, table := range []string{schema.BridgeTable, schema.PortTable, schema.InterfaceTable} {
			q = append(q, rows.Select(table, takenColumns, rows.Named(name)))
		}
	}
	return q
}

// portQueries reads a set of ports. Where these are all, also what tells whether one
// has changed since; and the trunks apart, of the ports that have some: to read the
// others' takes a tenth of the time.
func (s Scope) portQueries(where []ovsdb.Condition) []ovsdb.Operation {
	if !s.All {
		return []ovsdb.Operation{rows.Select(schema.PortTable, slices.Concat(portColumns, []string{"trunks"}), where...)}
	}
	return []ovsdb.Operation{
		rows.Select(schema.PortTable, slices.Concat(portColumns, []string{"_version"}), where...),
		rows.Select(schema.PortTable, []string{"name", "trunks"}, append(slices.Clone(where), hasTrunks)...),
	}
}

// conditions returns the conditions for each set of ports that is read. For
// each the server looks at all ports, so there are few: all that are no
// attachments make one.
func (s Scope) conditions() [][]ovsdb.Condition {
	if s.All {
		return [][]ovsdb.Condition{{rows.Includes(KeyOwner, Owner)}}
	}
	list := [][]ovsdb.Condition{{rows.Includes(KeyOwner, Owner), rows.Excludes(KeyKind, string(model.KindAttachment))}}
	attachments := func(key, value string) {
		list = append(list, []ovsdb.Condition{rows.Includes(KeyOwner, Owner, KeyKind, string(model.KindAttachment), key, value)})
	}
	for _, seg := range s.Segments {
		if seg.Switch != "" {
			attachments(KeySegment, seg.String())
		}
	}
	for _, sw := range s.Switches {
		attachments(keySwitch, sw)
	}
	for _, ns := range s.Namespaces {
		attachments(keyNamespace, ns)
	}
	return list
}

// tables are the rows that a transaction selected, by the table.
type tables struct {
	roots      []schema.Root
	bridges    []schema.Bridge
	ports      []schema.Port
	interfaces []schema.Interface
}

// decode sorts the results of selects by table; other operations are skipped.
func (c *Client) decode(ops []ovsdb.Operation, results []ovsdb.OperationResult) (*tables, error) {
	t := &tables{}
	for i, op := range ops {
		if op.Op != ovsdb.OperationSelect {
			continue
		}
		var err error
		switch rows := results[i].Rows; op.Table {
		case schema.RootTable:
			err = decodeInto(c, &t.roots, op.Table, rows)
		case schema.BridgeTable:
			err = decodeInto(c, &t.bridges, op.Table, rows)
		case schema.PortTable:
			err = decodeInto(c, &t.ports, op.Table, rows)
		case schema.InterfaceTable:
			err = decodeInto(c, &t.interfaces, op.Table, rows)
		}
		if err != nil {
			return nil, model.Failedf("the switch database answered what cannot be read").Because(err)
		}
	}
	return t, nil
}

func decodeInto[T any](c *Client, list *[]T, table string, rows []ovsdb.Row) error {
	more, err := schema.Decode[T](c.schema, table, rows)
	*list = append(*list, more...)
	return err
}

func (s Scope) snapshot(t *tables) *Snapshot {
	n := &Snapshot{
		Recorded: model.NewState(),
		VLANs:    make(map[string]model.VLANs, len(t.ports)),
		Drifted:  map[string]bool{},
		Taken:    map[string]Row{},
	}
	n.l = &layout{
		root: t.roots[0].UUID, bridges: map[string]schema.Bridge{},
		ports: make(map[string]schema.Port, len(t.ports)), members: make(map[string]schema.Port, len(t.ports)),
		interfaces: make(map[string]schema.Interface, len(t.ports)),
	}
	n.Recorded.Grow(len(t.roots[0].ExternalIDs) + len(t.bridges) + len(t.ports))
	n.l.ids = t.roots[0].ExternalIDs
	n.readRoot(t.roots[0])
	for _, b := range t.bridges {
		n.readBridge(b)
	}
	var expected []port
	n.Format = n.l.format()
	trunks := map[string][]int{}
	for _, p := range t.ports {
		if len(p.Trunks) > 0 {
			trunks[p.Name] = p.Trunks
		}
	}
	for _, p := range t.ports {
		p.Trunks = trunks[p.Name]
		expected = append(expected, n.readPort(p)...)
	}
	for _, p := range expected {
		if _, there := n.l.ports[p.name]; !there {
			n.Drifted[p.name] = true
		}
	}
	if s.All {
		n.l.assign(t.ports)
	}
	s.readTaken(n, t)
	return n
}

// Datapath returns the type of a switch's datapath as the database says now; ""
// when the switch was not read.
func (n *Snapshot) Datapath(sw string) model.Datapath {
	b, found := n.l.bridges[sw]
	if found && b.DatapathType == "" {
		return model.DatapathSystem // ovs-vswitchd.conf.db(5), table Bridge
	}
	return model.Datapath(b.DatapathType)
}

func (n *Snapshot) readRoot(r schema.Root) {
	n.Datapaths = r.DatapathTypes
	if r.OVSVersion != nil {
		n.OVSVersion = *r.OVSVersion
	}
	n.TSO = r.OtherConfig["userspace-tso-enable"] == "true"
	for _, key := range sortedKeys(r.ExternalIDs) {
		o, err := rootObject(key, r.ExternalIDs[key])
		n.put("Open_vSwitch external_ids:"+key, o, err)
	}
}

func (n *Snapshot) readBridge(b schema.Bridge) {
	if owned(b.ExternalIDs) && b.UUID != "" { // else it was looked up by name alone
		n.l.bridges[b.Name] = b
		o, err := switchOf(b.Name, b.ExternalIDs)
		n.put("bridge "+b.Name, o, err)
	}
}

// readPort takes in a port of ours and returns all ports of the object that it
// records; rows that were looked up by name, or for their trunks, were read
// elsewhere if they are in scope.
func (n *Snapshot) readPort(p schema.Port) []port {
	if !owned(p.ExternalIDs) || p.UUID == "" {
		return nil
	}
	n.l.ports[p.Name], n.l.members[p.UUID] = p, p
	if len(p.Interfaces) == 1 {
		n.l.interfaces[p.Name] = schema.Interface{UUID: p.Interfaces[0], Name: p.Name, ExternalIDs: ownerOnly}
	}
	o, err := objectOf(p.Name, p.ExternalIDs)
	if !n.put("port "+p.Name, o, err) {
		return nil
	}
	its, _ := portOf(o, p.Name) // the zero value for a switch's own
	vlans, plain := columnsOf(p)
	n.VLANs[p.Name] = vlans
	if released := p.ExternalIDs[keyReleased] != ""; released || !plain || !vlans.Equal(its.vlans) {
		n.Drifted[p.Name] = true
	}
	return portsOf(o)
}

// put adds an object, or a sentence about why it cannot be read.
func (n *Snapshot) put(what string, o model.Object, err error) bool {
	if err == nil && o != nil {
		if was, known := model.Get[model.Object](n.Recorded, o.Key()); known && !model.Equal(was, o) {
			err = model.Failedf("%s is recorded otherwise elsewhere", o.Key())
		}
	}
	if err != nil {
		n.Unreadable = append(n.Unreadable, what+" is damaged: "+strings.ReplaceAll(err.Error(), "\n", "; "))
		return false
	}
	if o != nil {
		n.Recorded.Put(o)
	}
	return true
}

func (s Scope) readTaken(n *Snapshot, t *tables) {
	asked := map[string]bool{}
	for _, name := range s.Names {
		asked[name] = true
	}
	take := func(table, name string, ids map[string]string) {
		if !asked[name] || ids == nil {
			return
		}
		row, seen := n.Taken[name]
		if !seen {
			row = Row{Table: table, Managed: true}
		}
		row.Managed = row.Managed && owned(ids)
		n.Taken[name] = row
	}
	for _, b := range t.bridges {
		take(schema.BridgeTable, b.Name, b.ExternalIDs)
	}
	for _, p := range t.ports {
		take(schema.PortTable, p.Name, p.ExternalIDs)
	}
	for _, i := range t.interfaces {
		take(schema.InterfaceTable, i.Name, i.ExternalIDs)
	}
}
