package ovsdb

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

// TestRelease: a port whose device somebody has deleted is opened again with a new
// one of the same name, which ovs-vswitchd would not see by itself.
func TestRelease(t *testing.T) {
	c := dialHost(t)
	remake := func() {
		for _, args := range [][]string{
			{"link", "del", "red-eth0"},
			{"link", "add", "red-eth0", "type", "veth", "peer", "name", "pred-eth0"},
		} {
			if err := run("ip", args...); err != nil {
				t.Fatal(err)
			}
		}
	}
	veth(t, "red-eth0")
	red := attachment("red", model.VLANs{Access: 100})
	gw := model.Gateway{Switch: "sw0", VLAN: 5, Interface: "sw0.5", Addresses: prefixes("10.5.0.1/24")}
	commit(t, c, made(sw0, red, gw))
	vsctl(t, "set", "interface", "red-eth0", "ofport_request=7", "--", "set", "interface", "sw0.5", "ofport_request=8")
	if err := c.Sync(patient(t)); err != nil {
		t.Fatal(err)
	}
	before, ids := dump(t), vsctl(t, "get", "port", "red-eth0", "_uuid", "interfaces")
	if err := run("ip", "link", "del", "sw0.5"); err != nil {
		t.Fatal(err)
	}
	remake()
	for name, seen := range map[string]*Snapshot{"seen": observe(t, c, Scope{All: true}), "unseen": nil} {
		u, err := c.Release(patient(t), seen, "red-eth0", "sw0.5", "nobody")
		if err != nil {
			t.Fatal(err)
		}
		checkColumns(t, "interface red-eth0 ofport=-1")
		n := observe(t, c, Scope{All: true})
		wantRecorded(t, n.Recorded, sw0, red, gw)
		if !n.Drifted["red-eth0"] || !n.Drifted["sw0.5"] || n.Drifted["sw0"] {
			t.Errorf("%s: drifted %v", name, n.Drifted)
		}
		undo(t, u, before)
	}
	if _, err := c.Release(patient(t), observe(t, c, Scope{All: true}), "red-eth0", "sw0.5"); err != nil {
		t.Fatal(err)
	}
	remake()
	commit(t, c, made(red, gw))
	checkColumns(t, "interface red-eth0 ofport=7 error=[]")
	checkColumns(t, "interface sw0.5 ofport=8 error=[]")
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if now := vsctl(t, "get", "port", "red-eth0", "_uuid", "interfaces"); now != ids {
		t.Errorf("the rows were %s, are %s", ids, now)
	}
	if err := run("ip", "link", "show", "sw0.5"); err != nil {
		t.Error(err)
	}
	vsctl(t, "add-br", "foreign", "--", "set", "bridge", "foreign", "datapath_type=netdev")
	_, err := c.Release(patient(t), nil, "foreign")
	wantClass(t, err, model.ErrNotManaged)
}
