package labfile

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// check reports what contradicts itself or names what is not there. Where a
// value could not be read, nothing is concluded from it.
func (r *reader) check(lab *model.Lab) {
	r.checkSwitches(lab)
	for _, name := range slices.Sorted(maps.Keys(lab.Namespaces)) {
		r.checkNamespace(lab, name)
	}
	r.checkLinks(lab.Links)
	unique := seen{r: r, first: map[string]string{}}
	for i, n := range lab.NAT {
		if n.Subnet.IsValid() {
			unique.check(join(index("nat", i), "subnet"), n.Subnet.String(), "subnet")
		}
	}
	r.checkAllow(lab)
	r.checkExpectations(lab)
}

// seen finds what is there twice.
type seen struct {
	r     *reader
	first map[string]string // path, by what is there
}

// check reports a thing that was seen before at another path.
func (s seen) check(path, thing, noun string) {
	if first, twice := s.first[thing]; twice {
		s.r.contradiction(path, "", "%s %s is there twice, first as %s in line %d", noun, thing, first, s.r.at[first].line)
		return
	}
	s.first[thing] = path
}

func (r *reader) checkSwitches(lab *model.Lab) {
	unique := seen{r: r, first: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(lab.Switches)) {
		sw, path := lab.Switches[name], join("switches", name)
		r.checkSegment(path, sw.LabSegment)
		for _, vid := range slices.Sorted(maps.Keys(sw.VLANs)) {
			if vid != 0 { // a VLAN that could not be read
				r.checkSegment(join(join(path, "vlans"), strconv.Itoa(int(vid))), sw.VLANs[vid])
			}
		}
		for i, u := range sw.Uplinks {
			p := index(join(path, "uplinks"), i)
			r.checkVLANs(p)
			if u.Interface != "" {
				unique.check(join(p, "interface"), u.Interface, "interface")
			}
		}
	}
}

func (r *reader) checkSegment(path string, s model.LabSegment) {
	if s.NAT && !r.has(join(path, "gateway")) {
		r.contradiction(join(path, "nat"), "", "nat is for the subnets of a gateway, expected gateway: [172.16.10.254/24] or so beside it")
	}
	if s.OutInterface != "" && !s.NAT && !r.broken[join(path, "nat")] {
		r.contradiction(join(path, "out_interface"), "", "out_interface is for NAT, expected nat: true beside it")
	}
}

// checkVLANs reports keys of one port that exclude each other.
func (r *reader) checkVLANs(path string) {
	vlan, trunk, native := join(path, "vlan"), join(path, "trunk"), join(path, "native_vlan")
	switch {
	case r.has(vlan) && r.has(trunk):
		r.contradiction(trunk, "", "a port has either vlan or trunk, not both")
	case r.has(native) && !r.has(trunk):
		r.contradiction(native, "", "native_vlan is for a trunk, expected trunk beside it, or vlan for an access port")
	}
}

func (r *reader) checkNamespace(lab *model.Lab, name string) {
	path := join("namespaces", name)
	unique := seen{r: r, first: map[string]string{}}
	for i, iface := range lab.Namespaces[name].Interfaces {
		p := index(join(path, "interfaces"), i)
		if iface.Ifname != "" {
			unique.check(join(p, "ifname"), iface.Ifname, "interface")
		}
		r.checkVLANs(p)
		r.checkInterface(lab, p, iface)
	}
	destinations := seen{r: r, first: map[string]string{}}
	for i, route := range lab.Namespaces[name].Routes {
		p := join(index(join(path, "routes"), i), "to")
		if route.To == "" || !route.Via.IsValid() {
			continue
		}
		to, err := model.ParseDestination(route.To, route.Via)
		if err != nil {
			r.contradiction(p, "", "%s", err)
			continue
		}
		destinations.check(p, to.String(), "route to")
	}
}

func (r *reader) checkInterface(lab *model.Lab, path string, i model.LabInterface) {
	sw := r.checkSwitchOf(lab, path, i.Switch)
	r.checkChoice(join(path, "ip"), i.IP)
	r.checkChoice(join(path, "gateway"), i.Gateway)
	r.checkFamilies(join(path, "gateway"), i.Gateway)
	if !slices.Equal(i.IP, []string{"auto"}) || r.broken[join(path, "vlan")] || r.broken[join(path, "trunk")] {
		return
	}
	vid, untagged := i.VLANs().Untagged()
	switch {
	case !untagged:
		r.contradiction(join(path, "ip"), "", "auto needs a VLAN of untagged frames, expected native_vlan beside trunk")
	case sw != "" && !r.hasGateway(lab, sw, vid):
		r.contradiction(join(path, "ip"), "", "auto needs a gateway in segment %s, expected addresses or none", model.Segment{Switch: sw, VLAN: vid})
	}
}

// checkSwitchOf returns the switch of an interface, "" when it is not known.
func (r *reader) checkSwitchOf(lab *model.Lab, path, name string) string {
	known, p := slices.Sorted(maps.Keys(lab.Switches)), join(path, "switch")
	switch {
	case r.broken["switches"] || r.broken[p] || slices.Contains(known, name):
		return name
	case name != "" && len(known) == 0:
		r.contradiction(p, "", "no switch is named %q, expected it under switches", name)
	case name != "":
		r.contradiction(p, didYouMean(model.Nearest(name, known)), "no switch is named %q, expected one of %s", name, strings.Join(known, ", "))
	case len(known) == 0:
		r.contradiction(p, "", "missing, and there is no switch, expected one under switches")
	case len(known) > 1:
		r.contradiction(p, "", "missing, and there are several switches, expected one of %s", strings.Join(known, ", "))
	default:
		return known[0]
	}
	return ""
}

// hasGateway reports whether the host has an address in a segment; where that
// is not known it is assumed.
func (r *reader) hasGateway(lab *model.Lab, sw string, vid model.VID) bool {
	path := join("switches", sw)
	segment := lab.Switches[sw].LabSegment
	if vid != 0 {
		segment = lab.Switches[sw].VLANs[vid]
		path = join(path, "vlans")
		if !r.broken[path] {
			path = join(path, strconv.Itoa(int(vid)))
		}
	}
	return len(segment.Gateway) > 0 || r.broken["switches"] || r.broken[path] || r.has(join(path, "gateway"))
}

// checkChoice refuses other values beside "auto" or "none".
func (r *reader) checkChoice(path string, values []string) {
	if len(values) < 2 {
		return
	}
	if i := slices.IndexFunc(values, isWord); i >= 0 {
		r.contradiction(index(path, i), "", "%s cannot be combined with anything", values[i])
	}
}

// checkFamilies refuses two next hops of one address family.
func (r *reader) checkFamilies(path string, values []string) {
	first := map[bool]bool{}
	for i, v := range values {
		a, err := netip.ParseAddr(v)
		if err != nil {
			continue
		}
		if first[a.Is4()] {
			r.contradiction(index(path, i), "", "a second gateway, expected at most one for IPv4 and one for IPv6")
		}
		first[a.Is4()] = true
	}
}

func (r *reader) checkLinks(links []model.LabLink) {
	unique := seen{r: r, first: map[string]string{}}
	for i, l := range links {
		p := index("links", i)
		switch {
		case l.A == "" || l.B == "":
		case l.A == l.B:
			r.contradiction(join(p, "b"), "", "both ends are %s, expected two different places", l.A)
		default:
			unique.check(p, model.LinkKey(l.A, l.B).Name, "link")
		}
	}
}

func (r *reader) checkAllow(lab *model.Lab) {
	unique := seen{r: r, first: map[string]string{}}
	for i, pair := range lab.Allow {
		p := index("allow", i)
		a, okA := r.segment(lab, index(p, 0), pair[0])
		b, okB := r.segment(lab, index(p, 1), pair[1])
		switch {
		case !okA || !okB:
		case a == b:
			r.contradiction(p, "", "segment %s always reaches itself, expected two different ones", a)
		default:
			unique.check(p, model.AllowKey(model.Host, a, b).Name, "pair")
		}
	}
}

// segment reads a segment that the host is in.
func (r *reader) segment(lab *model.Lab, path, s string) (model.Segment, bool) {
	if s == "" || r.broken["switches"] || r.brokenBelow("links") {
		return model.Segment{}, false
	}
	name, tag, tagged := strings.Cut(s, ":")
	if _, ok := lab.Switches[name]; !ok {
		return r.linkedSegment(lab, path, s)
	}
	seg := model.Segment{Switch: name}
	if tagged {
		vid, err := model.ParseVID(tag)
		if err != nil {
			r.contradiction(path, "", "%s", err)
			return seg, false
		}
		seg.VLAN = vid
	}
	if !r.hasGateway(lab, seg.Switch, seg.VLAN) {
		r.contradiction(path, "", "segment %s has no gateway in the host, expected one under switches", seg)
		return seg, false
	}
	return seg, true
}

// linkedSegment returns the segment of a namespace that is linked to the host.
func (r *reader) linkedSegment(lab *model.Lab, path, s string) (model.Segment, bool) {
	linked := slices.ContainsFunc(lab.Links, func(l model.LabLink) bool {
		return l.A == model.HostEnd && l.B == s || l.B == model.HostEnd && l.A == s
	})
	switch {
	case linked:
		return model.Segment{Namespace: s}, true
	case slices.Contains(places(lab), s):
		r.contradiction(path, "", "namespace %s is not linked to the host, expected a link with host, or a segment of a switch", s)
	default:
		known := append(slices.Collect(maps.Keys(lab.Switches)), places(lab)...)
		slices.Sort(known)
		r.contradiction(path, didYouMean(model.Nearest(s, known)),
			"unknown segment %q, expected a switch, a VLAN of one (sw0:100) or a namespace that is linked to the host", s)
	}
	return model.Segment{}, false
}

// places returns the namespaces of a lab: those that are named and those that
// links make.
func places(lab *model.Lab) []string {
	list := slices.Collect(maps.Keys(lab.Namespaces))
	for _, l := range lab.Links {
		for _, end := range []string{l.A, l.B} {
			if end != "" && end != model.HostEnd {
				list = append(list, end)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (r *reader) checkExpectations(lab *model.Lab) {
	known := append(places(lab), model.HostEnd)
	for i, e := range lab.Expect {
		p := index("expect", i)
		r.checkPlace(join(p, "from"), e.From, "expected a namespace of this lab or host", known)
		if _, err := netip.ParseAddr(e.To); err != nil {
			r.checkPlace(join(p, "to"), e.To, "expected a namespace of this lab, host, or an address", known)
		}
		if e.TCP != 0 && e.UDP != 0 {
			r.contradiction(join(p, "udp"), "", "an expectation has either tcp or udp, not both")
		}
	}
}

func (r *reader) checkPlace(path, name, expected string, known []string) {
	if name == "" || slices.Contains(known, name) || r.broken["namespaces"] || r.brokenBelow("links") {
		return
	}
	r.contradiction(path, didYouMean(model.Nearest(name, known)), "unknown namespace %q, %s", name, expected)
}
