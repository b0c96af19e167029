// Package labtest is what the tests of several packages need: a private host to
// run in, and random labs for those that compare two ways of making the same
// one.
//
//	Main() -> private host: Lab() -> model.Lab -> plan, switch ... -> equal?
package labtest

import (
	"fmt"
	"net/netip"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
)

// Lab draws a lab that can be applied where the host has a free interface eth1
// and forwarding is off. Addresses are written out: those
// that are found by "auto" stay where they are, whatever a file says.
func Lab() *rapid.Generator[*model.Lab] {
	return rapid.Custom(func(t *rapid.T) *model.Lab {
		l := &model.Lab{Version: model.LabVersion, Switches: map[string]model.LabSwitch{}, Namespaces: map[string]model.LabNamespace{}}
		for s := range rapid.IntRange(1, 3).Draw(t, "switches") {
			l.Switches[fmt.Sprint("sw", s)] = genSwitch(t, s)
		}
		for n := range rapid.IntRange(0, 6).Draw(t, "namespaces") {
			l.Namespaces[fmt.Sprint("ns", n)] = genNamespace(t, len(l.Switches), n)
		}
		for n := range rapid.IntRange(0, 2).Draw(t, "links") {
			a, b := fmt.Sprint("ns", n), "host"
			if rapid.Bool().Draw(t, "between namespaces") {
				b = fmt.Sprint("ns", n+1)
			}
			l.Links = append(l.Links, model.LabLink{
				A: a, B: b, IfnameA: fmt.Sprint("cable", n), IfnameB: fmt.Sprint("cable", n),
				IPA: prefixes(fmt.Sprintf("192.0.2.%d/30", 4*n+1)), IPB: prefixes(fmt.Sprintf("192.0.2.%d/30", 4*n+2)),
			})
		}
		for n := range rapid.IntRange(0, 2).Draw(t, "nat") {
			l.NAT = append(l.NAT, model.LabNAT{Subnet: netip.MustParsePrefix(fmt.Sprintf("10.20.%d.0/24", n))})
		}
		genAllow(t, l)
		return l
	})
}

var genVLAN = rapid.SampledFrom([]model.VID{0, 10, 20})

func genSwitch(t *rapid.T, s int) model.LabSwitch {
	sw := model.LabSwitch{VLANs: map[model.VID]model.LabSegment{}}
	for _, vlan := range []model.VID{0, 10, 20} {
		if !rapid.Bool().Draw(t, "gateway") {
			continue
		}
		seg := model.LabSegment{
			Gateway: prefixes(fmt.Sprintf("10.%d.%d.254/24", s, vlan)),
			NAT:     rapid.Bool().Draw(t, "masqueraded"),
		}
		if rapid.Bool().Draw(t, "dual") {
			seg.Gateway = append(seg.Gateway, netip.MustParsePrefix(fmt.Sprintf("2001:db8:%d:%d::fe/64", s, vlan)))
		}
		if vlan == 0 {
			sw.LabSegment = seg
		} else {
			sw.VLANs[vlan] = seg
		}
	}
	if s == 0 && rapid.Bool().Draw(t, "uplink") {
		sw.Uplinks = []model.LabUplink{{Interface: "eth1", LabVLANs: model.LabVLANs{Trunk: model.VIDSet{10, 20}}}}
	}
	return sw
}

func genNamespace(t *rapid.T, switches, n int) model.LabNamespace {
	ns := model.LabNamespace{Forward: rapid.Bool().Draw(t, "forward")}
	for i := range rapid.IntRange(0, 2).Draw(t, "interfaces") {
		s, vlan := rapid.IntRange(0, switches-1).Draw(t, "switch"), genVLAN.Draw(t, "vlan")
		iface := model.LabInterface{
			Switch: fmt.Sprint("sw", s), Ifname: fmt.Sprint("eth", i), LabVLANs: model.LabVLANs{VLAN: vlan},
			MAC: model.MAC{2, 0, 0, 0, byte(n), byte(i)},
			IP:  []string{fmt.Sprintf("10.%d.%d.%d/24", s, vlan, 2*n+i+1)},
			MTU: rapid.SampledFrom([]int{0, 1400}).Draw(t, "mtu"),
		}
		if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
			iface.LabVLANs = model.LabVLANs{Trunk: model.VIDSet{10, 20}}
			iface.IP = []string{"none"}
		}
		ns.Interfaces = append(ns.Interfaces, iface)
	}
	return ns
}

// genAllow draws pairs of segments that have a gateway.
func genAllow(t *rapid.T, l *model.Lab) {
	var segments []string
	for s := range len(l.Switches) {
		sw := l.Switches[fmt.Sprint("sw", s)]
		if len(sw.Gateway) > 0 {
			segments = append(segments, fmt.Sprint("sw", s))
		}
		for _, vlan := range []model.VID{10, 20} {
			if len(sw.VLANs[vlan].Gateway) > 0 {
				segments = append(segments, fmt.Sprintf("sw%d:%d", s, vlan))
			}
		}
	}
	if len(segments) > 1 && rapid.Bool().Draw(t, "allow") {
		l.Allow = [][2]string{{segments[0], segments[len(segments)-1]}}
	}
}

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}
