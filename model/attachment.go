package model

import (
	"net/netip"
)

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
	Port      string `json:"port"`
	Condition string `json:"-"` // see [Observed]
}

// AttachmentKey returns the key of an interface of a namespace.
func AttachmentKey(namespace, ifname string) Key {
	return Key{Kind: KindAttachment, Name: namespace + "/" + ifname}
}

// Key implements [Object].
func (a Attachment) Key() Key { return AttachmentKey(a.Namespace, a.Ifname) }

// Attrs implements [Object].
func (a Attachment) Attrs() []Attr { return attrs(attachmentType.Fields, a) }

// Needs implements [Object].
func (a Attachment) Needs() []Key { return []Key{SwitchKey(a.Switch), NamespaceKey(a.Namespace)} }
func (Attachment) sealed()        {}

// Segment returns the segment of the attachment's untagged frames and whether
// it has any: those to which its addresses belong.
func (a Attachment) Segment() (Segment, bool) {
	vlan, ok := a.Untagged()
	return Segment{Switch: a.Switch, VLAN: vlan}, ok
}

// LabInterface is an interface of a namespace on a switch.
type LabInterface struct {
	// Switch "" is the only one of the lab.
	Switch string `json:"switch,omitempty"`
	// Ifname "" is eth0, eth1, ... in the order of the file.
	Ifname string `json:"ifname,omitempty"`
	LabVLANs
	// IP holds "auto", "none" or addresses; none at all is "auto" where the
	// segment has a gateway.
	IP []string `json:"ip,omitempty"`
	// Gateway holds "auto", "none" or one next hop per address family; none at
	// all is "auto".
	Gateway []string `json:"gateway,omitempty"`
	MAC     MAC      `json:"mac,omitzero"`
	MTU     int      `json:"mtu,omitempty"` // in bytes; 0 is the kernel's default
}

var attachmentType = typeOf[Attachment](KindAttachment, []Field{
	field(Stored|Required, NamespaceName, func(a *Attachment) *string { return &a.Namespace }),
	field(Stored|Required, Ifname, func(a *Attachment) *string { return &a.Ifname }),
	field(Stored|Required|Shown, SwitchName, func(a *Attachment) *string { return &a.Switch }),
	field(Stored|Required|Shown, portOf, func(a *Attachment) *string { return &a.Port }),
}, vlanFields(func(a *Attachment) *VLANs { return &a.VLANs }), []Field{
	field(Stored|Shown, Addresses.Property, func(a *Attachment) *[]netip.Prefix { return &a.Addresses }),
	field(Stored|Shown, Gateways.Property, func(a *Attachment) *[]netip.Addr { return &a.Gateways }),
	field(Stored|Shown, HardwareAddress, func(a *Attachment) *MAC { return &a.MAC }),
	field(Stored|Shown, MTU, func(a *Attachment) *int { return &a.MTU }),
	field(Observed, Condition, func(a *Attachment) *string { return &a.Condition }),
})

// How addresses and default routes of an interface are asked for, and what it
// then has.
var (
	// IP are its addresses, or how to find them.
	IP = listOf("ip", "Its addresses with prefix length; none; or auto, the lowest free one of each gateway's subnet, "+
		"which is the default where there is a gateway.", orWord(address))
	// DefaultGateway are the next hops of its default routes, or how to find them.
	DefaultGateway = listOf("gateway", "Next hops of the default route, one for IPv4 and one for IPv6; none; or auto, "+
		"the gateway of the segment, which is the default.", orWord(read(someHop, ParseIP).standIn("IP")))
	// Gateways are the next hops of its default routes.
	Gateways = listOf("gateway", "Next hops of the default route, one for IPv4 and one for IPv6.", hop)

	portOf = Property[string]{"port", "The port of the switch.", ifname("the name of a port")}
)

func (a Attachment) check() error { return a.VLANs.check() }
