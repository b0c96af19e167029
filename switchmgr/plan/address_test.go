package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

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

func TestOverlapIsRefused(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), gateway(100, "192.168.0.254/24", "2001:db8:1::1/64"))
	l.must(link("red", "host", "192.0.2.1/24", "192.0.2.2/24"))
	tests := []struct {
		name, message string
		edit          edit
	}{
		{"another VLAN", "overlaps 192.168.0.0/24 of sw0.100", gateway(200, "192.168.0.254/24")},
		{"a part of it", "overlaps 192.168.0.0/24 of sw0.100", gateway(200, "192.168.0.129/25")},
		{"around it", "overlaps 192.168.0.0/24 of sw0.100", gateway(200, "192.168.9.1/16")},
		{"IPv6", "overlaps 2001:db8:1::/64 of sw0.100", gateway(200, "2001:db8:1::2/64")},
		{"the second of two", "overlaps 192.168.0.0/24 of sw0.100", gateway(200, "10.0.0.1/24", "192.168.0.1/24")},
		{"another switch", "overlaps 192.168.0.0/24 of sw0.100", createSwitch("sw1", "192.168.0.254/24")},
		{"the host's NIC", "overlaps 198.51.100.0/24 of eth0", gateway(200, "198.51.100.1/24")},
		{"the host's NIC, IPv6", "overlaps 2001:db8:ffff::/64 of eth0", gateway(200, "2001:db8:ffff::1/64")},
		{"a link to the host", "overlaps 192.0.2.0/24 of red-eth0", gateway(200, "192.0.2.254/24")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			l.refused(model.ErrConflict, tt.message, "--vrf", tt.edit)
		})
	}
	linkTests := []struct {
		name, message string
		edit          edit
	}{
		{"a link on a gateway", "overlaps 192.168.0.0/24 of sw0.100", link("blue", "host", "192.168.0.5/24", "192.168.0.6/24")},
		{"a link on a link", "overlaps 192.0.2.0/24 of red-eth0", link("blue", "host", "192.0.2.5/24", "192.0.2.6/24")},
		{"by address", "overlaps 192.168.0.0/24 of sw0.100", func(e *plan.Editor) error {
			return e.AddLink(plan.LinkRequest{A: "host", B: "red", IPA: cidrs("192.168.0.7/24")})
		}},
	}
	for _, tt := range linkTests {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			l.refused(model.ErrConflict, tt.message, "another subnet", tt.edit)
		})
	}
}

func TestOverlapIsJudgedByTheEnd(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), gateway(100, "10.1.0.254/24"), gateway(200, "10.2.0.254/24"))
	// Two gateways change places in one plan.
	l.must(gateway(100, "10.2.0.254/24"), gateway(200, "10.1.0.254/24"))
	// What the lab gave to an interface is not the host's own.
	l.host.Interfaces["sw0.100"] = plan.Interface{Owner: plan.TakenOurs, Addresses: cidrs("10.2.0.254/24")}
	l.must(gateway(100, "10.3.0.254/24"))
	l.must(gateway(200, "10.2.0.254/24"))
}
