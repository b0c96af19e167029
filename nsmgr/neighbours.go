package nsmgr

import (
	"context"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Neighbour is an entry of the kernel's table of neighbours (arp(7), ip-neighbour(8)).
type Neighbour struct {
	Address   netip.Addr
	Interface string
	MAC       model.MAC // zero while nobody has answered
	// Unanswered says that the address was asked for, and nobody has answered
	// yet, or any more.
	Unanswered bool
}

// Neighbours lists what ns knows of its neighbours in both address families,
// as `ip neigh` does.
func (h *Host) Neighbours(ctx context.Context, ns string) ([]Neighbour, error) {
	var neighbours []Neighbour
	err := h.with(ns, func(c *conn) error {
		links, err := dump(ctx, c.handle.LinkList)
		if err != nil {
			return classify(err, "cannot list the interfaces of %s", where(ns))
		}
		names := map[int]string{}
		for _, l := range links {
			names[l.Attrs().Index] = l.Attrs().Name
		}
		list, err := c.neighbours(ctx)
		for _, n := range list {
			neighbours = append(neighbours, toNeighbour(n, names))
		}
		return classify(err, "cannot list the neighbours of %s", where(ns))
	})
	return neighbours, err
}

// ForgetNeighbours takes entries of these addresses out of the table, except
// those that somebody has put there for good. Absent is no error. The table
// has room for about 1000 entries of all namespaces together.
func (h *Host) ForgetNeighbours(ctx context.Context, ns string, addresses ...netip.Addr) error {
	return h.with(ns, func(c *conn) error {
		list, err := c.neighbours(ctx)
		if err != nil {
			return classify(err, "cannot list the neighbours of %s", where(ns))
		}
		for _, n := range list {
			if n.State == unix.NUD_PERMANENT || !slices.Contains(addresses, toAddr(n.IP)) {
				continue
			}
			err := c.handle.NeighDel(&netlink.Neigh{LinkIndex: n.LinkIndex, Family: n.Family, IP: n.IP})
			if err != nil && !isAny(err, unix.ENOENT, unix.ENODEV) {
				return classify(err, "cannot forget neighbour %s of %s", n.IP, where(ns))
			}
		}
		return nil
	})
}

// neighbours lists those that have, or may get, a hardware address.
func (c *conn) neighbours(ctx context.Context) ([]netlink.Neigh, error) {
	var all []netlink.Neigh
	for _, family := range []int{nl.FAMILY_V4, nl.FAMILY_V6} {
		list, err := dump(ctx, func() ([]netlink.Neigh, error) { return c.handle.NeighList(0, family) })
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return slices.DeleteFunc(all, func(n netlink.Neigh) bool { return n.State&unix.NUD_NOARP != 0 }), nil
}

func toNeighbour(n netlink.Neigh, names map[int]string) Neighbour {
	neighbour := Neighbour{
		Address: toAddr(n.IP), Interface: names[n.LinkIndex],
		Unanswered: n.State&(unix.NUD_INCOMPLETE|unix.NUD_FAILED) != 0,
	}
	if len(n.HardwareAddr) == len(neighbour.MAC) {
		neighbour.MAC = model.MAC(n.HardwareAddr)
	}
	return neighbour
}

func toAddr(ip []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}
