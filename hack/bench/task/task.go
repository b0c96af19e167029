// Package task says what network every contestant of the benchmark makes.
//
//	n0000 ... n0009   n0010 ... n0019   ...      10.0.0.0/16 in all of them
//	    VLAN 100          VLAN 101
//	      +--------- sw0 ---------+
//
// Ten namespaces share a VLAN, so that a broadcast reaches as many whatever the
// size of the lab, and each has a neighbour to ping.
package task

import (
	"fmt"
	"net/netip"
	"strings"
)

// What all members have in common.
const (
	Switch       = "sw0"  // the one switch
	Ifname       = "eth0" // the interface in each namespace
	PrefixLength = 16     // of every address
	FirstVLAN    = 100
	PerVLAN      = 10 // namespaces in a VLAN
	Largest      = 20000
)

// Member is one namespace with its port on the switch.
type Member struct {
	Namespace string
	Port      string // the host's end of the veth
	VLAN      int
	Address   netip.Addr
}

// At returns the member of index i, which is below Largest.
func At(i int) Member {
	name := fmt.Sprintf("n%04d", i)
	return Member{
		Namespace: name,
		Port:      name + "-" + Ifname,
		VLAN:      FirstVLAN + i/PerVLAN,
		Address:   netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(i%250 + 1)}),
	}
}

// Lab is the task of n namespaces as ovsns's lab file.
func Lab(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nname: bench\nswitches:\n  %s: {datapath: netdev}\nnamespaces:\n", Switch)
	for i := range n {
		m := At(i)
		fmt.Fprintf(&b, "  %s: {interfaces: [{switch: %s, vlan: %d, ip: [%s/%d]}]}\n",
			m.Namespace, Switch, m.VLAN, m.Address, PrefixLength)
	}
	return b.String()
}
