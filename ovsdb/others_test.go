package ovsdb

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// others sets all that somebody else can set, as the server's schema has it, on
// rows of ours, and remembers it by table and column.
type others struct {
	c    *Client
	made int               // rows
	ops  []ovsdb.Operation // inserts
	port string            // UUID of the port that weak references mean
}

// theirs returns the columns of a table that are not ours.
func theirs(c *Client, table rows.Table) []string {
	return slices.DeleteFunc(c.tables.Surviving(table.Name), func(column string) bool {
		return slices.Contains(table.Columns, column) || column == "name" || column == "ports" || column == "interfaces"
	})
}

// set gives each of their columns of a row a value, beside ours of a map.
func (o *others) set(table rows.Table, uuid string) ovsdb.Operation {
	set := ovsdb.Operation{Op: ovsdb.OperationMutate, Table: table.Name, Where: rows.Where(rows.Is(uuid))}
	row := ovsdb.Row{}
	for _, column := range theirs(o.c, table) {
		if value := o.value(table.Name, column); o.column(table.Name, column).Type == ovsdb.TypeMap {
			set.Mutations = append(set.Mutations, rows.Change(column, ovsdb.MutateOperationInsert, value))
		} else {
			row[column] = value
		}
	}
	o.ops = append(o.ops, ovsdb.Operation{Op: ovsdb.OperationUpdate, Table: table.Name, Where: set.Where, Row: row})
	return set
}

func (o *others) column(table, column string) *ovsdb.ColumnSchema {
	return o.c.schema.Tables[table].Columns[column]
}

// value draws up what a column may hold, with the rows that it refers to.
func (o *others) value(table, column string) any {
	c := o.column(table, column).TypeObj
	key := o.atom(c.Key)
	if c.Value != nil {
		return ovsdb.OvsMap{GoMap: map[any]any{key: o.atom(c.Value)}}
	}
	if o.column(table, column).Type == ovsdb.TypeSet {
		return ovsdb.OvsSet{GoSet: []any{key}}
	}
	return key
}

func (o *others) atom(b *ovsdb.BaseType) any {
	switch {
	case len(b.Enum) > 0:
		return b.Enum[0]
	case b.Type == ovsdb.TypeUUID:
		to, _ := b.RefTable()
		if kind, _ := b.RefType(); kind == ovsdb.Weak {
			return ovsdb.UUID{GoUUID: o.port}
		}
		return ovsdb.UUID{GoUUID: o.insert(to)}
	case b.Type == ovsdb.TypeInteger:
		if least, err := b.MinInteger(); err == nil && least > 1 {
			return least
		}
		return 1
	case b.Type == ovsdb.TypeBoolean:
		return true
	}
	return "theirs"
}

func (o *others) insert(table string) string {
	o.made++
	name := fmt.Sprint("theirs", o.made)
	row := ovsdb.Row{}
	for _, column := range o.c.tables.Surviving(table) {
		row[column] = o.value(table, column)
	}
	o.ops = append(o.ops, ovsdb.Operation{Op: ovsdb.OperationInsert, Table: table, UUIDName: name, Row: row})
	return name
}

// setOthers sets everything on a switch and the port of an attachment.
func setOthers(t *testing.T, c *Client, sw, port string) {
	t.Helper()
	o := &others{c: c, port: vsctl(t, "get", "port", port, "_uuid")}
	var sets []ovsdb.Operation
	for table, name := range map[string]string{schema.BridgeTable: sw, schema.PortTable: port, schema.InterfaceTable: port} {
		i := slices.IndexFunc(described, func(d rows.Table) bool { return d.Name == table })
		sets = append(sets, o.set(described[i], vsctl(t, "get", table, name, "_uuid")))
	}
	if _, err := c.transact(patient(t), append(o.ops, sets...)); err != nil {
		t.Fatal(err)
	}
}

var described = []rows.Table{bridgeTable, portTable, interfaceTable}

// everything returns all that survives of the database: for each row its columns,
// with what rows are in place of their identities.
func everything(t *testing.T, c *Client) map[string]map[string]string {
	t.Helper()
	var q []ovsdb.Operation
	tables := sortedKeys(c.schema.Tables)
	for _, table := range tables {
		q = append(q, rows.Select(table, append([]string{"_uuid"}, c.tables.Surviving(table)...)))
	}
	results, err := c.transact(patient(t), q)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	var names []string
	for i, r := range results {
		for _, row := range r.Rows {
			id := row["_uuid"].(ovsdb.UUID).GoUUID
			delete(row, "_uuid")
			columns := map[string]string{}
			title := tables[i]
			for column, value := range row {
				text, _ := json.Marshal(value)
				columns[column] = string(text)
			}
			for _, column := range []string{"name", "id", "target", "targets", "system_name", "type", "dscp"} {
				if text, has := columns[column]; has {
					title += " " + text
					break
				}
			}
			if all[title] != nil {
				t.Fatalf("there are two rows %s", title)
			}
			all[title], names = columns, append(names, id, title)
		}
	}
	real := strings.NewReplacer(names...)
	for title, columns := range all {
		for column, text := range columns {
			columns[column] = sortedSets(real.Replace(text))
		}
		delete(columns, "next_cfg")
		delete(columns, "cur_cfg")
		all[title] = columns
	}
	return all
}

// wantColumns compares, column by column.
func wantColumns(t *testing.T, what string, got, want map[string]map[string]string) {
	t.Helper()
	for _, title := range sortedKeys(want) {
		if got[title] == nil {
			t.Errorf("%s: %s is gone", what, title)
			continue
		}
		for _, column := range sortedKeys(want[title]) {
			if got[title][column] != want[title][column] {
				t.Errorf("%s: %s %s is %s, was %s", what, title, column, got[title][column], want[title][column])
			}
		}
	}
	for _, title := range sortedKeys(got) {
		if want[title] == nil {
			t.Errorf("%s: there is a new %s", what, title)
		}
	}
}

// TestOthersColumns: whatever somebody else can set on rows of ours, or hang on
// them, by the server's schema, survives an update, the undo of every change, and
// a new device.
func TestOthersColumns(t *testing.T) {
	t.Cleanup(func() { vsctl(t, "--all", "destroy", "QoS", "--", "--all", "destroy", "Queue") })
	c := dialHost(t)
	veth(t, "red-eth0", "blue-eth0")
	red, blue := attachment("red", model.VLANs{Access: 100}), attachment("blue", model.VLANs{})
	sw1 := model.Switch{Name: "sw1", Datapath: model.DatapathNetdev}
	lab := []model.Object{sw0, sw1, model.Namespace{Name: "red"}, red, blue}
	commit(t, c, made(lab...))
	vsctl(t, "add-br", "foreign", "--", "set", "bridge", "foreign", "datapath_type=netdev")
	bare := everything(t, c)
	setOthers(t, c, "sw0", "red-eth0")
	// A mirror of another switch refers to our port too, and an exporter is shared.
	vsctl(t, "--", "--id=@m", "create", "mirror", "name=foreign", "select_dst_port="+vsctl(t, "get", "port", "red-eth0", "_uuid"),
		"--", "set", "bridge", "foreign", "mirrors=@m", "sflow="+vsctl(t, "get", "bridge", "sw0", "sflow"))
	before := everything(t, c)
	for _, table := range described {
		title := table.Name + ` "red-eth0"`
		if table.Name == schema.BridgeTable {
			title = table.Name + ` "sw0"`
		}
		for _, column := range theirs(c, table) {
			if before[title][column] == bare[title][column] {
				t.Errorf("%s %s was not set: %q", title, column, before[title][column])
			}
		}
	}

	moved := red
	moved.VLANs, moved.MTU, moved.Addresses = model.VLANs{Trunk: model.VIDSet{5, 6}}, 0, nil
	u := commit(t, c, changed(red, moved))
	after := everything(t, c)
	for title, columns := range after {
		if strings.HasPrefix(title, `Port "red-eth0"`) || strings.HasPrefix(title, `Interface "red-eth0"`) {
			for _, ours := range []string{"tag", "trunks", "vlan_mode", "external_ids"} {
				columns[ours] = before[title][ours]
			}
		}
	}
	wantColumns(t, "updated", after, before)
	checkColumns(t, "port red-eth0 external_ids:theirs=theirs trunks=[5, 6]")

	run := func(name string, u *Undo) {
		t.Helper()
		for range 2 {
			if err := u.Run(patient(t)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		wantColumns(t, "undone: "+name, everything(t, c), before)
	}
	run("update", u)
	elsewhere := red
	elsewhere.Switch = "sw1"
	for name, p := range map[string]model.Plan{
		"moved": changed(red, elsewhere), "detached": gone(red), "all gone": gone(lab...), "switch gone": gone(sw0),
		"switch changed": changed(sw0, model.Switch{Name: "sw0", Datapath: model.DatapathDummy}),
		"anew":           append(gone(red), made(red)...),
	} {
		for _, seen := range []*Snapshot{nil, observe(t, c, Scope{All: true})} {
			u, err := c.Submit(patient(t), seen, p)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			run(name, u)
		}
	}
	u, err := c.Purge(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	run("purged", u)

	if u, err = c.Release(patient(t), nil, "red-eth0", "nobody"); err != nil {
		t.Fatal(err)
	}
	run("released", u)
	if _, err = c.Release(patient(t), observe(t, c, Scope{All: true}), "red-eth0"); err != nil {
		t.Fatal(err)
	}
	if _, err = c.Submit(patient(t), nil, made(red)); err != nil {
		t.Fatal(err)
	}
	wantColumns(t, "renewed", everything(t, c), before)
}

// TestMeanwhile: what others have done since is theirs, also when it was about
// rows that come back.
func TestMeanwhile(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0", "blue-eth0")
	red, blue := attachment("red", model.VLANs{}), attachment("blue", model.VLANs{})
	commit(t, c, made(sw0, red, blue))
	id := func(port string) string { return vsctl(t, "get", "port", port, "_uuid") }
	vsctl(t, "--", "--id=@m", "create", "mirror", "name=m", "output_port="+id("red-eth0"), "select_src_port="+id("red-eth0"),
		"--", "--id=@q", "create", "qos", "type=linux-htb",
		"--", "set", "bridge", "sw0", "mirrors=@m", "--", "set", "port", "red-eth0", "qos=@q")
	u := commit(t, c, gone(red))
	vsctl(t, "set", "mirror", "m", "output_port="+id("blue-eth0"), "--", "--all", "destroy", "qos")
	if err := u.Run(patient(t)); err != nil {
		t.Fatal(err)
	}
	checkColumns(t, "mirror m output_port="+id("blue-eth0")+" select_src_port=["+id("red-eth0")+"]")
	checkColumns(t, "port red-eth0 qos=[]")

	u = commit(t, c, gone(red))
	vsctl(t, "clear", "bridge", "sw0", "mirrors")
	if err := u.Run(patient(t)); err != nil {
		t.Fatal(err)
	}
	if list := vsctl(t, "list", "mirror"); list != "" {
		t.Errorf("a mirror that others removed is back: %s", list)
	}
}

// TestForeignNeedsOurs: a row of somebody else that cannot be without ours is a
// conflict, and nothing happens.
func TestForeignNeedsOurs(t *testing.T) {
	c := dialHost(t)
	commit(t, c, made(sw0))
	set := vsctl(t, "create", "Flow_Sample_Collector_Set", "id=1", "bridge="+vsctl(t, "get", "bridge", "sw0", "_uuid"))
	before := everything(t, c)
	_, err := c.Commit(patient(t), nil, gone(sw0))
	wantClass(t, err, model.ErrConflict)
	wantColumns(t, "refused", everything(t, c), before)
	vsctl(t, "destroy", "Flow_Sample_Collector_Set", set)
}

// TestSeveralPorts: one object may have several ports, on several switches.
func TestSeveralPorts(t *testing.T) {
	c := dialHost(t)
	sw1 := model.Switch{Name: "sw1", Datapath: model.DatapathNetdev}
	commit(t, c, made(sw0, sw1))
	before := dump(t)
	key := model.LinkKey("sw0", "sw1")
	vlans := model.VLANs{Trunk: model.VIDSet{10, 20}, Native: 10}
	cable := map[string]port{
		"sw0-sw1": {name: "sw0-sw1", sw: "sw0", iftype: "patch", peer: "sw1-sw0", vlans: vlans},
		"sw1-sw0": {name: "sw1-sw0", sw: "sw1", iftype: "patch", peer: "sw0-sw1", vlans: vlans},
	}
	edit := func(drop bool) *edits {
		e := newEdits(2)
		e.makes, e.freed[key] = !drop, drop
		for name, p := range cable {
			e.switches[p.sw] = true
			ids := map[string]string{KeyOwner: Owner, KeyKind: "uplink", keySwitch: p.sw, prefix + "interface": name}
			e.ports[name] = portEdit{drop: drop, key: model.UplinkKey(name), ids: ids, port: p}
		}
		return e
	}
	put := func(e *edits) *Undo {
		t.Helper()
		u, err := c.submit(patient(t), c.prepared(patient(t), nil, e, build))
		if u, err = c.awaited(patient(t), u, err); err != nil {
			t.Fatal(err)
		}
		return u
	}
	u := put(edit(false))
	for name, p := range cable {
		checkColumns(t, fmt.Sprintf("port %s tag=10 trunks=[10, 20] vlan_mode=native-untagged", name))
		checkColumns(t, fmt.Sprintf("interface %s type=patch options:peer=%s error=[]", name, p.peer))
		if got := vsctl(t, "port-to-br", name); got != p.sw {
			t.Errorf("%s is on %s", name, got)
		}
	}
	undo(t, u, before)
	put(edit(false))
	vsctl(t, "set", "interface", "sw0-sw1", "other_config:theirs=1")
	there := dump(t)
	for name, p := range cable {
		p.vlans = model.VLANs{Access: 7}
		cable[name] = p
	}
	u = put(edit(false))
	checkColumns(t, "interface sw0-sw1 type=patch other_config:theirs=1 options:peer=sw1-sw0")
	checkColumns(t, "port sw1-sw0 tag=7 trunks=[]")
	undo(t, u, there)
	undo(t, put(edit(true)), there)
	put(edit(true))
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// TestHalfAnObject: of an object with several ports one may be missing, and two
// may record different things.
func TestHalfAnObject(t *testing.T) {
	a := attachment("red", model.VLANs{})
	two := kinds[model.KindAttachment]
	t.Cleanup(func() { kinds[model.KindAttachment] = two })
	kinds[model.KindAttachment] = kind{onPorts, of(func(a model.Attachment) []port {
		return []port{{name: a.Port, sw: a.Switch, vlans: a.VLANs}, {name: a.Port + "2", sw: a.Switch, vlans: a.VLANs}}
	})}
	access := string(model.ModeAccess)
	row := func(name string, o model.Attachment) schema.Port {
		return schema.Port{UUID: name, Name: name, VLANMode: &access, ExternalIDs: portIDs(o, port{name: name, sw: o.Switch})}
	}
	snapshot := func(ports ...schema.Port) *Snapshot {
		return Scope{}.snapshot(&tables{roots: []schema.Root{{UUID: "root"}}, ports: ports})
	}
	n := snapshot(row("red-eth0", a), row("red-eth02", a))
	wantRecorded(t, n.Recorded, a)
	if len(n.Drifted)+len(n.Unreadable) > 0 {
		t.Errorf("drifted %v, unreadable %v", n.Drifted, n.Unreadable)
	}
	n = snapshot(row("red-eth02", a))
	if want := map[string]bool{"red-eth0": true}; !maps.Equal(n.Drifted, want) || !n.Recorded.Has(a.Key()) {
		t.Errorf("drifted %v, recorded %v", n.Drifted, n.Recorded.Objects())
	}
	other := a
	other.MTU = 1300
	if n = snapshot(row("red-eth0", a), row("red-eth02", other)); len(n.Unreadable) != 1 {
		t.Errorf("unreadable %v", n.Unreadable)
	}
}

// TestDescribedTables: all that there is to a table is its description, whether
// its rows hang on others or stand by themselves.
func TestDescribedTables(t *testing.T) {
	c := dialHost(t)
	commit(t, c, made(sw0))
	sw := vsctl(t, "get", "bridge", "sw0", "_uuid")
	ids := map[string]map[string]string{"external_ids": {"ours": "1"}}
	keys := map[string][]string{"external_ids": {"ours"}}
	for _, tc := range []struct {
		table    rows.Table
		old, new ovsdb.Row
	}{
		{rows.Table{Name: "Mirror", Parent: "Bridge", In: "mirrors", Columns: []string{"select_all"}, Keys: keys},
			ovsdb.Row{"name": "m", "select_all": true}, ovsdb.Row{"select_all": false}},
		{rows.Table{Name: "Controller", Parent: "Bridge", In: "controller", Columns: []string{"target"}, Keys: keys},
			ovsdb.Row{"target": "punix:x"}, ovsdb.Row{"target": "punix:y"}},
		{rows.Table{Name: "sFlow", Parent: "Bridge", In: "sflow", Columns: []string{"targets"}, Keys: keys},
			ovsdb.Row{"targets": rows.Strings([]string{"192.0.2.1:6343"})}, ovsdb.Row{"targets": rows.Strings([]string{"192.0.2.2:6343"})}},
		{rows.Table{Name: "NetFlow", Parent: "Bridge", In: "netflow", Columns: []string{"targets"}, Keys: keys},
			ovsdb.Row{"targets": rows.Strings([]string{"192.0.2.1:6343"})}, ovsdb.Row{"targets": rows.Strings([]string{"192.0.2.2:6343"})}},
		{rows.Table{Name: "IPFIX", Parent: "Bridge", In: "ipfix", Columns: []string{"targets"}, Keys: keys},
			ovsdb.Row{"targets": rows.Strings([]string{"192.0.2.1:6343"})}, ovsdb.Row{"targets": rows.Strings([]string{"192.0.2.2:6343"})}},
		{rows.Table{Name: "QoS", Columns: []string{"type"}, Keys: keys}, ovsdb.Row{"type": "linux-htb"}, ovsdb.Row{"type": "linux-sfq"}},
		{rows.Table{Name: "Queue", Columns: []string{"dscp"}, Keys: keys}, ovsdb.Row{"dscp": 1}, ovsdb.Row{"dscp": 2}},
	} {
		name := tc.table.Name
		db := rows.NewSchema(c.schema, tc.table)
		run := func(edit func(*rows.Transaction) int) (rows.Outcome, int, func()) {
			t.Helper()
			before := everything(t, c)
			tx := rows.New(db, nil)
			i := edit(tx)
			results, err := c.transact(patient(t), tx.Operations())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			o := tx.Outcome(results)
			return o, i, func() {
				t.Helper()
				u := tx.Undo(o)
				answers, err := c.transact(patient(t), u.Queries())
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if _, err := c.transact(patient(t), u.Operations(answers)); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				wantColumns(t, name, everything(t, c), before)
			}
		}
		insert := func(tx *rows.Transaction) int {
			id, i := tx.Insert(tc.table, rows.Row{Columns: tc.old, Keys: ids})
			if tc.table.Parent != "" {
				tx.Move(tc.table, sw, []string{id}, nil)
			}
			return i
		}
		_, _, back := run(insert)
		back()
		o, i, _ := run(insert)
		id := o.Write(i).UUID.GoUUID
		vsctl(t, "set", name, id, "external_ids:theirs=1")
		_, _, back = run(func(tx *rows.Transaction) int {
			tx.Update(tc.table, id, rows.Row{Columns: tc.new})
			return 0
		})
		if got := vsctl(t, "get", name, id, "external_ids"); got != `{theirs="1"}` {
			t.Errorf("%s: updated, the keys are %s", name, got)
		}
		back()
		lose := func(tx *rows.Transaction) int {
			tx.Lose(tc.table, id)
			if tc.table.Parent != "" {
				tx.Move(tc.table, sw, nil, []string{id})
			}
			return 0
		}
		_, _, back = run(lose)
		if got := vsctl(t, "list", name); got != "" {
			t.Errorf("%s: lost, it is %s", name, got)
		}
		back()
		id = vsctl(t, "--bare", "--columns=_uuid", "list", name)
		run(lose)
	}
}
