package model

import (
	"cmp"
	"net/netip"
	"strconv"
)

// Kind names a noun of the model.
type Kind string

// The kinds, in the order in which they are made: each may refer to those
// before it.
const (
	KindSysctl     Kind = "sysctl"
	KindSwitch     Kind = "switch"
	KindNamespace  Kind = "namespace"
	KindGateway    Kind = "gateway"
	KindUplink     Kind = "uplink"
	KindAttachment Kind = "attachment"
	KindLink       Kind = "link"
	KindRoute      Kind = "route"
	KindNAT        Kind = "nat"
	KindAllow      Kind = "allow"
)

var kinds = []Kind{
	KindSysctl, KindSwitch, KindNamespace, KindGateway, KindUplink,
	KindAttachment, KindLink, KindRoute, KindNAT, KindAllow,
}

// Key identifies an object.
type Key struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
}

// String returns "attachment red/eth0".
func (k Key) String() string { return string(k.Kind) + " " + k.Name }

// Attr is one property of an object in words, for printing and comparing.
type Attr struct {
	Name, Value string
}

// Object is one thing that ovsns makes. The types of this package that have a
// Key are all there are.
type Object interface {
	// Key identifies the object; two values of one key are versions of it.
	Key() Key
	// Attrs lists what may differ between two versions, in a fixed order;
	// a value is "" where the property is not set.
	Attrs() []Attr
	sealed()
}

// Equal reports whether a and b are the same version of the same object.
func Equal(a, b Object) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Key() == b.Key() && len(differences(a, b)) == 0
}

// Datapath is the part of Open vSwitch that carries the packets
// (ovs-vswitchd.conf.db(5), Bridge, datapath_type).
type Datapath string

// The datapaths. DatapathAuto only stands in requests, DatapathDummy in none:
// it is what DatapathNetdev comes to where nobody may open /dev/net/tun.
const (
	DatapathAuto   Datapath = "auto"
	DatapathSystem Datapath = "system" // the kernel's
	DatapathNetdev Datapath = "netdev" // in userspace
	DatapathDummy  Datapath = "dummy"  // in userspace, without interfaces of its own
)

// Userspace reports whether ovs-vswitchd itself carries the packets.
func (d Datapath) Userspace() bool { return d == DatapathNetdev || d == DatapathDummy }

// MakesInterfaces reports whether a switch can have interfaces of its own in
// the host; where not, a veth stands in for each, see [Gateway].
func (d Datapath) MakesInterfaces() bool { return d != DatapathDummy }

// ParseDatapath reads "auto", "system" or "netdev". The error is [ErrInvalid].
func ParseDatapath(s string) (Datapath, error) {
	switch d := Datapath(s); d {
	case DatapathAuto, DatapathSystem, DatapathNetdev:
		return d, nil
	}
	return "", Invalidf("datapath %q is none of auto, system, netdev", s)
}

// Switch is an Open vSwitch bridge.
type Switch struct {
	Name     string   `json:"name"`
	Datapath Datapath `json:"datapath"`
}

// SwitchKey returns the key of a switch.
func SwitchKey(name string) Key { return Key{KindSwitch, name} }

// Key implements [Object].
func (s Switch) Key() Key { return SwitchKey(s.Name) }

// Attrs implements [Object].
func (s Switch) Attrs() []Attr { return []Attr{{"datapath", string(s.Datapath)}} }
func (Switch) sealed()         {}

// Segment is one broadcast domain of the lab: a VLAN of a switch, or the far
// side of a link to the host. Exactly one of Switch and Namespace is set.
type Segment struct {
	Switch    string `json:"switch,omitempty"`
	VLAN      VID    `json:"vlan,omitempty"` // 0: untagged
	Namespace string `json:"namespace,omitempty"`
}

// String returns "sw0", "sw0:100" or the name of the namespace.
func (s Segment) String() string {
	switch {
	case s.Namespace != "":
		return s.Namespace
	case s.VLAN == 0:
		return s.Switch
	default:
		return s.Switch + ":" + strconv.Itoa(int(s.VLAN))
	}
}

// Gateway is the host's own interface in a segment of a switch, with its
// addresses there.
type Gateway struct {
	Switch string `json:"switch"`
	VLAN   VID    `json:"vlan,omitempty"` // 0: untagged, on the switch's own interface
	// Interface is its name in the host, see [GatewayInterface].
	Interface string `json:"interface"`
	// Port is the switch's port where Interface is the other end of a veth,
	// see [StandInPort]; "" where Interface itself is the port.
	Port      string         `json:"port,omitempty"`
	Addresses []netip.Prefix `json:"addresses"`
	// VRF is the router namespace that holds the interface; "" is the host.
	VRF string `json:"vrf,omitempty"`
}

// GatewayKey returns the key of the gateway of a segment.
func GatewayKey(sw string, vlan VID) Key {
	return Key{KindGateway, Segment{Switch: sw, VLAN: vlan}.String()}
}

// SwitchPort returns the name of the switch's port that leads to the host.
func (g Gateway) SwitchPort() string { return cmp.Or(g.Port, g.Interface) }

// Segment returns the segment that the gateway serves.
func (g Gateway) Segment() Segment { return Segment{Switch: g.Switch, VLAN: g.VLAN} }

// Key implements [Object].
func (g Gateway) Key() Key { return GatewayKey(g.Switch, g.VLAN) }

// Attrs implements [Object].
func (g Gateway) Attrs() []Attr {
	return []Attr{
		{"interface", g.Interface},
		{"port", g.Port},
		{"address", joined(" ", g.Addresses)},
		{"vrf", g.VRF},
	}
}
func (Gateway) sealed() {}

// Namespace is a named network namespace, as ip-netns(8) knows it.
type Namespace struct {
	Name string `json:"name"`
}

// NamespaceKey returns the key of a namespace.
func NamespaceKey(name string) Key { return Key{KindNamespace, name} }

// Key implements [Object].
func (n Namespace) Key() Key { return NamespaceKey(n.Name) }

// Attrs implements [Object].
func (Namespace) Attrs() []Attr { return nil }
func (Namespace) sealed()       {}

// Attachment is an interface of a namespace on a switch: a veth whose host
// end is a port of the switch.
type Attachment struct {
	Namespace string `json:"namespace"`
	Ifname    string `json:"ifname"`
	Switch    string `json:"switch"`
	VLANs
	Addresses []netip.Prefix `json:"addresses,omitempty"`
	// Gateways are the next hops of default routes, at most one per family.
	Gateways []netip.Addr `json:"gateways,omitempty"`
	// MAC is that of the namespace's end; zero lets the kernel choose.
	MAC MAC `json:"mac,omitzero"`
	// MTU in bytes; 0 keeps the kernel's default of 1500.
	MTU int `json:"mtu,omitempty"`
	// Port is the name of the host end and of the switch's port.
	Port string `json:"port"`
}

// AttachmentKey returns the key of an interface of a namespace.
func AttachmentKey(namespace, ifname string) Key {
	return Key{KindAttachment, namespace + "/" + ifname}
}

// Key implements [Object].
func (a Attachment) Key() Key { return AttachmentKey(a.Namespace, a.Ifname) }

// Attrs implements [Object].
func (a Attachment) Attrs() []Attr {
	return []Attr{
		{"switch", a.Switch},
		{"port", a.Port},
		{"vlans", a.VLANs.String()},
		{"address", joined(" ", a.Addresses)},
		{"gateway", joined(" ", a.Gateways)},
		{"mac", a.MAC.String()},
		{"mtu", number(a.MTU)},
	}
}
func (Attachment) sealed() {}

// Segment returns the segment of the attachment's untagged frames and whether
// it has any: those to which its addresses belong.
func (a Attachment) Segment() (Segment, bool) {
	vlan, ok := a.Untagged()
	return Segment{Switch: a.Switch, VLAN: vlan}, ok
}

// Uplink is an interface of the host that is a port of a switch.
type Uplink struct {
	Interface string `json:"interface"`
	Switch    string `json:"switch"`
	VLANs
	// WasUp says whether the interface was up before; it is put back so.
	WasUp bool `json:"was_up"`
}

// UplinkKey returns the key of an uplink.
func UplinkKey(ifname string) Key { return Key{KindUplink, ifname} }

// Key implements [Object].
func (u Uplink) Key() Key { return UplinkKey(u.Interface) }

// Attrs implements [Object].
func (u Uplink) Attrs() []Attr {
	return []Attr{{"switch", u.Switch}, {"vlans", u.VLANs.String()}}
}
func (Uplink) sealed() {}

// LinkEnd is one end of a [Link].
type LinkEnd struct {
	// Namespace is "host" ([HostEnd]) for the host itself.
	Namespace string         `json:"namespace"`
	Ifname    string         `json:"ifname"`
	Addresses []netip.Prefix `json:"addresses,omitempty"`
	MAC       MAC            `json:"mac,omitzero"` // zero lets the kernel choose
}

func (e LinkEnd) attrs() []Attr {
	return []Attr{
		{e.Namespace + " ifname", e.Ifname},
		{e.Namespace + " address", joined(" ", e.Addresses)},
		{e.Namespace + " mac", e.MAC.String()},
	}
}

// Link is a cable between two namespaces, or a namespace and the host,
// without a switch: a veth. Between two places there is at most one.
type Link struct {
	A LinkEnd `json:"a"`
	B LinkEnd `json:"b"`
}

// LinkKey returns the key of a link; the order of its ends does not matter.
func LinkKey(a, b string) Key {
	if b < a {
		a, b = b, a
	}
	return Key{KindLink, a + "/" + b}
}

// Key implements [Object].
func (l Link) Key() Key { return LinkKey(l.A.Namespace, l.B.Namespace) }

// Attrs implements [Object]. As in the key, the order of the ends does not
// matter.
func (l Link) Attrs() []Attr {
	a, b := l.A, l.B
	if b.Namespace < a.Namespace {
		a, b = b, a
	}
	return append(a.attrs(), b.attrs()...)
}
func (Link) sealed() {}

// End returns the end in a namespace (or [HostEnd]) and whether it has one.
func (l Link) End(namespace string) (LinkEnd, bool) {
	switch namespace {
	case l.A.Namespace:
		return l.A, true
	case l.B.Namespace:
		return l.B, true
	}
	return LinkEnd{}, false
}

// Route is a route inside a namespace, beside the default routes that
// attachments bring with them.
type Route struct {
	Namespace string       `json:"namespace"`
	To        netip.Prefix `json:"to"`
	// Via is the next hop; an IPv6 link-local one has its interface as zone.
	Via netip.Addr `json:"via"`
}

// RouteKey returns the key of a route: one next hop per destination.
func RouteKey(namespace string, to netip.Prefix) Key {
	return Key{KindRoute, namespace + "/" + to.String()}
}

// Key implements [Object].
func (r Route) Key() Key { return RouteKey(r.Namespace, r.To) }

// Attrs implements [Object].
func (r Route) Attrs() []Attr { return []Attr{{"via", r.Via.String()}} }
func (Route) sealed()         {}

// NAT masquerades what leaves the host from a subnet, and nothing else.
type NAT struct {
	Subnet netip.Prefix `json:"subnet"`
	// OutInterface limits it to what leaves by that interface; "" is any that
	// is not part of the lab.
	OutInterface string `json:"out_interface,omitempty"`
}

// NATKey returns the key of the NAT of a subnet.
func NATKey(subnet netip.Prefix) Key { return Key{KindNAT, subnet.String()} }

// Key implements [Object].
func (n NAT) Key() Key { return NATKey(n.Subnet) }

// Attrs implements [Object].
func (n NAT) Attrs() []Attr { return []Attr{{"out-interface", n.OutInterface}} }
func (NAT) sealed()         {}

// Allow lets two segments route to each other through the host, both ways.
type Allow struct {
	A Segment `json:"a"`
	B Segment `json:"b"`
	// InterfaceA and InterfaceB are the host's interfaces in them.
	InterfaceA string `json:"interface_a"`
	InterfaceB string `json:"interface_b"`
}

// AllowKey returns the key of a pair; its order does not matter.
func AllowKey(a, b Segment) Key {
	x, y := a.String(), b.String()
	if y < x {
		x, y = y, x
	}
	return Key{KindAllow, x + "," + y}
}

// Key implements [Object].
func (a Allow) Key() Key { return AllowKey(a.A, a.B) }

// Attrs implements [Object].
func (a Allow) Attrs() []Attr {
	return []Attr{{"interface-a", a.InterfaceA}, {"interface-b", a.InterfaceB}}
}
func (Allow) sealed() {}

// Sysctl is a setting of the host that ovsns had to change, with what it was
// before. It is removed by putting that back.
type Sysctl struct {
	Name   string `json:"name"` // path below /proc/sys, "net/ipv4/ip_forward"
	Value  string `json:"value"`
	Before string `json:"before"`
}

// SysctlKey returns the key of a setting.
func SysctlKey(name string) Key { return Key{KindSysctl, name} }

// Key implements [Object].
func (s Sysctl) Key() Key { return SysctlKey(s.Name) }

// Attrs implements [Object].
func (s Sysctl) Attrs() []Attr { return []Attr{{"value", s.Value}, {"before", s.Before}} }
func (Sysctl) sealed()         {}

// number returns n in decimal, "" for 0.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
