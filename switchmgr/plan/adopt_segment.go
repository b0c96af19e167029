package plan

import (
	"fmt"
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

// segment is a segment with the host's interface and addresses in it.
type segment struct {
	model.Segment
	ifname    string
	addresses []netip.Prefix
}

func (s segment) has(is4 bool) bool {
	for _, p := range s.addresses {
		if p.Addr().Is4() == is4 {
			return true
		}
	}
	return false
}

// knownSegments collects the segments that are ovsns's already.
func (a *adopter) knownSegments() {
	for _, g := range model.All[model.Gateway](a.e.state) {
		if g.Place() == model.Host {
			a.segments = append(a.segments, segment{g.Segment(), g.Interface, g.Addresses})
		}
	}
	for _, l := range a.e.linksOf(model.HostEnd) {
		near, _ := l.End(model.HostEnd)
		far := l.A
		if far.Namespace == model.HostEnd {
			far = l.B
		}
		a.segments = append(a.segments, segment{model.Segment{Namespace: far.Namespace}, near.Ifname, near.Addresses})
	}
}

// enter puts an object that joins the host to a segment (or to none, when that
// has no interface), and what keeps that segment as open to the others as it
// is: ovsns keeps its segments apart. It returns why that cannot be.
func (a *adopter) enter(o model.Object, check func() error, s segment) string {
	key := o.Key()
	was, had := model.Get[model.Object](a.e.state, key)
	a.e.put(o)
	reason := ""
	if err := check(); err != nil {
		reason = err.Error()
	} else if s.ifname != "" {
		reason = a.open(s)
	}
	if reason == "" {
		return ""
	}
	if a.e.remove(key); had {
		a.e.put(was)
	}
	delete(a.e.touched, key)
	return reason
}

// open allows a new segment to route to those that the host forwards it to.
func (a *adopter) open(s segment) string {
	var pairs []segment
	for _, t := range a.segments {
		if t.Segment == s.Segment || a.e.state.Has(model.AllowKey(model.Host, s.Segment, t.Segment)) || !a.forwarded(s, t) {
			continue
		}
		if reason := a.closedFor(s, t); reason != "" {
			return reason
		}
		pairs = append(pairs, t)
	}
	for i, t := range pairs {
		if err := a.e.AddAllow(s.String(), t.String()); err != nil {
			a.forgetAllows(s, pairs[:i])
			return err.Error()
		}
	}
	a.segments = append(a.segments, s)
	return ""
}

func (a *adopter) forgetAllows(s segment, pairs []segment) {
	for _, t := range pairs {
		key := model.AllowKey(model.Host, s.Segment, t.Segment)
		a.e.remove(key)
		delete(a.e.touched, key)
	}
}

// forwarded reports whether the host routes between two segments now.
func (a *adopter) forwarded(s, t segment) bool {
	return a.forwards(true) && s.has(true) && t.has(true) || a.forwards(false) && s.has(false) && t.has(false)
}

func (a *adopter) forwards(is4 bool) bool {
	if is4 {
		return a.host.Sysctls[model.ForwardIPv4] == "1"
	}
	return a.host.Sysctls[model.ForwardIPv6] == "1"
}

// closedFor says why a pair of segments cannot be recorded as it is: to allow
// a pair is to have both families forwarded, past other programs' rules.
func (a *adopter) closedFor(s, t segment) string {
	for _, is4 := range []bool{true, false} {
		if (s.has(is4) || t.has(is4)) && !a.forwards(is4) {
			return fmt.Sprintf("the host forwards one address family between %s and %s, and ovsns both or none", s, t)
		}
	}
	if a.found.Filter != "" {
		return fmt.Sprintf("the rules of %s decide what is forwarded between %s and %s, and ovsns would open or close it", a.found.Filter, s, t)
	}
	return ""
}
