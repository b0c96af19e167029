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
