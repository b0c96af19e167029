package main

import (
	"crypto/rand"
	"fmt"
	"net/netip"

	"github.com/ovsns/ovsns/hack/bench/task"
)

// member is one namespace with its port.
type member struct {
	task.Member
	mac    [6]byte
	netns  int // the namespace, open
	inside int // a socket in it
}

func newLab(n int) []member {
	lab := make([]member, n)
	for i := range lab {
		lab[i] = newMember(i)
	}
	return lab
}

func newMember(i int) member { return member{Member: task.At(i), mac: newMAC()} }

// newMAC returns a random unicast address of local administration.
func newMAC() (mac [6]byte) {
	_, _ = rand.Read(mac[:]) // never fails, its documentation says
	mac[0] = mac[0]&^1 | 2
	return mac
}

func (m member) macText() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m.mac[0], m.mac[1], m.mac[2], m.mac[3], m.mac[4], m.mac[5])
}

// alias marks both ends of the veth.
func (m member) alias() string { return "ovsns: " + m.Namespace + " " + task.Ifname }

func (m member) address() netip.Prefix { return netip.PrefixFrom(m.Address, task.PrefixLength) }
