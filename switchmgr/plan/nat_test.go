package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestNAT(t *testing.T) {
	l := newLab(t)
	want(t, l.must(addNAT("10.0.0.0/24", "")),
		"+ sysctl net/ipv4/ip_forward: value 1, before 0", "+ nat 10.0.0.0/24")
	want(t, l.must(addNAT("10.0.0.0/24", "")), "")
	l.refused(model.ErrInvalid, "is everything", "ovsns gateway list", addNAT("0.0.0.0/0", ""))
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
