package ovsdb

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

func TestSwitch(t *testing.T) {
	c := dialHost(t)
	vsctl(t, "set", "Open_vSwitch", ".", "ovs_version=3.1.0") // as ovs-ctl does
	before := dump(t)
	commit(t, c, made(sw0))
	commit(t, c, made(sw0)) // again: the rows are there
	if got := vsctl(t, "get", "interface", "sw0", "ofport"); got != "65534" {
		t.Errorf("ofport of sw0 is %s", got)
	}
	if got := vsctl(t, "get", "port", "sw0", "vlan_mode"); got != "access" {
		t.Errorf("vlan_mode of sw0 is %s", got)
	}
	n := observe(t, c, Scope{Status: true, Names: []string{"sw0", "nobody"}})
	wantRecorded(t, n.Recorded, sw0)
	if n.Ports["sw0"] != (PortStatus{OFPort: 65534, Type: "internal", Switch: "sw0"}) {
		t.Errorf("status %+v", n.Ports["sw0"])
	}
	if n.OVSVersion == "" || len(n.Datapaths) == 0 || n.TSO {
		t.Errorf("snapshot %+v", n)
	}
	if len(n.Taken) != 1 || n.Taken["sw0"] != (Row{"Bridge", true}) {
		t.Errorf("taken %+v", n.Taken)
	}
	commit(t, c, gone(sw0))
	commit(t, c, gone(sw0))
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestPorts(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0", "blue-eth0", "green-eth0", "up0")
	objects := []model.Object{
		sw0,
		model.Gateway{Switch: "sw0", Interface: "sw0", Addresses: prefixes("172.16.10.254/24", "2001:db8::254/64")},
		model.Gateway{Switch: "sw0", VLAN: 100, Interface: "sw0.100", Addresses: prefixes("10.3.0.254/24")},
		model.Uplink{Interface: "up0", Switch: "sw0", VLANs: model.VLANs{Trunk: model.VIDSet{100, 200}}, WasUp: true},
		attachment("red", model.VLANs{Access: 100}),
		attachment("blue", model.VLANs{Trunk: model.VIDSet{10, 20, 21}, Native: 10}),
		attachment("green", model.VLANs{}),
	}
	commit(t, c, made(objects...))
	n := observe(t, c, Scope{All: true, Status: true})
	wantRecorded(t, n.Recorded, objects...)
	if len(n.Drifted) != 0 {
		t.Errorf("drifted %v", n.Drifted)
	}
	for _, name := range []string{"sw0", "sw0.100", "up0", "red-eth0", "blue-eth0", "green-eth0"} {
		if n.Ports[name].OFPort <= 0 {
			t.Errorf("port %s: %+v", name, n.Ports[name])
		}
	}
	for _, want := range []string{
		"port red-eth0 tag=100 trunks=[] vlan_mode=access",
		"port blue-eth0 tag=10 trunks=[10, 20, 21] vlan_mode=native-untagged",
		"port up0 tag=[] trunks=[100, 200] vlan_mode=trunk",
		"port sw0.100 tag=100 trunks=[] vlan_mode=access",
		"port green-eth0 tag=[] trunks=[] vlan_mode=access",
		"interface sw0.100 type=internal",
		"interface red-eth0 external_ids:iface-id=\"red/eth0\" external_ids:attached-mac=\"02:00:00:00:00:01\"",
	} {
		checkColumns(t, want)
	}
	t.Run("scopes", func(t *testing.T) { scopes(t, c) })
	commit(t, c, gone(objects...))
	wantRecorded(t, observe(t, c, Scope{All: true}).Recorded)
}

// checkColumns compares "TABLE ROW COLUMN=VALUE ..." with the database.
func checkColumns(t *testing.T, want string) {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(want, ", ", ","))
	for _, word := range words[2:] {
		column, value, _ := strings.Cut(word, "=")
		got := strings.ReplaceAll(vsctl(t, "get", words[0], words[1], column), ", ", ",")
		if strings.Trim(got, `"`) != strings.Trim(value, `"`) {
			t.Errorf("%s %s %s is %s, want %s", words[0], words[1], column, got, value)
		}
	}
}

func scopes(t *testing.T, c *Client) {
	for name, tc := range map[string]struct {
		scope Scope
		want  string
	}{
		"none":      {Scope{}, ""},
		"vlan":      {Scope{Segments: []model.Segment{{Switch: "sw0", VLAN: 100}}}, "red/eth0"},
		"native":    {Scope{Segments: []model.Segment{{Switch: "sw0", VLAN: 10}}}, "blue/eth0"},
		"untagged":  {Scope{Segments: []model.Segment{{Switch: "sw0"}, {Namespace: "red"}}}, "green/eth0"},
		"switch":    {Scope{Switches: []string{"sw0"}}, "blue/eth0 green/eth0 red/eth0"},
		"namespace": {Scope{Namespaces: []string{"red", "green"}}, "green/eth0 red/eth0"},
	} {
		n := observe(t, c, tc.scope)
		var got []string
		for _, a := range model.All[model.Attachment](n.Recorded) {
			got = append(got, a.Key().Name)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %v, want %s", name, got, tc.want)
		}
		if len(model.All[model.Gateway](n.Recorded)) != 2 || len(model.All[model.Uplink](n.Recorded)) != 1 {
			t.Errorf("%s: gateways or uplinks are missing", name)
		}
	}
}

func TestUpdateKeepsRows(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0")
	red := attachment("red", model.VLANs{Access: 100})
	commit(t, c, made(sw0, model.Switch{Name: "sw1", Datapath: "netdev"}, red))
	vsctl(t, "set", "port", "red-eth0", "external_ids:theirs=1", "other_config:theirs=2")
	vsctl(t, "set", "interface", "red-eth0", "external_ids:theirs=3")
	vsctl(t, "set", "bridge", "sw0", "external_ids:theirs=4")
	ids := func() string {
		return vsctl(t, "get", "port", "red-eth0", "_uuid", "interfaces") + vsctl(t, "get", "interface", "red-eth0", "ofport")
	}
	was, before := ids(), dump(t)
	trunk := attachment("red", model.VLANs{Trunk: model.VIDSet{10, 20}})
	trunk.MTU, trunk.Gateways = 0, nil
	u := commit(t, c, changed(red, trunk))
	if now := ids(); now != was {
		t.Errorf("rows were made anew: %s, then %s", was, now)
	}
	wantRecorded(t, observe(t, c, Scope{All: true}).Recorded, sw0, model.Switch{Name: "sw1", Datapath: "netdev"}, trunk)
	checkColumns(t, "port red-eth0 tag=[] trunks=[10, 20] vlan_mode=trunk external_ids:theirs=1 other_config:theirs=2")
	checkColumns(t, "interface red-eth0 external_ids:theirs=3")
	undo(t, u, before)

	moved := red
	moved.Switch = "sw1"
	u = commit(t, c, changed(red, moved))
	if got := vsctl(t, "list-ports", "sw1"); got != "red-eth0" {
		t.Errorf("ports of sw1: %q", got)
	}
	undo(t, u, before)
	commit(t, c, made(sw0))
	checkColumns(t, "bridge sw0 external_ids:theirs=4")
}

// undo runs u twice and compares.
func undo(t *testing.T, u *Undo, before string) {
	t.Helper()
	for range 2 {
		if err := u.Run(patient(t)); err != nil {
			t.Fatal(err)
		}
	}
	if after := dump(t); after != before {
		t.Errorf("the undo is not exact\nbefore:\n%s\nafter:\n%s", before, after)
	}
}

func TestUndo(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0", "blue-eth0", "up0")
	red, blue := attachment("red", model.VLANs{Access: 100}), attachment("blue", model.VLANs{})
	gw := model.Gateway{Switch: "sw0", Interface: "sw0", Addresses: prefixes("172.16.10.254/24")}
	gw100 := model.Gateway{Switch: "sw0", VLAN: 100, Interface: "sw0.100", Addresses: prefixes("10.3.0.254/24")}
	nat := model.NAT{Subnet: netip.MustParsePrefix("172.16.10.0/24")}
	vsctl(t, "set", "Open_vSwitch", ".", "external_ids:system-id=x")
	before := dump(t)
	all := []model.Object{sw0, gw, gw100, red, model.Namespace{Name: "red"}, nat}
	undo(t, commit(t, c, made(all...)), before)

	commit(t, c, made(all...))
	vsctl(t, "set", "bridge", "sw0", "external_ids:theirs=1", "other_config:disable-in-band=true", "fail_mode=secure")
	vsctl(t, "set", "port", "red-eth0", "external_ids:theirs=1", "other_config:a=b")
	vsctl(t, "set", "interface", "red-eth0", "external_ids:theirs=1", "ingress_policing_rate=5")
	before = dump(t)
	for name, p := range map[string]model.Plan{
		"attach":          made(blue),
		"detach":          gone(red),
		"gateway deleted": gone(gw),
		"vlan gateway":    gone(gw100),
		"nat changed":     changed(nat, model.NAT{Subnet: nat.Subnet, OutInterface: "eth0"}),
		"all deleted":     gone(all...),
		"switch alone":    gone(sw0),
		"uplink":          made(model.Uplink{Interface: "up0", Switch: "sw0"}),
	} {
		u := commit(t, c, p)
		if dump(t) == before {
			t.Errorf("%s: nothing was changed", name)
		}
		undo(t, u, before)
	}
	wantRecorded(t, observe(t, c, Scope{All: true}).Recorded, all...)
}

// manyPorts returns a switch with more than rows.FewRows attachments, whose devices it
// makes.
func manyPorts(t *testing.T) []model.Object {
	t.Helper()
	var names []string
	objects := []model.Object{sw0}
	for i := range 2 * rows.FewRows {
		a := attachment(fmt.Sprint("n", i), model.VLANs{Access: model.VID(100 + i%2*i)})
		names, objects = append(names, a.Port), append(objects, a)
	}
	veth(t, names...)
	return objects
}

// TestUndoOfManyRows: what is deleted comes back with all that anybody has set,
// also when there is too much of it to be read one by one.
func TestUndoOfManyRows(t *testing.T) {
	c := dialHost(t)
	objects := manyPorts(t)
	commit(t, c, made(objects...))
	vsctl(t, "set", "port", "n1-eth0", "external_ids:theirs=1", "other_config:a=b", "trunks=5,6", "protected=true", "bond_updelay=7")
	vsctl(t, "set", "interface", "n2-eth0", "external_ids:theirs=1", "options:x=y", "ingress_policing_rate=5", "mtu_request=1400")
	vsctl(t, "add-port", "sw0", "theirs", "--", "set", "interface", "theirs", "type=internal", "mac=\"02:00:00:00:00:09\"")
	before := dump(t)
	undo(t, commit(t, c, gone(objects[1:]...)), before)
	vsctl(t, "del-port", "sw0", "theirs")
	for _, meanwhile := range [][]string{
		nil, // of n2's interface more must be read
		{"remove", "interface", "n2-eth0", "external_ids", "theirs"},
		nil, // all is as it was seen
		{"set", "port", "n3-eth0", "external_ids:theirs=3"},
		{"set", "port", "n4-eth0", "tag=7", "other_config:a=b"},
		{"set", "interface", "n5-eth0", "external_ids:theirs=5"},
	} {
		seen := observe(t, c, Scope{All: true})
		if meanwhile != nil {
			vsctl(t, meanwhile...)
		}
		before = dump(t)
		u, err := c.Commit(patient(t), seen, gone(objects...))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(strings.Fields(vsctl(t, "list-br"))); n != 0 {
			t.Errorf("there are %d switches", n)
		}
		undo(t, u, before)
	}
}

// TestManyPortsAreNotRead: of ports that are as they were seen nothing but the
// unusual is read again, and their interfaces are read at once.
func TestManyPortsAreNotRead(t *testing.T) {
	c := dialHost(t)
	objects := manyPorts(t)
	commit(t, c, made(objects...))
	e, err := editsOf(gone(objects...))
	if err != nil {
		t.Fatal(err)
	}
	l := observe(t, c, Scope{All: true}).layout(e)
	if l == nil {
		t.Fatal("it is to be read anew")
	}
	tx, err := build(c.tables, e, l)
	if err != nil {
		t.Fatal(err)
	}
	ops := tx.operations()
	if !tx.AsSeen() {
		t.Fatal("the ports are to be read")
	}
	ops = slices.DeleteFunc(ops, func(op ovsdb.Operation) bool { return op.Op != ovsdb.OperationSelect && op.Op != ovsdb.OperationWait })
	results, err := c.transact(patient(t), ops)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]int{}
	for i, r := range results {
		read[ops[i].Table] += len(r.Rows)
	}
	n := len(objects) // the switch's own port included
	if read[schema.PortTable] > 2 || read[schema.InterfaceTable] < n || read[schema.InterfaceTable] > n+2 {
		t.Errorf("of %d ports these rows are read: %v", n, read)
	}
}

// TestForeignPortIsNotSeen: a snapshot does not show the ports of others on a switch
// that goes, whether they were there before it or not.
func TestForeignPortIsNotSeen(t *testing.T) {
	c := dialHost(t)
	red := attachment("red", model.VLANs{})
	veth(t, red.Port)
	commit(t, c, made(sw0, red))
	early := observe(t, c, Scope{All: true})
	vsctl(t, "add-port", "sw0", "theirs", "--", "set", "interface", "theirs", "type=internal")
	before := dump(t)
	for name, seen := range map[string]*Snapshot{"later": early, "before": observe(t, c, Scope{All: true}), "unseen": nil} {
		_, err := c.Commit(patient(t), seen, gone(sw0, red))
		wantClass(t, err, model.ErrNotManaged)
		if !strings.Contains(fmt.Sprint(err), "switch sw0 has port theirs") || dump(t) != before {
			t.Errorf("%s: %v", name, err)
		}
	}
	vsctl(t, "del-port", "sw0", "theirs")
	commit(t, c, gone(sw0, red))
}

func TestGatewayOfTheSwitchItself(t *testing.T) {
	c := dialHost(t)
	gw := model.Gateway{Switch: "sw0", Interface: "sw0", Addresses: prefixes("172.16.10.254/24")}
	commit(t, c, made(sw0))
	before := dump(t)
	commit(t, c, made(gw))
	commit(t, c, made(sw0)) // does not take the gateway off
	wantRecorded(t, observe(t, c, Scope{}).Recorded, sw0, gw)
	commit(t, c, gone(gw))
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestDeviceIsMissing(t *testing.T) {
	c := dialHost(t)
	commit(t, c, made(sw0))
	before := dump(t)
	_, err := c.Commit(patient(t), nil, made(attachment("red", model.VLANs{})))
	wantClass(t, err, nil)
	if !strings.Contains(err.Error(), "red-eth0") || !strings.Contains(err.Error(), "No such device") {
		t.Errorf("message: %v", err)
	}
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// TestDeviceComesLate: a device may be made after the Submit, when ovs-vswitchd
// has looked for it already.
func TestDeviceComesLate(t *testing.T) {
	c := dialHost(t)
	commit(t, c, made(sw0))
	before := dump(t)
	undo, err := c.Submit(patient(t), nil, made(attachment("red", model.VLANs{})))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(patient(t)); err != nil {
		t.Fatal(err)
	}
	if err := undo.Await(patient(t)); err == nil || !strings.Contains(err.Error(), "red-eth0") {
		t.Errorf("the device is not there yet: %v", err)
	}
	veth(t, "red-eth0")
	if err := undo.Await(patient(t)); err != nil {
		t.Errorf("the device is there: %v", err)
	}
	if err := undo.Run(patient(t)); err != nil {
		t.Error(err)
	}
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestDaemonHangs(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0")
	commit(t, c, made(sw0))
	before := dump(t)
	signal(t, syscall.SIGSTOP)
	t.Cleanup(func() { signal(t, syscall.SIGCONT) })
	inTime(t, 800*time.Millisecond, func(ctx context.Context) error {
		_, err := c.Commit(ctx, nil, made(attachment("red", model.VLANs{})))
		wantClass(t, err, model.ErrNotReady)
		return ctx.Err()
	})
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	commit(t, c, made(model.Namespace{Name: "red"})) // needs no ovs-vswitchd
	signal(t, syscall.SIGCONT)
	commit(t, c, made(attachment("red", model.VLANs{})))
}

func TestSubmitDoesNotWait(t *testing.T) {
	c := dialHost(t)
	commit(t, c, made(sw0))
	before := dump(t)
	signal(t, syscall.SIGSTOP)
	t.Cleanup(func() { signal(t, syscall.SIGCONT) })
	u, err := c.Submit(patient(t), nil, gone(sw0))
	if err != nil {
		t.Fatal(err)
	}
	wantRecorded(t, observe(t, c, Scope{All: true}).Recorded)
	undo(t, u, before)
}

func TestInterrupted(t *testing.T) {
	c := dialHost(t)
	before := dump(t)
	signal(t, syscall.SIGSTOP)
	t.Cleanup(func() { signal(t, syscall.SIGCONT) })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := c.Commit(ctx, nil, made(sw0))
		done <- err
	}()
	watcher := dialAt(t, "")
	if err := waitUntil("the rows are written", func() bool { return observe(t, watcher, Scope{}).Recorded.Len() > 0 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	err := <-done
	wantClass(t, err, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestDamagedRowIsReported(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0")
	commit(t, c, made(sw0, attachment("red", model.VLANs{})))
	vsctl(t, "set", "port", "red-eth0", "external_ids:ovsns-vlan=9999")
	vsctl(t, "set", "Open_vSwitch", ".", "external_ids:ovsns-nat/x=eth0")
	n, err := c.Observe(patient(t), Scope{All: true})
	if err != nil || len(n.Unreadable) != 2 {
		t.Fatalf("unreadable %v, %v", n, err)
	}
	wantRecorded(t, n.Recorded, sw0)
}

func signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := vswitchd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func TestDaemonIsAbsent(t *testing.T) {
	dir := t.TempDir()
	server, err := startServer(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	socket := "unix:" + filepath.Join(dir, "db.sock")
	c := dialAt(t, socket)
	_, err = c.Observe(patient(t), Scope{})
	wantClass(t, err, model.ErrNotReady) // never initialised
	vsctl(t, "--db="+socket, "--no-wait", "init")
	wantClass(t, c.CheckDaemon(patient(t)), model.ErrNotReady)
	start := time.Now()
	_, err = c.Commit(patient(t), nil, made(sw0))
	wantClass(t, err, model.ErrNotReady)
	if time.Since(start) > 30*time.Second {
		t.Errorf("it took %v to see that", time.Since(start))
	}
	wantRecorded(t, observe(t, c, Scope{}).Recorded)
}

func TestNotManaged(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0")
	vsctl(t, "add-br", "sw0", "--", "set", "bridge", "sw0", "datapath_type=netdev")
	before := dump(t)
	for name, p := range map[string]model.Plan{
		"create": made(sw0), "delete": gone(sw0), "attach": made(attachment("red", model.VLANs{})),
		"gateway": made(model.Gateway{Switch: "sw0", Interface: "sw0"}),
	} {
		if _, err := c.Commit(patient(t), nil, p); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wantClass(t, err, model.ErrNotManaged)
		}
	}
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	n := observe(t, c, Scope{Names: []string{"sw0"}, Status: true})
	if n.Taken["sw0"] != (Row{"Bridge", false}) || len(n.Ports) != 0 || n.Recorded.Len() != 0 {
		t.Errorf("snapshot %+v", n)
	}
}

func TestForeignPort(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0")
	commit(t, c, made(sw0))
	vsctl(t, "add-port", "sw0", "red-eth0")
	before := dump(t)
	red := attachment("red", model.VLANs{})
	for _, p := range []model.Plan{made(red), gone(red), gone(sw0)} {
		_, err := c.Commit(patient(t), nil, p)
		wantClass(t, err, model.ErrNotManaged)
	}
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	vsctl(t, "del-port", "sw0", "red-eth0")
	commit(t, c, gone(sw0))
	_, err := c.Commit(patient(t), nil, made(red))
	wantClass(t, err, model.ErrNotFound) // no switch
}

func TestPortOfAnother(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0")
	red := attachment("red", model.VLANs{})
	commit(t, c, made(sw0, red))
	thief := attachment("blue", model.VLANs{})
	thief.Port = "red-eth0"
	_, err := c.Commit(patient(t), nil, made(thief))
	wantClass(t, err, model.ErrConflict)
	commit(t, c, append(gone(red), made(thief)...))
	wantRecorded(t, observe(t, c, Scope{All: true}).Recorded, sw0, thief)
}

func TestDrift(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0")
	red := attachment("red", model.VLANs{Access: 100})
	commit(t, c, made(sw0, red))
	for _, change := range [][]string{
		{"set", "port", "red-eth0", "tag=200"},
		{"clear", "port", "red-eth0", "vlan_mode"},
		{"set", "port", "red-eth0", "trunks=5"},
		{"set", "port", "red-eth0", "vlan_mode=native-tagged"},
	} {
		vsctl(t, change...)
		n := observe(t, c, Scope{All: true})
		if !n.Drifted["red-eth0"] || n.Drifted["sw0"] {
			t.Errorf("%v: drifted %v, VLANs %v", change, n.Drifted, n.VLANs)
		}
		commit(t, c, made(red))
		if n := observe(t, c, Scope{All: true}); len(n.Drifted) > 0 || !n.VLANs["red-eth0"].Equal(red.VLANs) {
			t.Errorf("%v: not repaired: %+v", change, n)
		}
	}
}

func TestConcurrentCommits(t *testing.T) {
	c := dialHost(t)
	const count = 20
	var wg sync.WaitGroup
	errs := make(chan error, 2*count)
	for i := range count {
		name := "ns" + string(rune('a'+i))
		veth(t, name+"-eth0")
		other := dialAt(t, "")
		wg.Go(func() {
			_, err := other.Commit(patient(t), nil, made(sw0))
			errs <- err
			_, err = other.Commit(patient(t), nil, made(attachment(name, model.VLANs{Access: model.VID(i + 1)}), model.Namespace{Name: name}))
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	n := observe(t, c, Scope{All: true, Status: true})
	if got := len(model.All[model.Attachment](n.Recorded)); got != count {
		t.Errorf("%d attachments", got)
	}
}
