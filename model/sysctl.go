package model

// Sysctl is a setting of a place that ovsns had to change, with what it was
// before. It is removed by putting that back.
type Sysctl struct {
	// Place is whose setting it is.
	Place     Place  `json:"place,omitempty"`
	Name      string `json:"name"` // path below /proc/sys, "net/ipv4/ip_forward"
	Value     string `json:"value"`
	Before    string `json:"before"`
	Condition string `json:"-"` // see [Observed]
}

// SysctlKey returns the key of a setting of a place.
func SysctlKey(place Place, name string) Key { return Key{KindSysctl, place, name} }

// Key implements [Object].
func (s Sysctl) Key() Key { return SysctlKey(s.Place, s.Name) }

// Attrs implements [Object].
func (s Sysctl) Attrs() []Attr { return attrs(sysctlType.Fields, s) }

// Needs implements [Object].
func (s Sysctl) Needs() []Key { return inPlace(s.Place) }
func (Sysctl) sealed()        {}

var sysctlType = typeOf[Sysctl](KindSysctl, []Field{
	field(Stored, InPlace, func(s *Sysctl) *Place { return &s.Place }),
	field(Stored, Property[string]{"name", "Its path below /proc/sys.", escaped()}, func(s *Sysctl) *string { return &s.Name }),
	field(Stored|Shown, Property[string]{"value", "What it is set to.", escaped()}, func(s *Sysctl) *string { return &s.Value }),
	field(Stored|Shown, Property[string]{"before", "What it was.", escaped()}, func(s *Sysctl) *string { return &s.Before }),
	field(Observed, Condition, func(s *Sysctl) *string { return &s.Condition }),
})
