package nsmgr

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Route is a unicast route of the main table, or one next hop of it.
type Route struct {
	To  netip.Prefix // 0.0.0.0/0 or ::/0 is the default route
	Via netip.Addr   // not valid: directly on the interface
	// Interface may be "" when Via says it.
	Interface string
	// Protocol says who made it, as `ip route` does: "kernel", "ra", "boot",
	// "static" ... Routes made with [Host.ReplaceRoute] are "static".
	Protocol string
}

// Routes lists the unicast routes of the main table, IPv4 before IPv6, as `ip
// route` and `ip -6 route` do.
func (h *Host) Routes(ctx context.Context, ns string) ([]Route, error) {
	var routes []Route
	err := h.with(ns, func(c *conn) (err error) {
		routes, err = c.routes(ctx)
		return classify(err, "cannot list the routes of %s", where(ns))
	})
	return routes, err
}

func (c *conn) routes(ctx context.Context) ([]Route, error) {
	links, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	names := map[int]string{}
	for _, l := range links {
		names[l.Attrs().Index] = l.Attrs().Name
	}
	handle, err := c.reader()
	if err != nil {
		return nil, err
	}
	var routes []Route
	for _, family := range []int{nl.FAMILY_V4, nl.FAMILY_V6} {
		list, err := dump(ctx, func() ([]netlink.Route, error) {
			main := &netlink.Route{Table: unix.RT_TABLE_MAIN, Type: unix.RTN_UNICAST}
			return handle.RouteListFiltered(family, main, netlink.RT_FILTER_TABLE)
		})
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			routes = append(routes, toRoutes(r, family, names)...)
		}
	}
	return routes, nil
}

// toRoutes returns one route per next hop.
func toRoutes(r netlink.Route, family int, names map[int]string) []Route {
	if r.Type != unix.RTN_UNICAST {
		return nil
	}
	one := Route{To: toPrefix(r.Dst, family), Protocol: r.Protocol.String()}
	hops := r.MultiPath
	if len(hops) == 0 {
		hops = []*netlink.NexthopInfo{{LinkIndex: r.LinkIndex, Gw: r.Gw}}
	}
	var routes []Route
	for _, hop := range hops {
		one.Interface = names[hop.LinkIndex]
		via, _ := netip.AddrFromSlice(hop.Gw)
		one.Via = via.Unmap()
		routes = append(routes, one)
	}
	return routes
}

func toPrefix(n *net.IPNet, family int) netip.Prefix {
	if n == nil {
		if family == nl.FAMILY_V4 {
			return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		}
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	a, _ := netip.AddrFromSlice(n.IP)
	if family == nl.FAMILY_V4 {
		a = a.Unmap()
	}
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(a, bits)
}

// ReplaceRoute makes the route, or changes its next hop. A route that the
// kernel made for an address is never replaced: [model.ErrConflict], as when
// the next hop is not on a connected subnet. [model.ErrNotFound] when there is
// no such interface.
func (h *Host) ReplaceRoute(ctx context.Context, ns string, r Route) error {
	if err := checkRoute(r); err != nil {
		return err
	}
	return h.with(ns, func(c *conn) error {
		index, err := c.routeIndex(ns, r)
		if err != nil {
			return err
		}
		err = c.route(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, index, r)
		if errors.Is(err, unix.EEXIST) {
			if err := c.checkReplace(ctx, ns, r); err != nil {
				return err
			}
			err = c.route(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, index, r)
		}
		if isAny(err, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ENETDOWN) {
			return model.Conflictf("next hop %s of the route to %s is not on a connected subnet of %s", r.Via, r.To, where(ns)).Because(err)
		}
		return classify(err, "cannot set the route to %s in %s", r.To, where(ns))
	})
}

// DeleteRoute removes a route, whoever made it. Absent is no error. Via and
// Interface, where they are given, must be those of the route.
func (h *Host) DeleteRoute(ctx context.Context, ns string, r Route) error {
	if !r.To.IsValid() {
		return model.Invalidf("no valid destination for a route in %s", where(ns))
	}
	if ctx.Err() != nil {
		return classify(ctx.Err(), "cannot delete the route to %s in %s", r.To, where(ns))
	}
	return h.with(ns, func(c *conn) error {
		index, err := c.routeIndex(ns, r)
		if errors.Is(err, model.ErrNotFound) {
			return nil
		}
		if err == nil {
			err = c.route(unix.RTM_DELROUTE, 0, index, r)
		}
		if isAny(err, unix.ESRCH, unix.ENODEV, unix.ENOENT) {
			return nil
		}
		return classify(err, "cannot delete the route to %s in %s", r.To, where(ns))
	})
}

func checkRoute(r Route) error {
	switch {
	case !r.To.IsValid() || r.To != r.To.Masked():
		return model.Invalidf("%s is not the destination of a route", r.To)
	case !r.Via.IsValid() && r.Interface == "":
		return model.Invalidf("the route to %s has neither next hop nor interface", r.To)
	case r.Via.IsValid() && r.Via.Is4() != r.To.Addr().Is4():
		return model.Invalidf("route to %s cannot go via %s: not the same address family", r.To, r.Via)
	}
	return nil
}

func (c *conn) routeIndex(ns string, r Route) (int, error) {
	if r.Interface == "" {
		return 0, nil
	}
	return c.mustIndex(ns, r.Interface)
}

// checkReplace refuses to replace what the kernel made for an address.
func (c *conn) checkReplace(ctx context.Context, ns string, r Route) error {
	routes, err := c.routes(ctx)
	if err != nil {
		return classify(err, "cannot list the routes of %s", where(ns))
	}
	connected := slices.ContainsFunc(routes, func(q Route) bool {
		return q.To == r.To && q.Protocol == "kernel" && q.To.Addr().Is4() // IPv6's differ in metric
	})
	if connected {
		return model.Conflictf("%s is directly connected in %s", r.To, where(ns))
	}
	return nil
}

// route adds or deletes one route of the main table.
func (c *conn) route(kind, flags, index int, r Route) error {
	msg := nl.NewRtMsg()
	if kind == unix.RTM_DELROUTE {
		msg = nl.NewRtDelMsg() // any protocol, any scope
	} else {
		msg.Protocol = protocolNumber(cmp.Or(r.Protocol, "static"))
	}
	msg.Table = unix.RT_TABLE_MAIN
	msg.Family = nl.FAMILY_V6
	if r.To.Addr().Is4() {
		msg.Family = nl.FAMILY_V4
	}
	if kind == unix.RTM_NEWROUTE && !r.Via.IsValid() {
		msg.Scope = unix.RT_SCOPE_LINK
	}
	msg.Dst_len = uint8(r.To.Bits())
	req := c.request(kind, flags|unix.NLM_F_ACK)
	req.AddData(msg)
	if r.To.Bits() > 0 {
		req.AddData(nl.NewRtAttr(unix.RTA_DST, r.To.Addr().AsSlice()))
	}
	if r.Via.IsValid() {
		req.AddData(nl.NewRtAttr(unix.RTA_GATEWAY, r.Via.AsSlice()))
	}
	if index != 0 {
		req.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(index))))
	}
	return send(req)
}

// protocolNumber reads the names that netlink gives protocols; those that it
// does not know are static.
func protocolNumber(name string) uint8 {
	for p := range 256 {
		if netlink.RouteProtocol(p).String() == name {
			return uint8(p)
		}
	}
	return unix.RTPROT_STATIC
}
