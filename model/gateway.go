package model

import (
	"cmp"
	"net/netip"
)

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
	VRF       string `json:"vrf,omitempty"`
	Condition string `json:"-"` // see [Observed]
}

// GatewayKey returns the key of the gateway of a segment.
func GatewayKey(sw string, vlan VID) Key {
	return Key{Kind: KindGateway, Name: Segment{Switch: sw, VLAN: vlan}.String()}
}

// SwitchPort returns the name of the switch's port that leads to the host.
func (g Gateway) SwitchPort() string { return cmp.Or(g.Port, g.Interface) }

// Place returns where the interface is.
func (g Gateway) Place() Place { return VRFPlace(g.VRF) }

// Segment returns the segment that the gateway serves.
func (g Gateway) Segment() Segment { return Segment{Switch: g.Switch, VLAN: g.VLAN} }

// Key implements [Object].
func (g Gateway) Key() Key { return GatewayKey(g.Switch, g.VLAN) }

// Attrs implements [Object].
func (g Gateway) Attrs() []Attr { return attrs(gatewayType.Fields, g) }

// Needs implements [Object].
func (g Gateway) Needs() []Key { return []Key{SwitchKey(g.Switch)} }
func (Gateway) sealed()        {}

var gatewayType = typeOf[Gateway](KindGateway, []Field{
	field(Stored|Required, SwitchName, func(g *Gateway) *string { return &g.Switch }),
	field(Stored, SegmentVLAN, func(g *Gateway) *VID { return &g.VLAN }),
	field(Stored|Required|Shown, HostInterface, func(g *Gateway) *string { return &g.Interface }),
	field(Stored|Shown, standInOf, func(g *Gateway) *string { return &g.Port }),
	field(Stored|Shown, Addresses.Property, func(g *Gateway) *[]netip.Prefix { return &g.Addresses }),
	field(Stored|Shown, VRF, func(g *Gateway) *string { return &g.VRF }),
	field(Observed, Condition, func(g *Gateway) *string { return &g.Condition }),
})

// VRF is that of a gateway.
var VRF = Property[string]{"vrf", "A router namespace of its own for the gateway.", texts[string]("the name of a namespace", CheckNamespace).standIn("NAME")}

var standInOf = Property[string]{"port", "The port of the switch that leads to it.", ifname("the name of a port")}
