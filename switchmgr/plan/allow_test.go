package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestAllow(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), gateway(100, "2001:db8:1::1/64"), link("red", "host", "192.0.2.1/24", "192.0.2.2/24"))
	want(t, l.must(allow("sw0:100", "sw0")),
		"+ sysctl net/ipv4/ip_forward: value 1, before 0",
		"+ sysctl net/ipv6/conf/all/forwarding: value 1, before 0",
		"+ allow sw0,sw0:100: interface-a sw0, interface-b sw0.100")
	want(t, l.must(allow("sw0", "sw0:100")), "")
	want(t, l.must(allow("sw0", "red")), "+ allow red,sw0: interface-a red-eth0, interface-b sw0")
	want(t, l.must(deleteAllow("sw0", "sw0:100")),
		"- allow sw0,sw0:100: interface-a sw0, interface-b sw0.100",
		"- sysctl net/ipv6/conf/all/forwarding: value 1, before 0")
	// The segment goes, and with it what it was allowed.
	want(t, l.must(deleteLink("red", "host")),
		"- allow red,sw0: interface-a red-eth0, interface-b sw0",
		"- link host/red: host ifname red-eth0, host address 192.0.2.2/24, red ifname eth0, red address 192.0.2.1/24",
		"- sysctl net/ipv4/ip_forward: value 1, before 0")
}

func TestAllowRefuses(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), createNS("red"))
	tests := []struct {
		a, b          string
		class         error
		message, hint string
	}{
		{"sw0", "sw0", model.ErrInvalid, "always reaches itself", ""},
		{"sw0", "sw0:100", model.ErrNotFound, "sw0:100 has no gateway", "ovsns gateway set -s sw0 --vlan 100"},
		{"sw0", "red", model.ErrNotFound, "red is not linked to the host", "ovsns link add red host"},
		{"sw0", "sw9", model.ErrNotFound, `"sw9"`, ""},
		{"sw9:1", "sw0", model.ErrNotFound, `"sw9:1"`, ""},
		{"sw0", "sw0:0", model.ErrInvalid, "VLAN 0", ""},
		{"sw0", "sw0:4095", model.ErrInvalid, "VLAN 4095", ""},
		{"sw0", "sw0:abc", model.ErrInvalid, "abc", ""},
		{"sw0", "sw0:", model.ErrInvalid, "VLAN", ""},
		{"", "sw0", model.ErrNotFound, `""`, ""},
	}
	for _, tt := range tests {
		l.refused(tt.class, tt.message, tt.hint, allow(tt.a, tt.b))
	}
	l.refused(model.ErrNotFound, "not allowed", "", deleteAllow("sw0", "sw0:100"))
}
