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
	field(Stored|Shown, Addresses, func(a *Attachment) *[]netip.Prefix { return &a.Addresses }),
	field(Stored|Shown, Gateways, func(a *Attachment) *[]netip.Addr { return &a.Gateways }),
	field(Stored|Shown, HardwareAddress, func(a *Attachment) *MAC { return &a.MAC }),
	field(Stored|Shown, MTU, func(a *Attachment) *int { return &a.MTU }),
	field(Observed, Condition, func(a *Attachment) *string { return &a.Condition }),
})

// Gateways are the next hops of the default routes of an interface.
var Gateways = Property[[]netip.Addr]{
	"gateway", "Next hops of the default route, one for IPv4 and one for IPv6.",
	lists(read("an address such as 172.16.10.254", ParseNextHop)),
}

var portOf = Property[string]{"port", "The port of the switch.", texts[string]("the name of a port", CheckIfname)}

func (a Attachment) check() error { return a.VLANs.check() }
