package model

import (
	"net/netip"
	"slices"
)

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
		{Name: e.Namespace + " ifname", Value: e.Ifname},
		{Name: e.Namespace + " address", Value: joined(" ", e.Addresses)},
		{Name: e.Namespace + " mac", Value: e.MAC.String()},
	}
}

// Link is a cable between two namespaces, or a namespace and the host,
// without a switch: a veth. Between two places there is at most one.
type Link struct {
	A         LinkEnd `json:"a"`
	B         LinkEnd `json:"b"`
	Condition string  `json:"-"` // see [Observed]
}

// LinkKey returns the key of a link; the order of its ends does not matter.
func LinkKey(a, b string) Key {
	if b < a {
		a, b = b, a
	}
	return Key{Kind: KindLink, Name: a + "/" + b}
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
	return slices.Concat(a.attrs(), b.attrs(), attrs(linkType.Fields, l))
}

// Needs implements [Object].
func (l Link) Needs() []Key {
	return append(inPlace(EndPlace(l.A.Namespace)), inPlace(EndPlace(l.B.Namespace))...)
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
	// Of a cable between two switches, see [Cable]: VLANs that are not given are all.
	Name string `json:"name,omitempty"`
	Veth bool   `json:"veth,omitempty"`
	LabVLANs
}

// IsCable reports whether it is a cable between two switches of the lab. A name that
// is both a switch and a namespace is the namespace.
func (l LabLink) IsCable(lab *Lab) bool { return lab.isSwitch(l.A) && lab.isSwitch(l.B) }

func (l *Lab) isSwitch(name string) bool {
	_, is := l.Switches[name]
	_, both := l.Namespaces[name]
	return is && !both
}

// HalfCable returns the end that is a switch where the other one is none, "" where
// there is no such end.
func (l LabLink) HalfCable(lab *Lab) string {
	switch a, b := lab.isSwitch(l.A), lab.isSwitch(l.B); {
	case a && !b:
		return l.A
	case b && !a:
		return l.B
	}
	return ""
}

var linkType = typeOf[Link](KindLink,
	endFields("a", func(l *Link) *LinkEnd { return &l.A }), endFields("b", func(l *Link) *LinkEnd { return &l.B }),
	[]Field{field(Observed, Condition, func(l *Link) *string { return &l.Condition })})

// endFields are the stored fields of one end. How they are shown depends on the
// order of the ends, see [Link.Attrs].
func endFields(side string, part func(*Link) *LinkEnd) []Field {
	list := []Field{
		field(Stored|Required, LinkAt(side), func(l *Link) *string { return &part(l).Namespace }),
		field(Stored|Required, Ifname, func(l *Link) *string { return &part(l).Ifname }),
		field(Stored, Addresses.Property, func(l *Link) *[]netip.Prefix { return &part(l).Addresses }),
		field(Stored, HardwareAddress, func(l *Link) *MAC { return &part(l).MAC }),
	}
	for i := range list[1:] {
		list[i+1].Name = side + "-" + list[i+1].Name
	}
	return list
}

// LinkAt is where the end "a" or "b" of a link is.
func LinkAt(side string) Property[string] {
	return Property[string]{side, "The namespace at end " + side + ", or host.", place}
}

// LinkIfname is the name of an end.
func LinkIfname(side string) Property[string] {
	return Property[string]{"ifname-" + side, "Name of end " + side + "; the first free ethN without it.", Ifname.Value}
}

// LinkAddresses are the addresses of an end.
func LinkAddresses(side string) List[netip.Prefix] {
	return listOf("ip-"+side, "Addresses of end "+side+", with prefix length.", address)
}

// LinkMAC is the MAC of an end.
func LinkMAC(side string) Property[MAC] {
	return Property[MAC]{"mac-" + side, "MAC of end " + side + "; the kernel chooses without it.", HardwareAddress.Value}
}

var place = texts[string]("the name of a namespace, or host", checkEnd).standIn("NS")

func checkEnd(name string) error {
	if name == HostEnd {
		return nil
	}
	return CheckNamespace(name)
}

func (l Link) check() error {
	if l.A.Namespace == l.B.Namespace {
		return Invalidf("both ends are in %s", l.A.Namespace)
	}
	return nil
}
