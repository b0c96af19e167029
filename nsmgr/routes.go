package nsmgr

import (
	"cmp"
	"context"
	"errors"
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
		names[l.Index] = l.Name
	}
	return c.routesAlong(ctx, names)
}

// routesAlong lists the routes; names are those of the interfaces, by index.
func (c *conn) routesAlong(ctx context.Context, names map[int]string) ([]Route, error) {
	return dump(ctx, func() ([]Route, error) {
		req := c.request(unix.RTM_GETROUTE, unix.NLM_F_DUMP)
		msg := &nl.RtMsg{}
		msg.Family = unix.AF_UNSPEC // IPv4 comes before IPv6
		msg.Table = unix.RT_TABLE_MAIN
		req.AddData(msg)
		var routes []Route
		err := c.ask(req, unix.RTM_NEWROUTE, func(m []byte) error {
			more, err := parseRoute(m, names)
			routes = append(routes, more...)
			return err
		})
		return routes, err
	})
}

// parseRoute reads a RTM_NEWROUTE message: one route per next hop.
func parseRoute(m []byte, names map[int]string) ([]Route, error) {
	msg := nl.DeserializeRtMsg(m)
	isIP := msg.Family == unix.AF_INET || msg.Family == unix.AF_INET6
	// Kernels before 4.20 tell of all tables, and of cached routes.
	if !isIP || msg.Type != unix.RTN_UNICAST || msg.Table != unix.RT_TABLE_MAIN || msg.Flags&unix.RTM_F_CLONED != 0 {
		return nil, nil
	}
	to := netip.IPv6Unspecified()
	if msg.Family == unix.AF_INET {
		to = netip.IPv4Unspecified()
	}
	one := Route{Protocol: netlink.RouteProtocol(msg.Protocol).String()}
	var hops []byte
	for kind, value := range attributes(m, unix.SizeofRtMsg) {
		switch kind {
		case unix.RTA_DST:
			to, _ = netip.AddrFromSlice(value)
		case unix.RTA_GATEWAY:
			one.Via, _ = netip.AddrFromSlice(value)
		case unix.RTA_OIF:
			one.Interface = names[int32In(value)]
		case unix.RTA_MULTIPATH:
			hops = value
		}
	}
	one.To = netip.PrefixFrom(to, int(msg.Dst_len))
	if hops == nil {
		return []Route{one}, nil
	}
	return parseHops(one, hops, names)
}

// parseHops returns a route by each of the next hops in a RTA_MULTIPATH.
func parseHops(one Route, hops []byte, names map[int]string) ([]Route, error) {
	var routes []Route
	for len(hops) >= unix.SizeofRtNexthop {
		hop := nl.DeserializeRtNexthop(hops)
		if int(hop.RtNexthop.Len) < unix.SizeofRtNexthop || int(hop.RtNexthop.Len) > len(hops) {
			return nil, unix.EBADMSG
		}
		one.Interface, one.Via = names[int(hop.Ifindex)], netip.Addr{}
		for kind, value := range attributes(hops[:hop.RtNexthop.Len], unix.SizeofRtNexthop) {
			if kind == unix.RTA_GATEWAY {
				one.Via, _ = netip.AddrFromSlice(value)
			}
		}
		routes = append(routes, one)
		hops = hops[hop.RtNexthop.Len:]
	}
	return routes, nil
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
	return c.send(req)
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
