package model

import (
	"net/netip"
	"strconv"
)

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

// LabSegment is the host's part in a segment: its gateway and NAT.
type LabSegment struct {
	Gateway []netip.Prefix `json:"gateway,omitempty"` // the host's addresses; none: no gateway
	NAT     bool           `json:"nat,omitempty"`
	// OutInterface limits NAT; "" is any.
	OutInterface string `json:"out_interface,omitempty"`
	// VRF names a router namespace; "" is the host itself.
	VRF string `json:"vrf,omitempty"`
}

// The properties of the host's part in a segment.
var (
	// SegmentVLAN says which segment of a switch.
	SegmentVLAN = Property[VID]{"vlan", "The VLAN of the segment; the untagged one without it.", vid()}
	// GatewayAddresses are those of the host.
	GatewayAddresses = listOf("gateway", "The host's addresses in the segment, with prefix length; without one the host is not in it.", address)
	// Masquerade switches NAT of the gateway's subnets on.
	Masquerade = Property[bool]{"nat", "Masquerade the gateway's subnets on their way out of the host.", switches()}
)
