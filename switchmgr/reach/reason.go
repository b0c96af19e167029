package reach

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// WhyNot returns the likely reason why a probe was not answered: what is in
// the way there, what is in the way back, or what the answer itself tells.
func (n *Network) WhyNot(p Probe, a Answer) Reason {
	there := n.path(p.From, p.To, p.At)
	if r := there.problem; !r.None() && !a.Arrived {
		return r
	}
	if a.Stranger {
		return because("%s answers from somewhere else than %s", p.To, p.At)
	}
	if r := n.wayBack(p, there); !r.None() {
		return r
	}
	if r := n.told(p, a); !r.None() {
		return r
	}
	return n.guess(p, a, there)
}

// wayBack says what is in the way of the answer.
func (n *Network) wayBack(p Probe, there *walk) Reason {
	switch {
	case there.masked || !there.source.IsValid():
		return Reason{} // it goes to the host, which knows the way
	case there.outside:
		return n.unmasked(p, there)
	}
	at := cmp.Or(p.At, there.end)
	if at == "" {
		return Reason{}
	}
	back := n.path(at, there.source, p.From)
	if r := back.problem; !r.None() {
		return Reason{Text: "the answer has no way back: " + r.Text, Hint: r.Hint}
	}
	return Reason{}
}

// unmasked tells who is sent packets from an address of the lab.
func (n *Network) unmasked(p Probe, there *walk) Reason {
	host := n.Places[model.HostEnd]
	if host == nil || host.own(there.source) {
		return Reason{}
	}
	out, _, ok := (&walk{Network: n, from: host, to: p.To}).leave(host)
	if !ok {
		return Reason{}
	}
	return there.noNAT(out, "so nobody there knows the way back")
}

// told is what the answer itself says.
func (n *Network) told(p Probe, a Answer) Reason {
	switch {
	case a.Err != nil:
		return because("%v", a.Err)
	case a.Busy && p.Protocol == UDP:
		return because("a program at %s has UDP port %d and did not answer", p.At, p.Port)
	case a.Refused && p.At == "":
		return because("%s refuses: nothing listens on port %d, or a firewall says so", p.To, p.Port)
	case a.Refused:
		return because("a firewall refuses port %d", p.Port)
	case a.Reporter.IsValid() && !n.own(p.From, a.Reporter):
		return because("%s reports: %s", a.Reporter, a.Report)
	case a.SendError != nil:
		return because("%s cannot send to %s: %s", p.From, p.To, lastPart(a.SendError))
	}
	return Reason{}
}

// lastPart returns the innermost text of an error of package net.
func lastPart(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+len(": ")*boolToInt(strings.Contains(text, ": ")):]
}

// guess is left when the lab looks as if it should work.
func (n *Network) guess(p Probe, a Answer, there *walk) Reason {
	for _, place := range []string{p.From, p.At} {
		if r := n.drift(place); !r.None() {
			return r
		}
	}
	hop := n.nextHop(p.From, p.To)
	switch {
	case a.Arrived:
		return because("the request arrived at %s, but no answer came back", p.At)
	case a.Reporter.IsValid(), n.silent(p.From, hop):
		// A place reports to itself that it got no MAC.
		return because("%s got no answer when it asked for the MAC of %s", p.From, hop)
	case there.outside && n.silent(model.HostEnd, n.nextHop(model.HostEnd, p.To)):
		return because("the host got no answer when it asked for the MAC of %s", n.nextHop(model.HostEnd, p.To))
	case there.outside:
		return because("it leaves the host, and nothing answers from there")
	case p.At != "":
		return because("nothing is known to be in the way; the request was lost before %s, by a firewall there or by the switch", p.At)
	}
	return because("nothing answers")
}

// drift names an interface of a place that is not as it was made.
func (n *Network) drift(place string) Reason {
	p := n.Places[place]
	if p == nil || place == model.HostEnd {
		return Reason{}
	}
	for _, i := range p.Interfaces {
		if i.Problem != "" {
			return because("%s/%s is not as it was made: %s", place, i.Name, i.Problem).try("ovsns restore")
		}
	}
	return Reason{}
}

// own reports whether an address is one of a place's own.
func (n *Network) own(place string, a netip.Addr) bool {
	p := n.Places[place]
	return p != nil && p.own(a)
}

// silent reports whether a place asked an address for its MAC in vain.
func (n *Network) silent(place string, a netip.Addr) bool {
	p := n.Places[place]
	return p != nil && slices.Contains(p.Silent, a)
}

// nextHop returns to which neighbour a place sends what is for an address.
func (n *Network) nextHop(from string, to netip.Addr) netip.Addr {
	if p := n.Places[from]; p != nil {
		if r, ok := p.route(to); ok && r.Via.IsValid() {
			return r.Via
		}
	}
	return to
}

// WhyYet returns what lets a probe through.
func (n *Network) WhyYet(p Probe) Reason {
	w := n.path(p.From, p.To, p.At)
	if !w.problem.None() || len(w.steps) == 0 {
		return Reason{}
	}
	var r Reason
	for i, s := range w.steps {
		if i > 0 {
			r.Text += "; "
		}
		r.Text += s.Text
		if s.Hint != "" && r.Hint == "" {
			r.Hint = s.Hint
		}
	}
	return r
}
