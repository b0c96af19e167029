package model

// Allow lets two segments route to each other through the place that routes
// both, both ways.
type Allow struct {
	// Place is where they are routed.
	Place Place   `json:"place,omitempty"`
	A     Segment `json:"a"`
	B     Segment `json:"b"`
	// InterfaceA and InterfaceB are the interfaces of that place in them.
	InterfaceA string `json:"interface_a"`
	InterfaceB string `json:"interface_b"`
	Condition  string `json:"-"` // see [Observed]
}

// AllowKey returns the key of a pair in a place; its order does not matter.
func AllowKey(place Place, a, b Segment) Key {
	x, y := a.String(), b.String()
	if y < x {
		x, y = y, x
	}
	return Key{KindAllow, place, x + "," + y}
}

// Key implements [Object].
func (a Allow) Key() Key { return AllowKey(a.Place, a.A, a.B) }

// Attrs implements [Object].
func (a Allow) Attrs() []Attr { return attrs(allowType.Fields, a) }

// Needs implements [Object].
func (a Allow) Needs() []Key { return inPlace(a.Place) }
func (Allow) sealed()        {}

var allowType = typeOf[Allow](KindAllow, []Field{field(Stored, InPlace, func(a *Allow) *Place { return &a.Place })},
	segmentFields("a-", func(a *Allow) *Segment { return &a.A }), segmentFields("b-", func(a *Allow) *Segment { return &a.B }), []Field{
		field(Stored|Required|Shown, interfaceA, func(a *Allow) *string { return &a.InterfaceA }),
		field(Stored|Required|Shown, interfaceB, func(a *Allow) *string { return &a.InterfaceB }),
		field(Observed, Condition, func(a *Allow) *string { return &a.Condition }),
	})

var (
	interfaceA = Property[string]{"interface-a", "The interface in the one segment.", ifname("the name of an interface")}
	interfaceB = Property[string]{"interface-b", "The interface in the other segment.", ifname("the name of an interface")}
)

// segmentFields are the fields of a segment; prefix tells two of them apart.
func segmentFields(prefix string, part func(*Allow) *Segment) []Field {
	list := []Field{
		field(Stored, SwitchName, func(a *Allow) *string { return &part(a).Switch }),
		field(Stored, SegmentVLAN, func(a *Allow) *VID { return &part(a).VLAN }),
		field(Stored, NamespaceName, func(a *Allow) *string { return &part(a).Namespace }),
	}
	for i := range list {
		list[i].Name = prefix + list[i].Name
	}
	return list
}

func (a Allow) check() error {
	for _, s := range []Segment{a.A, a.B} {
		if (s.Switch == "") == (s.Namespace == "") {
			return Invalidf("a segment is either of a switch or a namespace's")
		}
	}
	return nil
}
