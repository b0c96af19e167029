package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

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
