package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

func TestNamespaces(t *testing.T) {
	l := newLab(t)
	want(t, l.must(createNS("red", "blue")), "+ namespace blue", "+ namespace red")
	want(t, l.must(createNS("red", "red")), "")
	l.refused(model.ErrNotFound, `"green"`, "ovsns ns create green", deleteNS("red", "green"))
	l.host.Namespaces["docker"] = plan.TakenForeign
	l.refused(model.ErrNotManaged, "docker", "", createNS("docker"))
	l.refused(model.ErrNotManaged, "docker", "", deleteNS("red", "docker"))
	want(t, l.must(deleteNS("red", "blue")), "- namespace red", "- namespace blue")
}

func TestDeleteNamespaceTakesWhatJoinsIt(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), attach("red"), attach("blue"))
	l.must(link("red", "host", "192.0.2.1/24", "192.0.2.2/24"), link("blue", "red", "203.0.113.1/24", "203.0.113.2/24"))
	l.must(addRoute("red", "10.9.0.0/16", "10.0.0.254"), addRoute("blue", "10.8.0.0/16", "203.0.113.2"),
		addRoute("blue", "10.7.0.0/16", "10.0.0.254"), allow("red", "sw0"))
	l.must(deleteNS("red"))
	for _, key := range []model.Key{
		model.NamespaceKey("red"), model.AttachmentKey("red", "eth0"), model.LinkKey("red", "host"), model.LinkKey("red", "blue"),
		model.RouteKey("red", cidrs("10.9.0.0/16")[0]), model.RouteKey("blue", cidrs("10.8.0.0/16")[0]),
		model.AllowKey(model.Host, model.Segment{Namespace: "red"}, model.Segment{Switch: "sw0"}), model.SysctlKey(model.Host, model.ForwardIPv4),
	} {
		if l.state.Has(key) {
			t.Errorf("%s is left", key)
		}
	}
	for _, key := range []model.Key{model.AttachmentKey("blue", "eth0"), model.RouteKey("blue", cidrs("10.7.0.0/16")[0])} {
		if !l.state.Has(key) {
			t.Errorf("%s is gone", key)
		}
	}
}

// Made, but not recorded: a command was cut off.
func TestDeleteUnrecordedNamespace(t *testing.T) {
	l := newLab(t)
	l.host.Namespaces["red"] = plan.TakenOurs
	e := plan.NewEditor(l.state, l.host)
	if err := e.DeleteNamespaces([]string{"red"}); err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan(model.NewState(model.Namespace{Name: "red"}))
	if err != nil {
		t.Fatal(err)
	}
	want(t, text(p), "- namespace red")
}

func TestAddresses(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), attach("red"), createNS("blue"))
	want(t, l.must(addAddr("red", "10.0.0.77/24", "")), "~ attachment red/eth0: address 10.0.0.1/24 -> 10.0.0.1/24 10.0.0.77/24")
	want(t, l.must(addAddr("red", "10.0.0.77/24", "eth0")), "")
	l.must(addAddr("red", "2001:db8::1/64", "")) // the gateway has no IPv6
	l.refused(model.ErrConflict, "outside the gateway's subnet", "--ip auto", addAddr("red", "10.1.0.1/24", ""))
	l.refused(model.ErrConflict, "twice", "", addAddr("red", "10.0.0.77/16", ""))
	l.refused(model.ErrNotFound, "no interface eth9", "", addAddr("red", "10.0.0.9/24", "eth9"))
	l.refused(model.ErrNotFound, "blue has no interface", "ovsns attach blue", addAddr("blue", "10.0.0.9/24", ""))
	l.refused(model.ErrNotFound, "green", "ovsns ns create green", addAddr("green", "10.0.0.9/24", ""))
	l.refused(model.ErrNotFound, "no address 10.0.0.9/24", "", deleteAddr("red", "10.0.0.9/24", ""))

	// With several interfaces adding needs a name; deleting finds it.
	l.must(link("red", "blue", "192.0.2.1/24", "192.0.2.2/24"))
	l.refused(model.ErrInvalid, "several interfaces", "--ifname eth0", addAddr("red", "192.0.2.3/24", ""))
	want(t, l.must(addAddr("red", "192.0.2.3/24", "eth1")), "~ link blue/red: red address 192.0.2.1/24 -> 192.0.2.1/24 192.0.2.3/24")
	want(t, l.must(deleteAddr("red", "192.0.2.1/24", "")), "~ link blue/red: red address 192.0.2.1/24 192.0.2.3/24 -> 192.0.2.3/24")
	want(t, l.must(addAddr("blue", "192.0.2.4/24", "")), "~ link blue/red: blue address 192.0.2.2/24 -> 192.0.2.2/24 192.0.2.4/24")
}

func TestDeleteAddressTakesItsRoutes(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24", "2001:db8::1/64"), attach("red"), addRoute("red", "192.168.137.0/24", "10.0.0.254"))
	want(t, l.must(deleteAddr("red", "10.0.0.1/24", "")),
		"- route red/192.168.137.0/24: via 10.0.0.254",
		"~ attachment red/eth0: address 10.0.0.1/24 2001:db8::2/64 -> 2001:db8::2/64, gateway 10.0.0.254 2001:db8::1 -> 2001:db8::1")
}

func TestRoutes(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), attach("red", "--gateway", "none"), createNS("blue"))
	want(t, l.must(addRoute("red", "192.168.137.0/24", "10.0.0.254")), "+ route red/192.168.137.0/24: via 10.0.0.254")
	want(t, l.must(addRoute("red", "192.168.137.0/24", "10.0.0.254")), "")
	want(t, l.must(addRoute("red", "192.168.137.0/24", "10.0.0.7")), "~ route red/192.168.137.0/24: via 10.0.0.254 -> 10.0.0.7")
	// A link-local next hop belongs to an interface.
	want(t, l.must(addRoute("red", "2001:db8::/32", "fe80::1")), "+ route red/2001:db8::/32: via fe80::1%eth0")
	want(t, l.must(addRoute("red", "2001:db8::/32", "fe80::1%eth0")), "")
	l.refused(model.ErrNotFound, "no interface eth7", "", addRoute("red", "2001:db8::/32", "fe80::1%eth7"))
	l.refused(model.ErrConflict, "no interface", "ovsns attach blue", addRoute("blue", "2001:db8::/32", "fe80::1"))
	tests := []struct {
		namespace, to, via string
		class              error
		message, hint      string
	}{
		{"red", "10.9.0.0/16", "10.1.0.1", model.ErrConflict, "no address in the subnet of the next hop 10.1.0.1", "ovsns route list red"},
		{"red", "10.9.0.0/16", "169.254.1.1", model.ErrConflict, "no address in the subnet", "ovsns route list red"},
		{"red", "10.9.0.0/16", "10.0.0.1", model.ErrInvalid, "itself", ""},
		{"red", "10.9.0.0/16", "2001:db8::1", model.ErrInvalid, "family", ""},
		{"blue", "10.9.0.0/16", "10.0.0.254", model.ErrConflict, "no address", "ovsns route list blue"},
		{"green", "10.9.0.0/16", "10.0.0.254", model.ErrNotFound, "green", "ovsns ns create green"},
	}
	for _, tt := range tests {
		l.refused(tt.class, tt.message, tt.hint, addRoute(tt.namespace, tt.to, tt.via))
	}
	l.refused(model.ErrNotFound, "via 10.0.0.254", "ovsns route list red", deleteRoute("red", "192.168.137.0/24", "10.0.0.254"))
	want(t, l.must(deleteRoute("red", "192.168.137.0/24", "10.0.0.7")), "- route red/192.168.137.0/24: via 10.0.0.7")
	l.must(attach("red", "--ifname", "eth1", "--vlan", "7", "--ip", "10.7.0.1/24"))
	l.refused(model.ErrInvalid, "several interfaces", "via fe80::2%eth0", addRoute("red", "2001:db8:2::/48", "fe80::2"))
	want(t, l.must(addRoute("red", "2001:db8:2::/48", "fe80::2%eth1")), "+ route red/2001:db8:2::/48: via fe80::2%eth1")
	l.refused(model.ErrNotFound, "via fe80::2%eth0", "ovsns route list red", deleteRoute("red", "2001:db8:2::/48", "fe80::2%eth0"))
	want(t, l.must(deleteRoute("red", "2001:db8::/32", "fe80::1")), "- route red/2001:db8::/32: via fe80::1%eth0")
	want(t, l.must(detach("red", "", "eth1")), "- route red/2001:db8:2::/48: via fe80::2%eth1",
		"- attachment red/eth1: switch sw0, port red-eth1, vlan 7, address 10.7.0.1/24")
}

// The default route of an attachment is the one that `route add` changes.
func TestDefaultRoute(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), attach("red"), attach("red", "--ifname", "eth1", "--vlan", "7", "--ip", "10.7.0.1/24"))
	want(t, l.must(addRoute("red", "0.0.0.0/0", "10.0.0.254")), "")
	want(t, l.must(addRoute("red", "0.0.0.0/0", "10.0.0.9")), "~ attachment red/eth0: gateway 10.0.0.254 -> 10.0.0.9")
	// A next hop behind another interface replaces it.
	want(t, l.must(addRoute("red", "0.0.0.0/0", "10.7.0.9")),
		"~ attachment red/eth0: gateway 10.0.0.9 -> none", "+ route red/0.0.0.0/0: via 10.7.0.9")
	want(t, l.must(attach("red", "--ifname", "eth0")), "")
	want(t, l.must(attach("red", "--ifname", "eth0", "--gateway", "10.0.0.254")),
		"- route red/0.0.0.0/0: via 10.7.0.9", "~ attachment red/eth0: gateway none -> 10.0.0.254")
	want(t, l.must(deleteRoute("red", "0.0.0.0/0", "10.0.0.254")), "~ attachment red/eth0: gateway 10.0.0.254 -> none")
}
