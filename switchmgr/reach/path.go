package reach

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/ovsns/ovsns/model"
)

// Reason says why somebody is reached or not, in one sentence, and what to
// type to change that. The zero value is none.
type Reason struct {
	Text, Hint string
}

// None reports whether r is the zero value.
func (r Reason) None() bool { return r == Reason{} }

func because(format string, args ...any) Reason { return Reason{Text: fmt.Sprintf(format, args...)} }

func (r Reason) try(format string, args ...any) Reason {
	r.Hint = fmt.Sprintf(format, args...)
	return r
}

// maxHops bounds the way: real labs have two or three, a loop has no end.
const maxHops = 16

// walk follows packets to an address as far as the lab is known.
type walk struct {
	*Network
	from   *Place
	to     netip.Addr
	at     string // where it is meant to be, "" when that is not known
	source netip.Addr

	steps   []Reason // what lets it through, on the way
	problem Reason   // what stops it; none when nothing is known to
	masked  bool     // the source is masqueraded
	outside bool     // it leaves the lab by the host
	end     string   // the place that has the address; "" when that is not known
}

// path walks from a place to an address.
func (n *Network) path(from string, to netip.Addr, at string) *walk {
	w := &walk{Network: n, from: n.Places[from], to: to, at: at}
	if w.from == nil {
		w.problem = because("there is no namespace %s", from)
		return w
	}
	w.follow(w.from, "")
	return w
}

// follow goes on from a place that packets have entered by an interface, "" where
// they begin. It returns at the end of the way or of what is known.
func (w *walk) follow(p *Place, in string) {
	for range maxHops {
		if p.own(w.to) {
			w.arrive(p)
			return
		}
		if !p.Known {
			return
		}
		out, next, ok := w.leave(p)
		if !ok || !w.forward(p, in, out) {
			return
		}
		there, ok := w.cross(out, next)
		if !ok {
			return
		}
		p, in = there.Place, there.Interface.Name
	}
	w.problem = because("the routes go round in a circle")
}

// arrive is the end of the way.
func (w *walk) arrive(p *Place) {
	w.end = p.Name
	if w.at != "" && p.Name != w.at {
		w.problem = because("%s is an address of %s too, and that is where packets from %s go", w.to, p.Name, w.from.Name)
		return
	}
	if p.Name == model.HostEnd && p != w.from {
		w.step(because("%s is an address of the host itself", w.to))
	}
}

func (w *walk) step(r Reason) { w.steps = append(w.steps, r) }

// leave returns the interface and the next hop by which packets leave a place.
func (w *walk) leave(p *Place) (out spot, next netip.Addr, ok bool) {
	r, found := p.route(w.to)
	if !found {
		w.problem = w.noRoute(p)
		return out, next, false
	}
	next = w.to
	if r.Via.IsValid() {
		next = r.Via
	}
	i := p.find(r.Interface)
	if i == nil {
		return out, next, false
	}
	out = spot{p, i}
	if w.problem = broken(out); !w.problem.None() {
		return out, next, false
	}
	if !w.source.IsValid() {
		w.source = i.source(w.to)
	}
	return out, next, true
}

// broken says that an interface does not work at all.
func broken(s spot) Reason {
	switch {
	case s.Gone:
		return because("interface %s is gone", s).try("ovsns restore")
	case !s.Up:
		return because("interface %s is down", s).try("ovsns restore")
	}
	return Reason{}
}

// noRoute tells a missing route from a missing address or interface.
func (w *walk) noRoute(p *Place) Reason {
	if r := p.broken(); !r.None() {
		return r
	}
	if !p.HasFamily(w.to) {
		return p.NoAddress(familyOf(w.to))
	}
	r := because("%s has no route to %s", p.Name, w.to)
	if p.Name == model.HostEnd {
		return r
	}
	if gateway := w.gatewayOf(p); gateway.IsValid() {
		return r.try("ovsns route add %s default via %s", p.Name, gateway)
	}
	if w.onSwitch(p) {
		r.Text += ", and its segment has no gateway"
	}
	return r
}

// gatewayOf returns an address of the host in a subnet of a namespace.
func (w *walk) gatewayOf(p *Place) netip.Addr {
	host := w.Places[model.HostEnd]
	if host == nil {
		return netip.Addr{}
	}
	for i := range p.Interfaces {
		for _, prefix := range p.Interfaces[i].Addresses {
			for j := range host.Interfaces {
				here, there := spot{p, &p.Interfaces[i]}, spot{host, &host.Interfaces[j]}
				a := there.source(prefix.Addr())
				if a.Is4() == w.to.Is4() && prefix.Contains(a) && here.meets(there) {
					return a
				}
			}
		}
	}
	return netip.Addr{}
}

func (w *walk) onSwitch(p *Place) bool {
	return slices.ContainsFunc(p.Interfaces, func(i Interface) bool { return i.Switch != "" })
}

// forward reports whether a place lets packets through that are not its own.
func (w *walk) forward(p *Place, in string, out spot) bool {
	if in == "" || p.Name != model.HostEnd {
		return true // what other namespaces do is not known
	}
	_, fromLab := w.Segments[in]
	_, toLab := w.Segments[out.Interface.Name]
	if fromLab && toLab && in != out.Interface.Name {
		w.problem = w.between(in, out.Interface.Name)
	} else if !w.forwards(w.to) {
		w.problem = w.noForwarding()
	}
	nat, masked := w.masquerade(w.source, out.Interface.Name)
	if masked && w.problem.None() {
		w.mask(nat)
	} else if !masked && fromLab && !toLab && !w.problem.None() {
		w.problem = w.noNAT(out, "and the host does not forward")
	}
	return w.problem.None()
}

// mask goes through NAT.
func (w *walk) mask(nat model.NAT) {
	if slices.Contains(w.Dropped, nat.Subnet.String()) {
		w.problem = because("another program's firewall drops what %s sends out", nat.Subnet).try("ovsns restore")
		return
	}
	w.masked = true
	w.step(because("the host masquerades %s", nat.Subnet).try("ovsns nat delete %s", nat.Subnet))
}

// between goes from one segment to another, or says why the host does not.
func (w *walk) between(in, out string) Reason {
	a, b := w.Segments[in], w.Segments[out]
	pair := [2]string{min(in, out), max(in, out)}
	switch {
	case !w.allowed(in, out):
		return because("the host keeps the segments %s and %s apart", a, b).try("ovsns allow add %s %s", a, b)
	case !w.forwards(w.to):
		return w.noForwarding()
	case slices.Contains(w.Dropped, pair[0]+" "+pair[1]):
		return because("another program's firewall drops what goes between %s and %s", a, b).try("ovsns restore")
	}
	w.step(because("the host routes between %s and %s", a, b).try("ovsns allow delete %s %s", a, b))
	return Reason{}
}

func (w *walk) noForwarding() Reason {
	return because("the host does not forward %s", familyOf(w.to)).try("ovsns restore")
}

// noNAT says that nobody outside knows the way back.
func (w *walk) noNAT(out spot, more string) Reason {
	subnet := w.subnetOfSource()
	r := because("nothing masquerades %s on its way out by %s", subnet, out.Interface.Name)
	if more != "" {
		r.Text += ", " + more
	}
	return r.try("ovsns nat add %s", subnet)
}

// subnetOfSource returns the subnet from which the packets come.
func (w *walk) subnetOfSource() netip.Prefix {
	for _, i := range w.from.Interfaces {
		for _, p := range i.Addresses {
			if p.Addr() == w.source {
				return p.Masked()
			}
		}
	}
	return netip.PrefixFrom(w.source, w.source.BitLen())
}

// cross goes over the wire to the next hop; false where that ends, or where
// nothing more is known.
func (w *walk) cross(out spot, next netip.Addr) (spot, bool) {
	if w.Daemon != "" && out.Switch != "" {
		w.problem = because("%s", w.Daemon)
		return spot{}, false
	}
	if out.Switch == "" && out.Peer == "" {
		w.outside = out.Place.Name == model.HostEnd
		return spot{}, false
	}
	holders := w.holders(next, w.at)
	for _, h := range holders {
		if !out.meets(h) || h.Place == out.Place {
			continue
		}
		if w.problem = broken(h); !w.problem.None() {
			return spot{}, false
		}
		w.step(w.meeting(out, h))
		return h, true
	}
	w.problem = w.apart(out, next, holders)
	return spot{}, false
}

// meeting says on which wire two interfaces meet.
func (w *walk) meeting(a, b spot) Reason {
	if a.Peer != "" {
		return because("a cable joins %s and %s", a.Place.Name, b.Place.Name)
	}
	segment, _ := a.segment()
	return because("%s and %s are both in %s", a, b, segment)
}

// apart says why the next hop is not on the wire.
func (w *walk) apart(out spot, next netip.Addr, holders []spot) Reason {
	here, untagged := out.segment()
	switch {
	case out.Switch != "" && !untagged:
		return drifted(trunk(out), out)
	case len(holders) == 0 && out.Peer != "":
		return because("%s has not the address %s", out.Peer, next)
	case len(holders) == 0:
		return because("nobody in %s has the address %s", here, next)
	}
	h := holders[0]
	there, untagged := h.segment()
	switch {
	case out.Peer != "":
		return because("%s is a cable to %s, but %s has %s", out, out.Peer, h.Place.Name, next)
	case h.Peer != "":
		return because("%s has %s at the end of a cable to %s, not on switch %s", h.Place.Name, next, h.Peer, out.Switch)
	case h.Switch == "":
		return because("%s has %s on an interface that is not on switch %s", h.Place.Name, next, out.Switch)
	case h.Switch != out.Switch:
		return because("different switches: %s is on %s, %s on %s", out, out.Switch, h, h.Switch)
	case !untagged:
		return drifted(trunk(h), h)
	}
	r := because("different VLANs: %s is in %s, %s in %s", out, vlanName(here), h, vlanName(there))
	if h.Place.Name != model.HostEnd {
		r = r.try("ovsns attach %s -s %s --ifname %s --vlan %s", h.Place.Name, h.Switch, h.Interface.Name, vlanFlag(here))
	}
	return drifted(r, out, h)
}

func trunk(s spot) Reason {
	return because("%s is a trunk without a native VLAN, so untagged packets stay outside", s)
}

// drifted adds that an interface is not as it was made.
func drifted(r Reason, spots ...spot) Reason {
	for _, s := range spots {
		if s.Problem != "" {
			return because("%s; %s is not as it was made: %s", r.Text, s, s.Problem).try("ovsns restore")
		}
	}
	return r
}

func vlanFlag(s model.Segment) string {
	if s.VLAN == 0 {
		return "none"
	}
	return strconv.Itoa(int(s.VLAN))
}

func vlanName(s model.Segment) string {
	if s.VLAN == 0 {
		return "the untagged segment"
	}
	return fmt.Sprintf("VLAN %d", s.VLAN)
}

func familyOf(a netip.Addr) string {
	if a.Is4() {
		return "IPv4"
	}
	return "IPv6"
}
