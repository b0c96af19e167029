package model

import (
	"cmp"
	"slices"
)

// Kind names a noun of the model. What is done for each kind stands in one entry
// of a table, or one case of a switch, of each package that deals with kinds; the
// linters and tests see to it that none is forgotten.
type Kind string

// The kinds, in the order in which they are made: each may refer to those
// before it.
const (
	KindSysctl     Kind = "sysctl"
	KindSwitch     Kind = "switch"
	KindNamespace  Kind = "namespace"
	KindGateway    Kind = "gateway"
	KindUplink     Kind = "uplink"
	KindCable      Kind = "cable"
	KindAttachment Kind = "attachment"
	KindLink       Kind = "link"
	KindRoute      Kind = "route"
	KindNAT        Kind = "nat"
	KindAllow      Kind = "allow"
)

// types describes the kinds, in their order.
var types = []Type{
	sysctlType, switchType, namespaceType, gatewayType, uplinkType, cableType,
	attachmentType, linkType, routeType, natType, allowType,
}

// Type describes the objects of a kind.
type Type struct {
	Kind Kind
	// Fields are its properties. Those that are recorded are enough to read an
	// object again.
	Fields []Field
	// Read makes an object of the texts of its stored fields, "" for one that is
	// not set. The error is [ErrInvalid].
	Read func(value func(name string) string) (Object, error)
}

// typeOf describes the objects of type T.
func typeOf[T Object](kind Kind, fields ...[]Field) Type {
	all := slices.Concat(fields...)
	return Type{kind, all, func(value func(string) string) (Object, error) { return readFields[T](all, value) }}
}

// Kinds returns all kinds, in the order in which they are made.
func Kinds() []Kind {
	list := make([]Kind, len(types))
	for i, t := range types {
		list[i] = t.Kind
	}
	return list
}

// TypeOf returns the description of a kind; the zero value of one that there is
// not.
func TypeOf(k Kind) Type {
	i := slices.IndexFunc(types, func(t Type) bool { return t.Kind == k })
	if i < 0 {
		return Type{}
	}
	return types[i]
}

// Key identifies an object.
type Key struct {
	Kind Kind `json:"kind"`
	// Place is where the rules and settings stand that exist in each place; of
	// other kinds, whose names are known in the whole lab, it is the host.
	Place Place  `json:"place,omitempty"`
	Name  string `json:"name"`
}

// String returns "attachment red/eth0", or "nat 10.0.0.0/24 in vrf-a" where it
// is not in the host.
func (k Key) String() string {
	if k.Place == Host {
		return string(k.Kind) + " " + k.Name
	}
	return string(k.Kind) + " " + k.Name + " in " + k.Place.String()
}

func compareKeys(a, b Key) int {
	return cmp.Or(
		cmp.Compare(rank(a.Kind), rank(b.Kind)),
		cmp.Compare(a.Place, b.Place),
		cmp.Compare(a.Name, b.Name))
}

// rank returns the place of a kind in the order in which they are made.
func rank(k Kind) int {
	return slices.IndexFunc(types, func(t Type) bool { return t.Kind == k })
}

// Attr is one property of an object in words, for printing and comparing.
type Attr struct {
	Name, Value string
	// Observed marks what is wrong with an object, see [Observed].
	Observed bool
}

// Object is one thing that ovsns makes. The types of this package that have a
// Key are all there are.
//
//sumtype:decl
type Object interface {
	// Key identifies the object; two values of one key are versions of it.
	Key() Key
	// Attrs lists what may differ between two versions, in a fixed order;
	// a value is "" where the property is not set.
	Attrs() []Attr
	// Needs lists what must be there for the object to be made.
	Needs() []Key
	sealed()
}

// Equal reports whether a and b are the same version of the same object.
func Equal(a, b Object) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Key() == b.Key() && slices.Equal(a.Attrs(), b.Attrs())
}

// Check reports what is wrong with the properties of an object, each by itself:
// an object that is recorded can be read again. The error is [ErrInvalid].
func Check(o Object) error {
	t := TypeOf(o.Key().Kind)
	_, err := t.Read(func(name string) string {
		i := slices.IndexFunc(t.Fields, func(f Field) bool { return f.Name == name && f.Use&Stored != 0 })
		return t.Fields[i].get(o)
	})
	return err
}
