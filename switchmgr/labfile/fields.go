package labfile

import (
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

// This file is the table of all keys of a lab file.

func labKind() kind[model.Lab] {
	return object("a map that begins with version: 1", []field[model.Lab]{
		key("version", "Version of this format, always 1.",
			func(l *model.Lab) *int { return &l.Version }, version()).needed(),
		key("name", "What the lab is called, for people.",
			func(l *model.Lab) *string { return &l.Name }, name("one line of text", checkTitle)),
		key("switches", "The switches, Open vSwitch bridges, by name. A switch is an interface of the host as well.",
			func(l *model.Lab) *map[string]model.LabSwitch { return &l.Switches }, mapOf("a map of switches by name", switchName(), switchKind())),
		key("namespaces", "The network namespaces by name.",
			func(l *model.Lab) *map[string]model.LabNamespace { return &l.Namespaces }, mapOf("a map of namespaces by name", namespaceName(), namespaceKind())),
		key("links", "Cables between two namespaces, or a namespace and the host, without a switch. They make the namespaces that they name.",
			func(l *model.Lab) *[]model.LabLink { return &l.Links }, list("a list of links", linkKind())),
		key("nat", "Subnets to masquerade beside those of the gateways.",
			func(l *model.Lab) *[]model.LabNAT { return &l.NAT }, list("a list of subnets", natKind())),
		key("allow", `Pairs of segments that may route to each other: "sw0", "sw0:100", or a namespace that is linked to the host. No others may.`,
			func(l *model.Lab) *[][2]string { return &l.Allow }, list("a list of pairs of segments", pair())),
		key("expect", "Who shall reach whom; `ovsns check` measures it.",
			func(l *model.Lab) *[]model.Expectation { return &l.Expect }, list("a list of expectations", expectationKind())),
	}).block()
}

func switchName() kind[string] {
	return names("the name of a switch, up to 15 characters", model.CheckSwitch)
}

func namespaceName() kind[string] {
	return names("the name of a namespace", model.CheckNamespace)
}

func switchKind() kind[model.LabSwitch] {
	return object("a switch, {gateway: [172.16.10.254/24]} or so",
		[]field[model.LabSwitch]{
			key("datapath", "Where packets are switched: in the kernel (system), in userspace (netdev), or wherever it can be done best (auto, the default).",
				func(s *model.LabSwitch) *model.Datapath { return &s.Datapath }, datapath()),
		},
		embedded(func(s *model.LabSwitch) *model.LabSegment { return &s.LabSegment }, segmentFields()),
		[]field[model.LabSwitch]{
			key("vlans", "Gateways of VLANs of the switch, by VLAN.",
				func(s *model.LabSwitch) *map[model.VID]model.LabSegment { return &s.VLANs }, mapOf("a map of segments by VLAN", vlanName(), segmentKind())),
			key("uplinks", "Interfaces of the host that are ports of the switch.",
				func(s *model.LabSwitch) *[]model.LabUplink { return &s.Uplinks }, list("a list of uplinks", uplinkKind())),
		}).block()
}

func segmentKind() kind[model.LabSegment] {
	return object("a segment, {gateway: [172.16.10.254/24]} or so", segmentFields())
}

func segmentFields() []field[model.LabSegment] {
	return []field[model.LabSegment]{
		key("gateway", "The host's addresses in the segment, with prefix length. Without one the host is not in it.",
			func(s *model.LabSegment) *[]netip.Prefix { return &s.Gateway }, oneOrMore(address())),
		key("nat", "Whether the gateway's subnets are masqueraded on their way out of the host.",
			func(s *model.LabSegment) *bool { return &s.NAT }, boolean()),
		key("out_interface", "The one interface of the host by which NAT works; any without it.",
			func(s *model.LabSegment) *string { return &s.OutInterface }, hostInterface()),
		key("vrf", "A router namespace of its own for the gateway.",
			func(s *model.LabSegment) *string { return &s.VRF }, namespaceName()).
			refused("router namespaces (vrf) are not available yet"),
	}
}

func hostInterface() kind[string] {
	return name("the name of an interface of the host", model.CheckIfname)
}

func vlanFields() []field[model.LabVLANs] {
	return []field[model.LabVLANs]{
		key("vlan", "Access port of this VLAN; the untagged segment without it.",
			func(v *model.LabVLANs) *model.VID { return &v.VLAN }, vlan()),
		key("trunk", `Trunk port of these VLANs, "10,20-29".`,
			func(v *model.LabVLANs) *model.VIDSet { return &v.Trunk }, trunk()),
		key("native_vlan", "The VLAN of untagged frames on a trunk.",
			func(v *model.LabVLANs) *model.VID { return &v.NativeVLAN }, vlan()),
	}
}

func uplinkKind() kind[model.LabUplink] {
	return object("an uplink, {interface: eth1} or so",
		[]field[model.LabUplink]{
			key("interface", "Its name in the host.",
				func(u *model.LabUplink) *string { return &u.Interface }, hostInterface()).needed(),
		},
		embedded(func(u *model.LabUplink) *model.LabVLANs { return &u.LabVLANs }, vlanFields()))
}

func namespaceKind() kind[model.LabNamespace] {
	return object("a namespace, {interfaces: [{vlan: 100}]} or so", []field[model.LabNamespace]{
		key("interfaces", "Its interfaces on switches.",
			func(n *model.LabNamespace) *[]model.LabInterface { return &n.Interfaces }, list("a list of interfaces", interfaceKind())),
		key("routes", "Its routes, beside the default route by the gateway.",
			func(n *model.LabNamespace) *[]model.LabRoute { return &n.Routes }, list("a list of routes", routeKind())),
	}).block()
}

func interfaceKind() kind[model.LabInterface] {
	return object("an interface, {switch: sw0, vlan: 100} or so",
		[]field[model.LabInterface]{
			key("switch", "The switch it is on; may be left out when the file has only one.",
				func(i *model.LabInterface) *string { return &i.Switch }, name("the name of a switch", model.CheckSwitch)),
			key("ifname", "Its name in the namespace; eth0, eth1, ... without it.",
				func(i *model.LabInterface) *string { return &i.Ifname }, name("the name of an interface", model.CheckIfname)),
		},
		embedded(func(i *model.LabInterface) *model.LabVLANs { return &i.LabVLANs }, vlanFields()),
		[]field[model.LabInterface]{
			key("ip", "Its addresses with prefix length; none; or auto, the lowest free one of each gateway's subnet, which is the default where there is a gateway.",
				func(i *model.LabInterface) *[]string { return &i.IP },
				automatic("auto, none or an address such as 172.16.10.1/24", model.ParseAddress)),
			key("mac", "Its MAC; the kernel chooses without it.",
				func(i *model.LabInterface) *model.MAC { return &i.MAC }, mac()),
			key("mtu", "Its MTU in bytes; 1500 without it.",
				func(i *model.LabInterface) *int { return &i.MTU }, mtu()),
			key("gateway", "Next hops of the default route, one for IPv4 and one for IPv6; none; or auto, the gateway of the segment, which is the default.",
				func(i *model.LabInterface) *[]string { return &i.Gateway },
				brief(automatic("auto, none or an address such as 172.16.10.254", model.ParseIP))),
		})
}

func routeKind() kind[model.LabRoute] {
	return object("a route, {to: 10.0.0.0/8, via: 172.16.10.254} or so", []field[model.LabRoute]{
		key("to", "Where it leads: a subnet, an address or default.",
			func(t *model.LabRoute) *string { return &t.To }, destination()).needed(),
		key("via", "The next hop.",
			func(t *model.LabRoute) *netip.Addr { return &t.Via }, nextHop()).needed(),
	})
}

func linkKind() kind[model.LabLink] {
	return object("a link, {a: red, b: blue} or so", []field[model.LabLink]{
		key("a", "The namespace at one end, or host.",
			func(l *model.LabLink) *string { return &l.A }, end()).needed(),
		key("b", "The namespace at the other end, or host.",
			func(l *model.LabLink) *string { return &l.B }, end()).needed(),
		key("ip_a", "Addresses of end a, with prefix length.",
			func(l *model.LabLink) *[]netip.Prefix { return &l.IPA }, brief(oneOrMore(address()))),
		key("ip_b", "Addresses of end b, with prefix length.",
			func(l *model.LabLink) *[]netip.Prefix { return &l.IPB }, brief(oneOrMore(address()))),
		key("mac_a", "MAC of end a; the kernel chooses without it.",
			func(l *model.LabLink) *model.MAC { return &l.MACA }, mac()),
		key("mac_b", "MAC of end b; the kernel chooses without it.",
			func(l *model.LabLink) *model.MAC { return &l.MACB }, mac()),
		key("ifname_a", "Name of end a; the first free ethN without it.",
			func(l *model.LabLink) *string { return &l.IfnameA }, name("the name of an interface", model.CheckIfname)),
		key("ifname_b", "Name of end b; the first free ethN without it.",
			func(l *model.LabLink) *string { return &l.IfnameB }, name("the name of an interface", model.CheckIfname)),
	})
}

func end() kind[string] { return name("the name of a namespace, or host", checkEnd) }

func natKind() kind[model.LabNAT] {
	return object("a subnet, {subnet: 10.20.0.0/24} or so", []field[model.LabNAT]{
		key("subnet", "What is masqueraded.",
			func(n *model.LabNAT) *netip.Prefix { return &n.Subnet }, subnet()).needed(),
		key("out_interface", "The one interface of the host by which it leaves; any without it.",
			func(n *model.LabNAT) *string { return &n.OutInterface }, hostInterface()),
	})
}

func expectationKind() kind[model.Expectation] {
	return object("an expectation, {from: red, to: blue, is: ok} or so", []field[model.Expectation]{
		key("from", "A namespace, or host.",
			func(e *model.Expectation) *string { return &e.From }, end()).needed(),
		key("to", "A namespace, host, or an address.",
			func(e *model.Expectation) *string { return &e.To }, name("the name of a namespace, host, or an address", checkTarget)).needed(),
		key("is", "Whether it is reached: ok or blocked.",
			func(e *model.Expectation) *model.Verdict { return &e.Is }, verdict()).needed(),
		key("tcp", "The TCP port to reach; ICMP echo without it.",
			func(e *model.Expectation) *uint16 { return &e.TCP }, port()),
		key("udp", "The UDP port to reach; ICMP echo without it.",
			func(e *model.Expectation) *uint16 { return &e.UDP }, port()),
		key("within", "How long to wait for an answer, 2s without it.",
			func(e *model.Expectation) *string { return &e.Within }, duration()),
	})
}
