package model

// Namespace is a named network namespace, as ip-netns(8) knows it.
type Namespace struct {
	Name string `json:"name"`
	// Forward makes it a router of IPv4 and IPv6.
	Forward   bool   `json:"forward,omitempty"`
	Condition string `json:"-"` // see [Observed]
}

// NamespaceKey returns the key of a namespace.
func NamespaceKey(name string) Key { return Key{Kind: KindNamespace, Name: name} }

// Key implements [Object].
func (n Namespace) Key() Key { return NamespaceKey(n.Name) }

// Attrs implements [Object].
func (n Namespace) Attrs() []Attr { return attrs(namespaceType.Fields, n) }

// Needs implements [Object].
func (Namespace) Needs() []Key { return nil }
func (Namespace) sealed()      {}

// Settings are those of the namespace that make it a router, as they are then;
// none while it is not meant to be one. What they were before is not recorded:
// they go with it.
func (n Namespace) Settings() []Sysctl {
	if !n.Forward {
		return nil
	}
	place := Place(n.Name)
	return []Sysctl{
		{Place: place, Name: ForwardIPv4, Value: "1", Before: "0"},
		{Place: place, Name: ForwardIPv6, Value: "1", Before: "0"},
	}
}

// LabNamespace is a namespace of a lab file.
type LabNamespace struct {
	Forward    bool           `json:"forward,omitempty"` // it is a router
	Interfaces []LabInterface `json:"interfaces,omitempty"`
	Routes     []LabRoute     `json:"routes,omitempty"`
}

var namespaceType = typeOf[Namespace](KindNamespace, []Field{
	field(Stored|Required, NamespaceName, func(n *Namespace) *string { return &n.Name }),
	field(Stored|Shown, Forward, func(n *Namespace) *bool { return &n.Forward }),
	field(Observed, Condition, func(n *Namespace) *string { return &n.Condition }),
})

// Forward makes a namespace a router.
var Forward = Property[bool]{"forward", "Make it a router, which forwards between its interfaces, IPv4 and IPv6.", switches().standIn("on|off")}
