package reach

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// Network is what is known about a lab: enough to find the way that packets
// take through it. The zero value is empty.
type Network struct {
	// Places are the namespaces and the host ("host"), by name.
	Places map[string]*Place
	// Segments names the lab's segments by the host's interface in them; the
	// host does not forward from one to another.
	Segments map[string]string
	// Allowed are the pairs of interfaces that it does forward between.
	Allowed [][2]string
	// NAT lists what is masqueraded.
	NAT []model.NAT
	// Dropped holds subnets of NAT, and pairs "sw0 sw0.100", that another
	// program's firewall drops.
	Dropped []string
	// Forwards says whether the host forwards IPv4 and IPv6.
	Forwards4, Forwards6 bool
	// Daemon is what is wrong with ovs-vswitchd; "" when nothing is.
	Daemon string
}

// Place is a namespace or the host.
type Place struct {
	Name       string
	Interfaces []Interface
	Routes     []nsmgr.Route
	// Known says that the place was looked into; else Interfaces are those that
	// are recorded, and Routes are missing.
	Known bool
	// Silent are the neighbours that were asked for and have not answered.
	Silent []netip.Addr
}

// Interface is one of a place.
type Interface struct {
	Name      string
	Up        bool
	Addresses []netip.Prefix
	// Switch and VLANs are those of its port; "" when it is on no switch.
	Switch string
	VLANs  model.VLANs
	// Peer is the place at the other end of a cable, PeerInterface the
	// interface there; "" when it is no cable.
	Peer, PeerInterface string
	// Gone says that it is recorded, but not there any more.
	Gone bool
	// Problem says in which way it is not as it was made; "" when it is.
	Problem string
}

// spot is an interface at a place.
type spot struct {
	*Place
	*Interface
}

func (s spot) String() string { return s.Place.Name + "/" + s.Interface.Name }

// segment returns where its untagged frames are, and whether they are anywhere.
func (s spot) segment() (model.Segment, bool) {
	vlan, ok := s.VLANs.Untagged()
	return model.Segment{Switch: s.Switch, VLAN: vlan}, ok && s.Switch != ""
}

// meets reports whether frames from a reach b without a router.
func (s spot) meets(b spot) bool {
	if s.Peer != "" {
		return s.Peer == b.Place.Name && s.PeerInterface == b.Interface.Name
	}
	there, ok := b.segment()
	here, has := s.segment()
	return ok && has && here == there
}

// spots calls f for each interface until that returns false.
func (n *Network) spots(f func(spot) bool) {
	for _, name := range sortedNames(n.Places) {
		p := n.Places[name]
		for i := range p.Interfaces {
			if !f(spot{p, &p.Interfaces[i]}) {
				return
			}
		}
	}
}

func sortedNames(places map[string]*Place) []string {
	names := make([]string, 0, len(places))
	for name := range places {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// holders returns the interfaces that have an address, those at a place first.
func (n *Network) holders(a netip.Addr, first string) []spot {
	var list []spot
	n.spots(func(s spot) bool {
		if s.has(a) {
			list = append(list, s)
		}
		return true
	})
	slices.SortStableFunc(list, func(a, b spot) int {
		return boolToInt(b.Place.Name == first) - boolToInt(a.Place.Name == first)
	})
	return list
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// has reports whether the interface has an address.
func (i *Interface) has(a netip.Addr) bool {
	return slices.ContainsFunc(i.Addresses, func(p netip.Prefix) bool { return p.Addr() == a })
}

// source returns the address from which it would send to another, not valid
// when it has none of that family.
func (i *Interface) source(to netip.Addr) netip.Addr {
	var any netip.Addr
	for _, p := range i.Addresses {
		switch {
		case p.Addr().Is4() != to.Is4():
		case p.Contains(to):
			return p.Addr()
		case !any.IsValid():
			any = p.Addr()
		}
	}
	return any
}

// find returns an interface by name, nil when there is none.
func (p *Place) find(name string) *Interface {
	for i := range p.Interfaces {
		if p.Interfaces[i].Name == name {
			return &p.Interfaces[i]
		}
	}
	return nil
}

// own reports whether an address is one of the place's own.
func (p *Place) own(a netip.Addr) bool {
	return slices.ContainsFunc(p.Interfaces, func(i Interface) bool { return i.has(a) })
}

// route returns the route to an address, false when there is none.
func (p *Place) route(to netip.Addr) (nsmgr.Route, bool) {
	best, found := nsmgr.Route{}, false
	for _, r := range p.Routes {
		if r.To.Contains(to) && (!found || r.To.Bits() > best.To.Bits()) {
			best, found = r, true
		}
	}
	return best, found
}

// Addresses returns those of all interfaces.
func (p *Place) Addresses() []netip.Addr {
	var list []netip.Addr
	for _, i := range p.Interfaces {
		for _, prefix := range i.Addresses {
			list = append(list, prefix.Addr())
		}
	}
	return list
}

// broken says which interface of the lab in this place is gone or down; none
// when all are well.
func (p *Place) broken() Reason {
	for i := range p.Interfaces {
		s := spot{p, &p.Interfaces[i]}
		ofLab := s.Switch != "" || s.Peer != ""
		if ofLab || p.Name != model.HostEnd && len(s.Interface.Addresses) > 0 {
			if r := broken(s); !r.None() {
				return r
			}
		}
	}
	return Reason{}
}

// NoAddress says why a place has no address; kind is "", or "IPv4" or "IPv6"
// when that is what is missing.
func (p *Place) NoAddress(kind string) Reason {
	if r := p.broken(); !r.None() {
		return r
	}
	r := because("%s has no %s address", p.Name, kind)
	r.Text = strings.ReplaceAll(r.Text, "  ", " ")
	for i := range p.Interfaces {
		r = drifted(r, spot{p, &p.Interfaces[i]})
	}
	return r
}

// HasFamily reports whether the place has an address of the family of a.
func (p *Place) HasFamily(a netip.Addr) bool {
	return slices.ContainsFunc(p.Interfaces, func(i Interface) bool { return i.source(a).IsValid() })
}

// forwards reports whether the host forwards the family of an address.
func (n *Network) forwards(a netip.Addr) bool {
	if a.Is4() {
		return n.Forwards4
	}
	return n.Forwards6
}

// allowed reports whether the host forwards between two segments.
func (n *Network) allowed(a, b string) bool {
	return a == b || slices.Contains(n.Allowed, [2]string{a, b}) || slices.Contains(n.Allowed, [2]string{b, a})
}

// masquerade returns the NAT of an address that leaves by an interface.
func (n *Network) masquerade(source netip.Addr, out string) (model.NAT, bool) {
	_, lab := n.Segments[out]
	for _, rule := range n.NAT {
		if rule.Subnet.Contains(source) && (rule.OutInterface == out || rule.OutInterface == "" && !lab) {
			return rule, true
		}
	}
	return model.NAT{}, false
}
