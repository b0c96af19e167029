package nsmgr

import (
	"context"
	"net/netip"
	"slices"
	"time"

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
	// Age is how long it has been so, in steps of a hundredth of a second.
	Age time.Duration
}

// Neighbours lists what ns knows of its neighbours in both address families,
// as `ip neigh` does.
func (h *Host) Neighbours(ctx context.Context, ns string) ([]Neighbour, error) {
	var neighbours []Neighbour
	err := h.with(ns, func(c *conn) error {
		links, err := c.list(ctx)
		if err != nil {
			return classify(err, "cannot list the interfaces of %s", where(ns))
		}
		names := map[int]string{}
		for _, l := range links {
			names[l.Index] = l.Name
		}
		list, err := c.neighbours(ctx)
		for _, n := range list {
			neighbour := toNeighbour(n)
			neighbour.Interface = names[n.LinkIndex]
			neighbours = append(neighbours, neighbour)
		}
		return classify(err, "cannot list the neighbours of %s", where(ns))
	})
	return neighbours, err
}

// ForgetNeighbours takes out of the table what forget says, except what
// somebody has put there for good. The Interface of what it is shown is empty.
// An address that is needed again is asked for at once, which the kernel would
// repeat only after a second. The table has room for about 1000 entries of all
// namespaces together (gc_thresh3, arp(7)).
func (h *Host) ForgetNeighbours(ctx context.Context, ns string, forget func(Neighbour) bool) error {
	return h.with(ns, func(c *conn) error {
		list, err := c.neighbours(ctx)
		if err != nil {
			return classify(err, "cannot list the neighbours of %s", where(ns))
		}
		for _, n := range list {
			if n.State == unix.NUD_PERMANENT || !forget(toNeighbour(n)) {
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
	handle, err := c.reader()
	if err != nil {
		return nil, err
	}
	var all []netlink.Neigh
	for _, family := range []int{nl.FAMILY_V4, nl.FAMILY_V6} {
		list, err := dump(ctx, func() ([]netlink.Neigh, error) { return handle.NeighList(0, family) })
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return slices.DeleteFunc(all, func(n netlink.Neigh) bool { return n.State&unix.NUD_NOARP != 0 }), nil
}

// tick is that of the times in the table (USER_HZ, time(7)).
const tick = 10 * time.Millisecond

func toNeighbour(n netlink.Neigh) Neighbour {
	neighbour := Neighbour{
		Address:    toAddr(n.IP),
		Unanswered: n.State&(unix.NUD_INCOMPLETE|unix.NUD_FAILED) != 0,
		Age:        time.Duration(n.Updated) * tick,
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
