package ovsdb

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

// foreignBridge makes what somebody else might have made, with a port of a
// VLAN without a vlan_mode.
func foreignBridge(t *testing.T) {
	t.Helper()
	veth(t, "p0")
	vsctl(t, "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "external_ids:theirs=1",
		"--", "add-port", "br0", "p0", "tag=100", "--", "set", "interface", "p0", "external_ids:theirs=2")
}

var adopted = []model.Object{
	model.Switch{Name: "br0", Datapath: model.DatapathNetdev},
	model.Namespace{Name: "red"},
	model.Attachment{Namespace: "red", Ifname: "eth0", Switch: "br0", VLANs: model.VLANs{Access: 100}, Port: "p0"},
}

func inventory(t *testing.T, c *Client) *Inventory {
	t.Helper()
	n, err := c.Inventory(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func listed(t *testing.T) string {
	t.Helper()
	return vsctl(t, "--columns=name,external_ids,datapath_type,ports", "list", "bridge") +
		vsctl(t, "--columns=_uuid,name,external_ids,tag,trunks,vlan_mode", "list", "port") +
		vsctl(t, "--columns=_uuid,name,external_ids,ofport", "list", "interface") +
		vsctl(t, "get", "open_vswitch", ".", "external_ids")
}

func TestAdopt(t *testing.T) {
	c := dialHost(t)
	foreignBridge(t)
	before := listed(t)
	n := inventory(t, c)
	if len(n.Bridges) != 1 || n.Bridges[0].Managed || len(n.Bridges[0].Ports) != 2 || n.Bridges[0].Ports[1].Tag != 100 {
		t.Fatalf("found %+v", n.Bridges)
	}
	undo, err := c.Adopt(patient(t), n, made(adopted...))
	if err != nil {
		t.Fatal(err)
	}
	snap := observe(t, c, Scope{All: true})
	wantRecorded(t, snap.Recorded, adopted...)
	if snap.Drifted["p0"] {
		t.Error("the port is not as ovsns would have made it")
	}
	if got := vsctl(t, "get", "port", "br0", "vlan_mode"); got != "[]" {
		t.Errorf("the vlan_mode of the switch's own port has become %s", got)
	}
	if got := vsctl(t, "get", "port", "p0", "vlan_mode", "tag"); got != "access\n100" {
		t.Errorf("the port is %q", got)
	}
	if got := vsctl(t, "get", "interface", "p0", "external_ids:theirs"); got != `"2"` {
		t.Errorf("a key of somebody else is %s", got)
	}
	if _, err := c.Adopt(patient(t), inventory(t, c), made(adopted...)); err != nil {
		t.Errorf("a second time: %v", err)
	}
	wantRecorded(t, observe(t, c, Scope{All: true}).Recorded, adopted...)
	if err := undo.Run(patient(t)); err != nil {
		t.Fatal(err)
	}
	if after := listed(t); after != before {
		t.Errorf("undone, the rows are\n%s\nand were\n%s", after, before)
	}
}

// TestAdoptGuards changes the rows between the inventory and Adopt.
func TestAdoptGuards(t *testing.T) {
	c := dialHost(t)
	foreignBridge(t)
	for _, change := range [][]string{
		{"set", "port", "p0", "tag=200"},
		{"set", "port", "p0", "vlan_mode=trunk"},
		{"set", "bridge", "br0", "external_ids:ovsns-owner=ovsns"},
		{"del-port", "p0"},
	} {
		n := inventory(t, c)
		vsctl(t, change...)
		before := listed(t)
		_, err := c.Adopt(patient(t), n, made(adopted...))
		wantClass(t, err, model.ErrConflict)
		if after := listed(t); after != before {
			t.Errorf("%v: the rows have changed:\n%s", change, after)
		}
		vsctl(t, "remove", "bridge", "br0", "external_ids", "ovsns-owner")
	}
	_, err := c.Adopt(patient(t), inventory(t, c), made(adopted...))
	wantClass(t, err, model.ErrConflict)
}
