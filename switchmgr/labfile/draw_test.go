package labfile_test

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
)

// oddNames are hard to write in YAML.
var oddNames = []string{
	"y", "no", "on", "true", "null", "~", "1", "0x1", "1.5", "1e3", "2024-01-01", "12:30", "#", "&a", "*a", "!a", "%a",
	"a:b", "a#b", "a,b", "{a}", "[a]", "'", `"`, "`", "@", "|", ">", "?", "=", "<<", "ünï", "日本", `\n`, "a:", "ns-1", "10.0.0.1",
}

func drawName() *rapid.Generator[string] {
	return rapid.OneOf(rapid.StringMatching(`[a-z][a-z0-9-]{0,10}`), rapid.SampledFrom(oddNames)).
		Filter(func(s string) bool { return model.CheckNamespace(s) == nil })
}

func drawIfname() *rapid.Generator[string] {
	return drawName().Filter(func(s string) bool { return model.CheckIfname(s) == nil })
}

func drawVID() *rapid.Generator[model.VID] {
	return rapid.Custom(func(t *rapid.T) model.VID {
		return model.VID(rapid.IntRange(1, 4094).Draw(t, "vlan"))
	})
}

func drawAddress() *rapid.Generator[netip.Prefix] {
	return rapid.Custom(func(t *rapid.T) netip.Prefix {
		host := byte(rapid.IntRange(1, 250).Draw(t, "host"))
		net := byte(rapid.IntRange(1, 250).Draw(t, "net"))
		if rapid.Bool().Draw(t, "6") {
			return netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, net, 15: host}), 64)
		}
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, net, 0, host}), 24)
	})
}

func drawAddresses(t *rapid.T, least int) []netip.Prefix {
	list := rapid.SliceOfN(drawAddress(), least, 3).Draw(t, "addresses")
	if len(list) == 0 {
		return nil
	}
	return list
}

func drawMAC(t *rapid.T) model.MAC {
	if rapid.Bool().Draw(t, "no MAC") {
		return model.MAC{}
	}
	return model.MAC{2, 0, 0, 0, 0, byte(rapid.IntRange(0, 255).Draw(t, "MAC"))}
}

// maybe draws a value or its zero.
func maybe[T any](t *rapid.T, g *rapid.Generator[T], label string) (v T) {
	if rapid.Bool().Draw(t, "has "+label) {
		return g.Draw(t, label)
	}
	return v
}

func drawSegment(t *rapid.T) (s model.LabSegment) {
	s.Gateway = drawAddresses(t, 0)
	s.NAT = s.Gateway != nil && rapid.Bool().Draw(t, "nat")
	if s.NAT {
		s.OutInterface = maybe(t, drawIfname(), "out_interface")
	}
	return s
}

func drawVLANs(t *rapid.T) (v model.LabVLANs) {
	switch rapid.IntRange(0, 2).Draw(t, "mode") {
	case 1:
		v.VLAN = drawVID().Draw(t, "vlan")
	case 2:
		set := rapid.SliceOfNDistinct(drawVID(), 1, 6, rapid.ID).Draw(t, "trunk")
		slices.Sort(set)
		v.Trunk, v.NativeVLAN = set, maybe(t, drawVID(), "native_vlan")
	}
	return v
}

func drawSwitch(t *rapid.T, interfaces *[]string) model.LabSwitch {
	sw := model.LabSwitch{LabSegment: drawSegment(t)}
	sw.Datapath = rapid.SampledFrom([]model.Datapath{"", model.DatapathAuto, model.DatapathNetdev}).Draw(t, "datapath")
	for _, vid := range rapid.SliceOfNDistinct(drawVID(), 0, 3, rapid.ID).Draw(t, "vlans") {
		if sw.VLANs == nil {
			sw.VLANs = map[model.VID]model.LabSegment{}
		}
		sw.VLANs[vid] = drawSegment(t)
	}
	for range rapid.IntRange(0, 2).Draw(t, "uplinks") {
		name := drawIfname().Draw(t, "uplink")
		if !slices.Contains(*interfaces, name) {
			*interfaces = append(*interfaces, name)
			sw.Uplinks = append(sw.Uplinks, model.LabUplink{Interface: name, LabVLANs: drawVLANs(t)})
		}
	}
	return sw
}

func drawInterface(t *rapid.T, lab *model.Lab) model.LabInterface {
	switches := slices.Sorted(maps.Keys(lab.Switches))
	i := model.LabInterface{LabVLANs: drawVLANs(t), MAC: drawMAC(t)}
	if len(switches) > 1 || rapid.Bool().Draw(t, "named") {
		i.Switch = rapid.SampledFrom(switches).Draw(t, "switch")
	}
	switch rapid.IntRange(0, 2).Draw(t, "ip") {
	case 1:
		i.IP = []string{"none"}
	case 2:
		for _, p := range drawAddresses(t, 1) {
			i.IP = append(i.IP, p.String())
		}
	}
	i.Gateway = rapid.SampledFrom([][]string{
		nil, {"auto"}, {"none"}, {"10.0.0.1"}, {"2001:db8::1"}, {"10.0.0.1", "2001:db8::1"},
	}).Draw(t, "gateway")
	i.MTU = maybe(t, rapid.IntRange(1280, 9000), "mtu")
	return i
}

func drawNamespace(t *rapid.T, lab *model.Lab) (n model.LabNamespace) {
	n.Forward = rapid.Bool().Draw(t, "forward")
	if len(lab.Switches) > 0 {
		for k := range rapid.IntRange(0, 3).Draw(t, "interfaces") {
			i := drawInterface(t, lab)
			if rapid.Bool().Draw(t, "has ifname") {
				i.Ifname = "if" + strconv.Itoa(k)
			}
			n.Interfaces = append(n.Interfaces, i)
		}
	}
	for k := range rapid.IntRange(0, 2).Draw(t, "routes") {
		route := model.LabRoute{To: "10." + strconv.Itoa(k) + ".0.0/16", Via: netip.MustParseAddr("10.99.0.1")}
		if k == 1 {
			route = model.LabRoute{
				To:  rapid.SampledFrom([]string{"default", "::/0", "2001:db8:9::/48", "2001:db8::7"}).Draw(t, "to"),
				Via: netip.MustParseAddr("2001:db8::fe"),
			}
		}
		n.Routes = append(n.Routes, route)
	}
	return n
}

// drawLab draws a lab that Parse accepts.
func drawLab(t *rapid.T) *model.Lab {
	lab := &model.Lab{Version: 1, Name: maybe(t, rapid.StringMatching(`[ -~]{1,20}`), "name")}
	var interfaces []string
	for _, name := range rapid.SliceOfNDistinct(drawIfname(), 0, 3, rapid.ID).Draw(t, "switches") {
		if lab.Switches == nil {
			lab.Switches = map[string]model.LabSwitch{}
		}
		lab.Switches[name] = drawSwitch(t, &interfaces)
	}
	names := rapid.SliceOfNDistinct(drawName(), 0, 4, rapid.ID).Draw(t, "namespaces")
	for _, name := range names {
		if lab.Namespaces == nil {
			lab.Namespaces = map[string]model.LabNamespace{}
		}
		lab.Namespaces[name] = drawNamespace(t, lab)
	}
	drawLinks(t, lab, names)
	for k := range rapid.IntRange(0, 2).Draw(t, "nat") {
		lab.NAT = append(lab.NAT, model.LabNAT{
			Subnet: netip.MustParsePrefix("10.20." + strconv.Itoa(k) + ".0/24"), OutInterface: maybe(t, drawIfname(), "out_interface"),
		})
	}
	drawAllow(t, lab)
	drawExpectations(t, lab, append(names, model.HostEnd))
	return lab
}

func drawLinks(t *rapid.T, lab *model.Lab, names []string) {
	for i, a := range names {
		b := append(names, model.HostEnd)[i+1]
		if rapid.Bool().Draw(t, "link") {
			lab.Links = append(lab.Links, model.LabLink{
				A: a, B: b, IPA: drawAddresses(t, 0), IPB: drawAddresses(t, 0), MACA: drawMAC(t), MACB: drawMAC(t),
				IfnameA: maybe(t, drawIfname(), "ifname_a"), IfnameB: maybe(t, drawIfname(), "ifname_b"),
			})
		}
	}
}

// drawAllow draws pairs of the segments that the host is in.
func drawAllow(t *rapid.T, lab *model.Lab) {
	var segments []string
	for name, sw := range lab.Switches {
		if sw.Gateway != nil {
			segments = append(segments, name)
		}
		for vid, s := range sw.VLANs {
			if s.Gateway != nil {
				segments = append(segments, model.Segment{Switch: name, VLAN: vid}.String())
			}
		}
	}
	slices.Sort(segments)
	for i := 1; i < len(segments); i++ {
		if rapid.Bool().Draw(t, "allow") {
			lab.Allow = append(lab.Allow, [2]string{segments[i-1], segments[i]})
		}
	}
}

func drawExpectations(t *rapid.T, lab *model.Lab, places []string) {
	for range rapid.IntRange(0, 3).Draw(t, "expect") {
		e := model.Expectation{
			From:   rapid.SampledFrom(places).Draw(t, "from"),
			To:     rapid.SampledFrom(append(places, "198.51.100.2", "2001:db8::2")).Draw(t, "to"),
			Is:     rapid.SampledFrom([]model.Verdict{model.ReachOK, model.ReachBlocked}).Draw(t, "is"),
			Within: maybe(t, rapid.SampledFrom([]string{"2s", "1.5s", "500ms", "1m0s"}), "within"),
		}
		port := rapid.Uint16Range(1, 65535)
		switch rapid.IntRange(0, 2).Draw(t, "protocol") {
		case 1:
			e.TCP = port.Draw(t, "tcp")
		case 2:
			e.UDP = port.Draw(t, "udp")
		}
		lab.Expect = append(lab.Expect, e)
	}
}
