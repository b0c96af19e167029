package nsmgr

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// AddAddress gives an interface an address with its prefix length. An IPv6
// address is usable at once (IFA_F_NODAD): nobody else in the lab has it.
// Present is no error. [model.ErrNotFound] when there is no such interface,
// [model.ErrConflict] when it has the IPv6 address with another length.
func (h *Host) AddAddress(ctx context.Context, ns, ifname string, p netip.Prefix) error {
	if !p.IsValid() {
		return model.Invalidf("no valid address for %s in %s", ifname, where(ns))
	}
	return h.with(ns, func(c *conn) error {
		index, err := c.mustIndex(ns, ifname)
		if err != nil {
			return err
		}
		return c.addressOutcome(ctx, c.send(c.newAddress(index, p)), ns, ifname, index, p)
	})
}

// addressOutcome is what became of newAddress.
func (c *conn) addressOutcome(ctx context.Context, err error, ns, ifname string, index int, p netip.Prefix) error {
	if errors.Is(err, unix.EEXIST) {
		now, lerr := c.addresses(ctx, index)
		if lerr != nil || slices.Contains(now[index], p) || !p.Addr().Is6() {
			return classify(lerr, "cannot list the addresses of %s in %s", ifname, where(ns))
		}
	}
	return classify(err, "cannot add address %s to %s in %s", p, ifname, where(ns))
}

// DeleteAddress takes an address from an interface. Absent, also the
// interface, is no error. Other IPv4 addresses of the same subnet stay, which
// the kernel by itself would take along with the first of them.
func (h *Host) DeleteAddress(ctx context.Context, ns, ifname string, p netip.Prefix) error {
	return h.with(ns, func(c *conn) error {
		link, err := c.find(ifname)
		if link == nil || err != nil {
			return classify(err, "cannot look up %s in %s", ifname, where(ns))
		}
		before, err := c.addresses(ctx, link.Index)
		if err != nil {
			return classify(err, "cannot list the addresses of %s in %s", ifname, where(ns))
		}
		if !slices.Contains(before[link.Index], p) {
			return nil
		}
		err = c.send(c.addressRequest(unix.RTM_DELADDR, 0, link.Index, p))
		if err == nil {
			err = c.keepSecondaries(link.Index, before[link.Index], p)
		}
		if isAny(err, unix.EADDRNOTAVAIL, unix.ENODEV) {
			return nil
		}
		return classify(err, "cannot delete address %s of %s in %s", p, ifname, where(ns))
	})
}

// keepSecondaries adds again what the kernel deletes with the primary address
// p of an IPv4 subnet.
func (c *conn) keepSecondaries(index int, before []netip.Prefix, p netip.Prefix) error {
	if !p.Addr().Is4() {
		return nil
	}
	for _, q := range before {
		if q == p || q.Masked() != p.Masked() {
			continue
		}
		err := c.send(c.newAddress(index, q))
		if err != nil && !errors.Is(err, unix.EEXIST) {
			return err
		}
	}
	return nil
}

// newAddress is the request that adds one address.
func (c *conn) newAddress(index int, p netip.Prefix) *nl.NetlinkRequest {
	return c.addressRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, index, p)
}

// addressRequest is the request that adds or deletes one.
func (c *conn) addressRequest(kind, flags, index int, p netip.Prefix) *nl.NetlinkRequest {
	family := nl.FAMILY_V6
	if p.Addr().Is4() {
		family = nl.FAMILY_V4
	}
	req := c.request(kind, flags|unix.NLM_F_ACK)
	msg := nl.NewIfAddrmsg(family)
	msg.Index = uint32(index)
	msg.Prefixlen = uint8(p.Bits())
	if family == nl.FAMILY_V6 && kind == unix.RTM_NEWADDR {
		msg.IfAddrmsg.Flags = unix.IFA_F_NODAD
	}
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.IFA_LOCAL, p.Addr().AsSlice()))
	req.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, p.Addr().AsSlice()))
	return req
}

// addresses lists the addresses of global scope by the index of their
// interface; of all interfaces when index is 0.
func (c *conn) addresses(ctx context.Context, index int) (map[int][]netip.Prefix, error) {
	return dump(ctx, func() (map[int][]netip.Prefix, error) {
		req := c.request(unix.RTM_GETADDR, unix.NLM_F_DUMP)
		msg := nl.NewIfAddrmsg(unix.AF_UNSPEC)
		msg.Index = uint32(index)
		req.AddData(msg)
		found := map[int][]netip.Prefix{}
		err := c.ask(req, unix.RTM_NEWADDR, func(m []byte) error {
			if i, p, ok := parseAddress(m); ok {
				found[i] = append(found[i], p)
			}
			return nil
		})
		if errors.Is(err, unix.ENODEV) { // it went meanwhile
			return nil, nil
		}
		return found, err
	})
}

// parseAddress reads a RTM_NEWADDR message; not ok for other than global scope.
func parseAddress(m []byte) (index int, p netip.Prefix, ok bool) {
	msg := nl.DeserializeIfAddrmsg(m)
	if netlink.Scope(msg.Scope) >= netlink.SCOPE_LINK {
		return 0, p, false
	}
	var own netip.Addr
	for kind, value := range attributes(m, unix.SizeofIfAddrmsg) {
		// IFA_ADDRESS is the peer's where IFA_LOCAL is present too.
		if kind == unix.IFA_LOCAL || kind == unix.IFA_ADDRESS && !own.IsValid() {
			own, _ = netip.AddrFromSlice(value)
		}
	}
	return int(msg.Index), netip.PrefixFrom(own, int(msg.Prefixlen)), own.IsValid()
}
