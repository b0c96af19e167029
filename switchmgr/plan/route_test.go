package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

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
