package model

import "net/netip"

// LabVersion is the version of the lab file that this package describes.
const LabVersion = 1

// Lab is what a lab file says: switches, namespaces and what joins them. It is
// a wish, written by people; package switchmgr/plan makes a [State] of it. A
// part that is left out is empty.
type Lab struct {
	Version    int                     `json:"version"`
	Name       string                  `json:"name,omitempty"`
	Switches   map[string]LabSwitch    `json:"switches,omitempty"`
	Namespaces map[string]LabNamespace `json:"namespaces,omitempty"`
	Links      []LabLink               `json:"links,omitempty"`
	// NAT lists subnets to masquerade beside those of the gateways.
	NAT []LabNAT `json:"nat,omitempty"`
	// Allow lists pairs of segments that may route to each other, each written
	// as in `ovsns allow add`: "sw0", "sw0:100", or a namespace that is linked
	// to the host.
	Allow [][2]string `json:"allow,omitempty"`
	// Expect says who shall reach whom; `ovsns check` measures it.
	Expect []Expectation `json:"expect,omitempty"`
}

// LabSwitch is a switch of a lab file.
type LabSwitch struct {
	// Datapath "" is [DatapathAuto].
	Datapath Datapath `json:"datapath,omitempty"`
	LabSegment
	VLANs   map[VID]LabSegment `json:"vlans,omitempty"`
	Uplinks []LabUplink        `json:"uplinks,omitempty"`
}

// LabSegment is the host's part in a segment: its gateway and NAT.
type LabSegment struct {
	Gateway []netip.Prefix `json:"gateway,omitempty"` // the host's addresses; none: no gateway
	NAT     bool           `json:"nat,omitempty"`
	// OutInterface limits NAT; "" is any.
	OutInterface string `json:"out_interface,omitempty"`
	// VRF names a router namespace; "" is the host itself.
	VRF string `json:"vrf,omitempty"`
}

// LabVLANs are the VLANs of a port, in the words of the file.
type LabVLANs struct {
	VLAN       VID    `json:"vlan,omitempty"`
	Trunk      VIDSet `json:"trunk,omitempty"`
	NativeVLAN VID    `json:"native_vlan,omitempty"`
}

// VLANs returns them as a port has them.
func (v LabVLANs) VLANs() VLANs { return VLANs{Access: v.VLAN, Trunk: v.Trunk, Native: v.NativeVLAN} }

// LabUplink is an interface of the host that is a port of the switch.
type LabUplink struct {
	Interface string `json:"interface"`
	LabVLANs
}

// LabNamespace is a namespace of a lab file.
type LabNamespace struct {
	Interfaces []LabInterface `json:"interfaces,omitempty"`
	Routes     []LabRoute     `json:"routes,omitempty"`
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

// LabRoute is a route inside a namespace.
type LabRoute struct {
	To  string     `json:"to"` // a subnet, an address or "default"
	Via netip.Addr `json:"via"`
}

// LabLink is a cable without a switch; an end "host" is the host itself.
type LabLink struct {
	A    string         `json:"a"`
	B    string         `json:"b"`
	IPA  []netip.Prefix `json:"ip_a,omitempty"`
	IPB  []netip.Prefix `json:"ip_b,omitempty"`
	MACA MAC            `json:"mac_a,omitzero"`
	MACB MAC            `json:"mac_b,omitzero"`
	// IfnameA and IfnameB are the names of its ends; "" is the first free ethN,
	// and in the host a name that tells where the link leads.
	IfnameA string `json:"ifname_a,omitempty"`
	IfnameB string `json:"ifname_b,omitempty"`
}

// LabNAT is a subnet that is masqueraded.
type LabNAT struct {
	Subnet       netip.Prefix `json:"subnet"`
	OutInterface string       `json:"out_interface,omitempty"`
}

// Verdict is what an [Expectation] expects.
type Verdict string

// The verdicts.
const (
	ReachOK      Verdict = "ok"
	ReachBlocked Verdict = "blocked"
)

// Expectation says whether one place shall reach another.
type Expectation struct {
	// From is a namespace, or "host".
	From string `json:"from"`
	// To is a namespace, "host", or an address.
	To string  `json:"to"`
	Is Verdict `json:"is"`
	// TCP or UDP names a port to reach; with neither it is an ICMP echo.
	TCP uint16 `json:"tcp,omitempty"`
	UDP uint16 `json:"udp,omitempty"`
	// Within bounds the wait for an answer, as time.ParseDuration reads it;
	// "" is 2s.
	Within string `json:"within,omitempty"`
}
