package model

import (
	"net/netip"
)

// NAT masquerades what leaves the host from a subnet, and nothing else.
type NAT struct {
	// Place is where the rule stands.
	Place  Place        `json:"place,omitempty"`
	Subnet netip.Prefix `json:"subnet"`
	// OutInterface limits it to what leaves by that interface; "" is any that
	// is not part of the lab.
	OutInterface string `json:"out_interface,omitempty"`
	Condition    string `json:"-"` // see [Observed]
}

// NATKey returns the key of the NAT of a subnet in a place.
func NATKey(place Place, subnet netip.Prefix) Key {
	return Key{KindNAT, place, subnet.String()}
}

// Key implements [Object].
func (n NAT) Key() Key { return NATKey(n.Place, n.Subnet) }

// Attrs implements [Object].
func (n NAT) Attrs() []Attr { return attrs(natType.Fields, n) }

// Needs implements [Object].
func (n NAT) Needs() []Key { return inPlace(n.Place) }
func (NAT) sealed()        {}

// LabNAT is a subnet that is masqueraded.
type LabNAT struct {
	Subnet       netip.Prefix `json:"subnet"`
	OutInterface string       `json:"out_interface,omitempty"`
}

var natType = typeOf[NAT](KindNAT, []Field{
	field(Stored, InPlace, func(n *NAT) *Place { return &n.Place }),
	field(Stored|Required, Subnet, func(n *NAT) *netip.Prefix { return &n.Subnet }),
	field(Stored|Shown, OutInterface, func(n *NAT) *string { return &n.OutInterface }),
	field(Observed, Condition, func(n *NAT) *string { return &n.Condition }),
})

// Subnet is what NAT masquerades.
var Subnet = Property[netip.Prefix]{
	"subnet", "The subnet that is masqueraded.", withSlash(read("a subnet such as 10.20.0.0/24", parseLabSubnet).standIn("SUBNET")),
}

func parseLabSubnet(s string) (netip.Prefix, error) {
	p, err := ParseSubnet(s)
	if err == nil && p.Bits() == 0 {
		return p, Invalidf("subnet %s is everything, expected one of the lab", p).WithHint("ovsns gateway list")
	}
	return p, err
}
