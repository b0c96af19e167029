package nsmgr

import (
	"context"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Found is a [Link] with what else matters to who takes over a host that
// somebody made by hand.
type Found struct {
	Link
	// Peer is the other end of a veth; nil for anything else, or when that end
	// is in none of the places that were inspected.
	Peer *Place
	// Master is the bridge, bond or VRF that it is a part of; "" for none.
	Master string
	// Stacked says that other interfaces of the namespace lie on it, such as
	// VLANs.
	Stacked bool
	// Fallback marks what the kernel makes by itself in each namespace: lo and
	// the tunnels that nobody has set up (tunl0, sit0 ...).
	Fallback bool
	// Dynamic lists those of Addresses that expire by themselves.
	Dynamic []netip.Prefix

	parent, nsid int // of IFLA_LINK and IFLA_LINK_NETNSID, -1 for this namespace
}

// Place is an interface in a namespace, "" for the host.
type Place struct{ Namespace, Name string }

// Inspection is what a namespace holds.
type Inspection struct {
	Links  []Found
	Routes []Route
	// SameAs is set when the namespace has been seen under another name
	// already ("the host" for the host): then Links and Routes are empty.
	SameAs string
}

// Inspect reads the host (under the name "") and namespaces, and finds out
// which veths join them. A namespace that vanishes meanwhile is
// [model.ErrNotFound].
func (h *Host) Inspect(ctx context.Context, names []string) (map[string]*Inspection, error) {
	found := map[string]*Inspection{}
	seen := map[nsID]string{}
	names = append([]string{""}, names...)
	for _, name := range names {
		in := &Inspection{}
		err := h.with(name, func(c *conn) error {
			if first, ok := seen[c.id]; ok {
				in.SameAs = where(first)
				return nil
			}
			seen[c.id] = name
			return c.inspect(ctx, in)
		})
		if err != nil {
			return nil, classify(err, "cannot inspect %s", where(name))
		}
		found[name] = in
	}
	for _, name := range names {
		if err := h.findPeers(name, names, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (c *conn) inspect(ctx context.Context, in *Inspection) error {
	links, err := c.list(ctx)
	if err != nil {
		return err
	}
	addresses, err := c.addresses(ctx, 0)
	if err != nil {
		return err
	}
	dynamic, err := c.dynamic(ctx)
	if err != nil {
		return err
	}
	for _, l := range links {
		f := toFound(l, links)
		f.Addresses = addresses[f.Index]
		for _, p := range f.Addresses {
			if slices.Contains(dynamic[f.Index], p) {
				f.Dynamic = append(f.Dynamic, p)
			}
		}
		in.Links = append(in.Links, f)
	}
	in.Routes, err = c.routes(ctx)
	return err
}

// dynamic lists the addresses that expire, by index of their interface.
func (c *conn) dynamic(ctx context.Context) (map[int][]netip.Prefix, error) {
	handle, err := c.reader()
	if err != nil {
		return nil, err
	}
	list, err := dump(ctx, func() ([]netlink.Addr, error) { return handle.AddrList(nil, netlink.FAMILY_ALL) })
	found := map[int][]netip.Prefix{}
	for _, a := range list {
		if a.Flags&unix.IFA_F_PERMANENT != 0 || a.IPNet == nil {
			continue
		}
		ip, _ := netip.AddrFromSlice(a.IP)
		bits, _ := a.Mask.Size()
		found[a.LinkIndex] = append(found[a.LinkIndex], netip.PrefixFrom(ip.Unmap(), bits))
	}
	return found, err
}

func toFound(l kernelLink, all []kernelLink) Found {
	f := Found{Link: l.Link, parent: l.parent, nsid: l.nsid}
	f.Fallback = l.Index == loIndex || !f.Up && fallback[l.Name] == f.Kind
	for _, other := range all {
		if l.master != 0 && other.Index == l.master {
			f.Master = other.Name
		}
		lies := other.parent == l.Index && other.nsid < 0 && other.Index != l.Index
		if lies && other.Kind != "veth" {
			f.Stacked = true
		}
	}
	return f
}

// fallback are the devices that modules of the kernel make in each namespace,
// with their kinds.
var fallback = map[string]string{
	"tunl0": "ipip", "sit0": "sit", "ip6tnl0": "ip6tnl", "gre0": "gre", "gretap0": "gretap",
	"erspan0": "erspan", "ip_vti0": "vti", "ip6_vti0": "vti6", "ip6gre0": "ip6gre",
}

// findPeers fills in Found.Peer for the veths of one namespace and, where it
// finds them, of their other ends.
func (h *Host) findPeers(name string, names []string, found map[string]*Inspection) error {
	var places map[int]string // by the numbers that this namespace has for others
	for i := range found[name].Links {
		f := &found[name].Links[i]
		if f.Kind != "veth" || f.Peer != nil {
			continue
		}
		place, known := name, f.nsid < 0
		if !known {
			if places == nil {
				var err error
				if places, err = h.neighbourhood(name, names); err != nil {
					return err
				}
			}
			place, known = places[f.nsid]
		}
		if !known {
			continue
		}
		for j := range found[place].Links {
			p := &found[place].Links[j]
			if p.Index == f.parent && p.parent == f.Index && p.Kind == "veth" {
				f.Peer, p.Peer = &Place{place, p.Name}, &Place{name, f.Name}
			}
		}
	}
	return nil
}

// neighbourhood asks by which numbers a namespace knows the others (see
// ip-netns(8), "list-id").
func (h *Host) neighbourhood(name string, names []string) (map[int]string, error) {
	places := map[int]string{}
	err := h.with(name, func(c *conn) error {
		for _, other := range names {
			err := h.with(other, func(o *conn) error {
				id, err := c.numberOf(o.fd)
				if _, taken := places[id]; err == nil && id >= 0 && !taken {
					places[id] = other
				}
				return err
			})
			if err != nil {
				return classify(err, "cannot find %s as seen from %s", where(other), where(name))
			}
		}
		return nil
	})
	return places, err
}

// MarkNamespace marks a namespace that somebody else has made as ovsns's own.
// The errors are those of [Host.Mark].
func (h *Host) MarkNamespace(ctx context.Context, name string) error {
	return h.Mark(ctx, name, "lo", mark)
}

// Mark gives an interface that somebody else has made an alias that begins
// with "ovsns"; nothing else of it changes. It is no error when it has that
// alias already. [model.ErrConflict] when it has another one, which may be
// somebody's own mark; [model.ErrNotFound] when there is no such interface.
func (h *Host) Mark(ctx context.Context, ns, ifname, alias string) error {
	l, found, err := h.FindLink(ctx, ns, ifname)
	switch {
	case err != nil:
		return err
	case !found:
		return model.NotFoundf("there is no interface %s in %s", ifname, where(ns))
	case l.Alias == alias:
		return nil
	case l.Alias != "":
		return model.Conflictf("interface %s in %s has the alias %q already", ifname, where(ns), l.Alias)
	}
	return h.SetLink(ctx, ns, ifname, LinkChange{Alias: &alias})
}

// Unmark takes the alias away from an interface, from that of a namespace when
// ifname is "lo". It is no error when the interface is gone or has no mark of
// ovsns.
func (h *Host) Unmark(ctx context.Context, ns, ifname string) error {
	l, found, err := h.FindLink(ctx, ns, ifname)
	if err != nil || !found || !l.Managed() {
		return err
	}
	return h.SetLink(ctx, ns, ifname, LinkChange{Alias: new("")})
}
