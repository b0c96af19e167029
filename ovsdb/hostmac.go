package ovsdb

import (
	"crypto/sha256"

	"github.com/ovsns/ovsns/model"
)

// HostMAC returns the MAC of an interface that the host has on a switch. Left
// to itself ovs-vswitchd gives a bridge the lowest MAC of its ports and an
// internal port a random one, and the kernel a veth, so that a gateway's would
// change when a port comes or ovs-vswitchd restarts, and those who know it
// would lose it. It is the same for the life of this database, and another on
// the next host.
func (n *Snapshot) HostMAC(ifname string) model.MAC { return hostMAC(n.l.root, ifname) }

func hostMAC(root, ifname string) model.MAC {
	sum := sha256.Sum256([]byte(root + "\x00" + ifname))
	m := model.MAC(sum[:6])
	m[0] = m[0]&^1 | 2 // unicast, locally administered
	return m
}
