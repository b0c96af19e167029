package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

func TestNAT(t *testing.T) {
	l := newLab(t)
	want(t, l.must(addNAT("10.0.0.0/24", "")),
		"+ sysctl net/ipv4/ip_forward: value 1, before 0", "+ nat 10.0.0.0/24")
	want(t, l.must(addNAT("10.0.0.0/24", "")), "")
	want(t, l.must(addNAT("10.0.0.0/24", "eth0")), "~ nat 10.0.0.0/24: out-interface none -> eth0")
	l.refused(model.ErrNotFound, "no interface eth9", "", addNAT("10.0.0.0/24", "eth9"))
	l.refused(model.ErrInvalid, "interface name", "", addNAT("10.0.0.0/24", "a b"))
	l.refused(model.ErrNotFound, "10.0.9.0/24 is not masqueraded", "", deleteNAT("10.0.9.0/24"))
	want(t, l.must(deleteNAT("10.0.0.0/24")),
		"- nat 10.0.0.0/24: out-interface eth0", "- sysctl net/ipv4/ip_forward: value 1, before 0")
}

// The way out may be an interface that is made by the same plan.
func TestNATByNewInterface(t *testing.T) {
	l := newLab(t)
	l.must(link("web", "host", "203.0.113.2/24", "203.0.113.1/24"), addNAT("10.0.0.0/24", "web-eth0"))
	l.must(createSwitch("sw0"), gateway(30, "10.30.0.254/24"), addNAT("10.1.0.0/24", "sw0.30"))
	l.refused(model.ErrNotFound, "no interface sw0.31", "", addNAT("10.2.0.0/24", "sw0.31"))
}

func TestForwardingStaysForTheLastUser(t *testing.T) {
	l := newLab(t)
	l.must(addNAT("10.0.0.0/24", ""), addNAT("10.0.1.0/24", ""), addNAT("2001:db8::/64", ""))
	want(t, l.must(deleteNAT("10.0.0.0/24")), "- nat 10.0.0.0/24")
	want(t, l.must(deleteNAT("2001:db8::/64")),
		"- nat 2001:db8::/64", "- sysctl net/ipv6/conf/all/forwarding: value 1, before 0")
	want(t, l.must(deleteNAT("10.0.1.0/24")),
		"- nat 10.0.1.0/24", "- sysctl net/ipv4/ip_forward: value 1, before 0")
	if l.host.Sysctls[model.ForwardIPv4] != "0" || l.host.Sysctls[model.ForwardIPv6] != "0" {
		t.Errorf("the host is left with %v", l.host.Sysctls)
	}
}

func TestForwardingThatWasOnIsNotOurs(t *testing.T) {
	l := newLab(t)
	l.host.Sysctls = map[string]string{model.ForwardIPv4: "1"} // and no IPv6 at all
	want(t, l.must(addNAT("10.0.0.0/24", ""), addNAT("2001:db8::/64", "")), "+ nat 10.0.0.0/24", "+ nat 2001:db8::/64")
	want(t, l.must(destroyAll), "- nat 2001:db8::/64", "- nat 10.0.0.0/24")
}

// What somebody switched off meanwhile is switched on again, and what it was
// at first is not forgotten.
func TestForwardingIsRepaired(t *testing.T) {
	l := newLab(t)
	l.must(addNAT("10.0.0.0/24", ""))
	l.host.Sysctls[model.ForwardIPv4] = "0"
	actual := l.state.Clone()
	actual.Remove(model.SysctlKey(model.Host, model.ForwardIPv4))
	e := plan.NewEditor(l.state, l.host)
	if err := addNAT("10.0.0.0/24", "")(e); err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan(actual)
	if err != nil {
		t.Fatal(err)
	}
	want(t, text(p), "+ sysctl net/ipv4/ip_forward: value 1, before 0")
}

// A forwarding host would lose the default route that it has from router
// advertisements.
func TestAcceptRAIsKept(t *testing.T) {
	l := newLab(t)
	l.host.RouterAdvertised = []string{"eth0", "eth2", "eth0"}
	l.host.Sysctls[model.AcceptRA("eth0")] = "1"
	l.host.Sysctls[model.AcceptRA("eth2")] = "2"
	want(t, l.must(addNAT("10.0.0.0/24", "")), "+ sysctl net/ipv4/ip_forward: value 1, before 0", "+ nat 10.0.0.0/24")
	want(t, l.must(addNAT("2001:db8::/64", "")),
		"+ sysctl net/ipv6/conf/all/forwarding: value 1, before 0",
		"+ sysctl net/ipv6/conf/eth0/accept_ra: value 2, before 1",
		"+ nat 2001:db8::/64")
	l.host.RouterAdvertised = nil // also when the route was lost meanwhile
	want(t, l.must(deleteNAT("2001:db8::/64")),
		"- nat 2001:db8::/64",
		"- sysctl net/ipv6/conf/eth0/accept_ra: value 2, before 1",
		"- sysctl net/ipv6/conf/all/forwarding: value 1, before 0")
}

func TestAcceptRAOfARouterIsNotOurs(t *testing.T) {
	l := newLab(t)
	l.host.Sysctls[model.ForwardIPv6] = "1"
	l.host.RouterAdvertised = []string{"eth0"}
	l.host.Sysctls[model.AcceptRA("eth0")] = "1"
	want(t, l.must(addNAT("2001:db8::/64", "")), "+ nat 2001:db8::/64")
}

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
