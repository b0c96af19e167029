package nsmgr

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Flows are connections by their two ends, whoever began them.
type Flows struct {
	// Subnet holds the one end.
	Subnet netip.Prefix
	// Peer holds the other; the zero value is anywhere.
	Peer netip.Prefix
}

// has reports whether a connection between these is one of them.
func (f Flows) has(a, b netip.Addr) bool {
	in := func(p netip.Prefix, addr netip.Addr) bool { return !p.IsValid() || p.Contains(addr) }
	return in(f.Subnet, a) && in(f.Peer, b) || in(f.Subnet, b) && in(f.Peer, a)
}

// ForgetFlows has the kernel of ns forget what it knows of connections
// (conntrack(8)), and returns how many there were. What it has decided on the
// first packet of a connection, NAT among it, holds for as long as packets
// come; forgotten, the next packet is treated as the rules say now. So this
// belongs after a change of the rules. [model.ErrNotReady] when the kernel
// cannot list connections.
func (h *Host) ForgetFlows(ctx context.Context, ns string, flows ...Flows) (int, error) {
	total := 0
	err := h.with(ns, func(c *conn) error {
		handle, err := c.conntrack()
		if err != nil {
			return classify(err, "cannot open a netlink socket in %s", where(ns))
		}
		defer handle.Close()
		for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
			if ctx.Err() != nil {
				return classify(ctx.Err(), "cannot forget the connections of %s", where(ns))
			}
			n, err := forgetFlows(handle, family, flows)
			total += n
			if err != nil {
				return flowsError(err, ns)
			}
		}
		return nil
	})
	return total, err
}

// conntrack opens a socket for the table of connections.
func (c *conn) conntrack() (handle *netlink.Handle, err error) {
	err = inside(c.fd, func() error {
		handle, err = netlink.NewHandle(unix.NETLINK_NETFILTER)
		return err
	})
	return handle, err
}

// rounds bounds how often the table is read: it changes while it is.
const rounds = 10

// forgetFlows deletes those of one address family.
func forgetFlows(handle *netlink.Handle, family int, flows []Flows) (total int, err error) {
	some := slices.DeleteFunc(slices.Clone(flows), func(f Flows) bool {
		return f.Subnet.Addr().Is4() != (family == unix.AF_INET)
	})
	if len(some) == 0 {
		return 0, nil
	}
	for range rounds {
		n, err := handle.ConntrackDeleteFilters(netlink.ConntrackTable, netlink.InetFamily(family), flowFilter(some))
		total += int(n)
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return total, err
		}
	}
	return total, netlink.ErrDumpInterrupted
}

// flowFilter is for [netlink.CustomConntrackFilter].
type flowFilter []Flows

// MatchConntrackFlow looks at the ends as they are without NAT: who began it, and
// who answers.
func (list flowFilter) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	return slices.ContainsFunc(list, func(f Flows) bool {
		from := toAddr(flow.Forward.SrcIP)
		return f.has(from, toAddr(flow.Reverse.SrcIP)) || f.has(from, toAddr(flow.Forward.DstIP))
	})
}

func flowsError(err error, ns string) error {
	if isAny(err, unix.EINVAL, unix.EOPNOTSUPP, unix.EPROTONOSUPPORT) {
		return model.NotReadyf("the kernel cannot list connections, so those of %s go on as before", where(ns)).
			WithHint("modprobe nf_conntrack_netlink").Because(err)
	}
	return classify(err, "cannot forget the connections of %s", where(ns))
}

var _ netlink.CustomConntrackFilter = flowFilter(nil)
