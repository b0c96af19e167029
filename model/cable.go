package model

import (
	"cmp"
	"strconv"
)

// Cable joins two switches: by patch ports, or by a veth, whose ends can go down.
type Cable struct {
	A CableEnd `json:"a"`
	B CableEnd `json:"b"`
	// Name tells several cables between the same two switches apart; "" is the
	// name of one of them.
	Name string `json:"name,omitempty"`
	// Veth makes it a veth; else it is made of patch ports, which are in no
	// kernel and need the same datapath at both ends (ovs-vswitchd.conf.db(5),
	// Interface, Patch Options).
	Veth bool `json:"veth"`
	// VLANs are those of both ports; [AllVLANs] unless another choice was made.
	VLANs
	Condition string `json:"-"` // see [Observed]
}

// CableEnd is one end of a [Cable].
type CableEnd struct {
	Switch string `json:"switch"`
	// Port is its name on that switch, and in the host if it is a veth's end. See
	// [CablePort].
	Port string `json:"port"`
}

// CableKey returns the key of a cable; the order of its ends does not matter.
func CableKey(a, b, name string) Key {
	if b < a {
		a, b = b, a
	}
	key := a + "/" + b
	if name != "" {
		key += "/" + name
	}
	return Key{Kind: KindCable, Name: key}
}

// Key implements [Object].
func (c Cable) Key() Key { return CableKey(c.A.Switch, c.B.Switch, c.Name) }

// Attrs implements [Object].
func (c Cable) Attrs() []Attr {
	a, b := c.A, c.B
	if b.Switch < a.Switch {
		a, b = b, a
	}
	return append([]Attr{{Name: "port", Value: a.Port}, {Name: "peer", Value: b.Port}}, attrs(cableType.Fields, c)...)
}

// Needs implements [Object].
func (c Cable) Needs() []Key { return []Key{SwitchKey(c.A.Switch), SwitchKey(c.B.Switch)} }
func (Cable) sealed()        {}

// Ends returns both ends.
func (c Cable) Ends() [2]CableEnd { return [2]CableEnd{c.A, c.B} }

func (c Cable) check() error {
	if c.A.Switch == c.B.Switch || c.A.Port == c.B.Port {
		return Invalidf("both ends of a cable are %s", cmp.Or(c.A.Switch, c.A.Port))
	}
	return c.VLANs.check()
}

// CablePort returns the name of the port by which a switch has a cable to another:
// "s1-s2", or "s1-s2.NAME" for a cable of that name; what is too long ends in a
// hash. It is never that of the other end. When a name is taken by another of our
// own ports, the next attempt gives another one; attempt starts at 0.
func CablePort(sw, peer, name string, attempt int) string {
	port := sw + "-" + peer
	if name != "" {
		port += "." + name
	}
	if attempt == 0 && len(port) <= MaxIfname && plain(port) {
		return port
	}
	return hashed(sw, sw+"\x00"+peer+"\x00"+name+"\x00"+strconv.Itoa(attempt))
}

var cableType = typeOf[Cable](KindCable,
	cableEndFields("a", func(c *Cable) *CableEnd { return &c.A }), cableEndFields("b", func(c *Cable) *CableEnd { return &c.B }),
	[]Field{
		field(Stored, CableName, func(c *Cable) *string { return &c.Name }),
		field(Stored|Shown, VethCable, func(c *Cable) *bool { return &c.Veth }),
	}, vlanFields(func(c *Cable) *VLANs { return &c.VLANs }), []Field{
		field(Observed, Condition, func(c *Cable) *string { return &c.Condition }),
	})

// The properties of a cable.
var (
	CableName = Property[string]{"name", "Tells several cables between two switches apart.", texts[string]("the name of a cable", CheckCable)}
	VethCable = Property[bool]{"veth", "Whether it is a veth, whose ends can go down, rather than patch ports.", switches()}
)

// CheckCable reports whether a cable may have this name. The error is
// [ErrInvalid].
func CheckCable(name string) error { return checkIfname("cable", name) }

func cableEndFields(side string, part func(*Cable) *CableEnd) []Field {
	sw := Property[string]{side, "The switch at this end.", SwitchName.Value}
	port := Property[string]{side + "-port", "The port of that switch.", portOf.Value}
	return []Field{
		field(Stored|Required, sw, func(c *Cable) *string { return &part(c).Switch }),
		field(Stored|Required, port, func(c *Cable) *string { return &part(c).Port }),
	}
}
