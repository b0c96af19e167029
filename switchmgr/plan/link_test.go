package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// Walkthrough W3.
func TestLink(t *testing.T) {
	l := newLab(t)
	want(t, l.must(link("red", "blue", "192.0.2.1/24", "192.0.2.2/24")),
		"+ namespace blue", "+ namespace red",
		"+ link blue/red: blue ifname eth0, blue address 192.0.2.2/24, red ifname eth0, red address 192.0.2.1/24")
	want(t, l.must(link("red", "blue", "192.0.2.1/24", "192.0.2.2/24")), "")
	want(t, l.must(link("blue", "red", "192.0.2.2/24", "192.0.2.1/24")), "")
	want(t, l.must(link("blue", "red", "", "")), "")
	want(t, l.must(link("blue", "red", "192.0.2.5/24", "")), "~ link blue/red: blue address 192.0.2.2/24 -> 192.0.2.5/24")
	mac := model.MAC{0, 0, 0x5e, 0, 0x53, 0x11}
	want(t, l.must(func(e *plan.Editor) error { return e.AddLink(plan.LinkRequest{A: "blue", B: "red", MACB: mac}) }),
		"~ link blue/red: red mac none -> 00:00:5e:00:53:11")

	l.refused(model.ErrNotFound, "no link between red and green", "ovsns link list", deleteLink("red", "green"))
	want(t, l.must(deleteLink("blue", "red")), "- link blue/red: blue ifname eth0, blue address 192.0.2.5/24, "+
		"red ifname eth0, red address 192.0.2.1/24, red mac 00:00:5e:00:53:11")
	if !l.state.Has(model.NamespaceKey("red")) {
		t.Error("deleting the link took a namespace")
	}
}

// Walkthrough W2.
func TestLinksToTheHost(t *testing.T) {
	l := newLab(t)
	l.must(link("testns1", "host", "192.168.20.101/24", "192.168.20.102/24"), link("host", "testns2", "192.168.10.102/24", "192.168.10.101/24"))
	l.must(addRoute("testns1", "0.0.0.0/0", "192.168.20.102"), addNAT("192.168.20.0/24", ""))
	m1, _ := model.Get[model.Link](l.state, model.LinkKey("host", "testns1"))
	m2, _ := model.Get[model.Link](l.state, model.LinkKey("host", "testns2"))
	if m1.B.Ifname != "testns1-eth0" || m2.A.Ifname != "testns2-eth0" {
		t.Errorf("the host's ends are %s and %s", m1.B.Ifname, m2.A.Ifname)
	}
	want(t, l.must(link("host", "testns1", "192.168.20.102/24", "192.168.20.101/24")), "")
	want(t, l.must(allow("testns1", "testns2")), "+ allow testns1,testns2: interface-a testns1-eth0, interface-b testns2-eth0")
	l.must(deleteNS("testns1", "testns2"))
	want(t, l.must(destroyAll), "- nat 192.168.20.0/24", "- sysctl net/ipv4/ip_forward: value 1, before 0")
}

func TestLinkRefuses(t *testing.T) {
	l := newLab(t)
	l.host.Namespaces["docker"] = plan.TakenForeign
	l.refused(model.ErrInvalid, "two different ends", "", link("red", "red", "", ""))
	l.refused(model.ErrInvalid, "two different ends", "", link("host", "host", "", ""))
	l.refused(model.ErrInvalid, "namespace", "", link("red", "a/b", "", ""))
	l.refused(model.ErrNotManaged, "docker", "", link("red", "docker", "", ""))
	l.refused(model.ErrConflict, "both ends", "", link("red", "blue", "192.0.2.1/24", "192.0.2.1/24"))
}

func TestLinkTakesTheNextInterfaces(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), attach("red"))
	l.host.Inside["blue"] = map[string]plan.Interface{"eth0": {Owner: plan.TakenForeign}}
	l.must(link("red", "blue", "", ""), link("red", "host", "", ""))
	a, _ := model.Get[model.Link](l.state, model.LinkKey("red", "blue"))
	b, _ := model.Get[model.Link](l.state, model.LinkKey("red", "host"))
	if a.A.Ifname != "eth1" || a.B.Ifname != "eth1" || b.A.Ifname != "eth2" || b.B.Ifname != "red-eth2" {
		t.Errorf("got %+v and %+v", a, b)
	}
}

func TestDeleteLinkTakesRoutes(t *testing.T) {
	l := newLab(t)
	l.must(link("red", "blue", "192.0.2.1/24", "192.0.2.2/24"))
	l.must(addRoute("red", "10.0.0.0/8", "192.0.2.2"), addRoute("blue", "2001:db8::/32", "fe80::1"))
	l.must(deleteLink("red", "blue"))
	if list := model.All[model.Route](l.state); len(list) > 0 {
		t.Errorf("routes without an interface are left: %v", list)
	}
}

func TestUplink(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	want(t, l.must(uplink("eth1", "100,200")), "+ uplink eth1: switch sw0, trunk 100,200")
	want(t, l.must(uplink("eth1", "")), "")
	want(t, l.must(uplink("eth1", "100")), "~ uplink eth1: trunk 100,200 -> trunk 100")
	want(t, l.must(uplink("eth2", "")), "+ uplink eth2: switch sw0, untagged")
	for name, up := range map[string]bool{"eth1": true, "eth2": false} {
		if u, _ := model.Get[model.Uplink](l.state, model.UplinkKey(name)); u.WasUp != up {
			t.Errorf("%s is recorded as having been up: %v", name, u.WasUp)
		}
	}
	l.must(deleteUplink("eth2"))
	l.refused(model.ErrNotFound, "eth2 is not an uplink", "ovsns uplink list", deleteUplink("eth2"))
	l.must(createSwitch("sw1"))
	l.refused(model.ErrConflict, "eth1 is an uplink of switch sw0", "ovsns uplink delete eth1", func(e *plan.Editor) error {
		return e.AddUplink(plan.UplinkRequest{Interface: "eth1", Switch: "sw1"})
	})
}

// TestUplinkInUserspace wants the host's own stack kept off the wire, and the
// interface given back as it was.
func TestUplinkInUserspace(t *testing.T) {
	l := newLab(t)
	l.host.Auto = model.DatapathNetdev
	for name := range model.UplinkSettings("eth1") {
		l.host.Sysctls[name] = "0"
	}
	l.must(createSwitch("sw0"))
	want(t, l.must(uplink("eth1", "")),
		"+ sysctl net/ipv4/conf/eth1/arp_ignore: value 8, before 0",
		"+ sysctl net/ipv4/conf/eth1/rp_filter: value 1, before 0",
		"+ sysctl net/ipv6/conf/eth1/disable_ipv6: value 1, before 0",
		"+ uplink eth1: switch sw0, untagged")
	want(t, l.must(uplink("eth1", "")), "")
	l.must(deleteUplink("eth1"))
	for name := range model.UplinkSettings("eth1") {
		if l.host.Sysctls[name] != "0" {
			t.Errorf("%s was not put back", name)
		}
	}
}

func TestUplinkRefuses(t *testing.T) {
	l := newLab(t)
	l.refused(model.ErrNotFound, "no switch", "ovsns switch create", uplink("eth1", ""))
	l.must(createSwitch("sw0"), attach("red"))
	l.refused(model.ErrConflict, "eth0 has the address 198.51.100.7/24", "ip address del 198.51.100.7/24 dev eth0", uplink("eth0", ""))
	l.refused(model.ErrNotFound, "eth9", "", uplink("eth9", ""))
	l.refused(model.ErrInvalid, "reserved", "", uplink("lo", ""))
	l.host.Interfaces["red-eth0"] = plan.Interface{Owner: plan.TakenOurs}
	l.refused(model.ErrConflict, "part of the lab", "", uplink("red-eth0", ""))
	l.host.Interfaces["sw0"] = plan.Interface{Owner: plan.TakenForeign, Kind: "openvswitch"} // has no mark
	l.refused(model.ErrConflict, "part of the lab", "", uplink("sw0", ""))
	l.host.Taken["eth1"] = plan.TakenForeign
	l.refused(model.ErrNotManaged, "eth1", "", uplink("eth1", ""))
}
