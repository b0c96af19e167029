package model

// Uplink is an interface of the host that is a port of a switch.
type Uplink struct {
	Interface string `json:"interface"`
	Switch    string `json:"switch"`
	VLANs
	// WasUp says whether the interface was up before; it is put back so.
	WasUp     bool   `json:"was_up"`
	Condition string `json:"-"` // see [Observed]
}

// UplinkKey returns the key of an uplink.
func UplinkKey(ifname string) Key { return Key{Kind: KindUplink, Name: ifname} }

// Key implements [Object].
func (u Uplink) Key() Key { return UplinkKey(u.Interface) }

// Attrs implements [Object].
func (u Uplink) Attrs() []Attr { return attrs(uplinkType.Fields, u) }

// Needs implements [Object].
func (u Uplink) Needs() []Key { return []Key{SwitchKey(u.Switch)} }
func (Uplink) sealed()        {}

// LabUplink is an interface of the host that is a port of the switch.
type LabUplink struct {
	Interface string `json:"interface"`
	LabVLANs
}

var uplinkType = typeOf[Uplink](KindUplink, []Field{
	field(Stored|Required, HostInterface, func(u *Uplink) *string { return &u.Interface }),
	field(Stored|Required|Shown, SwitchName, func(u *Uplink) *string { return &u.Switch }),
}, vlanFields(func(u *Uplink) *VLANs { return &u.VLANs }), []Field{
	field(Stored, wasUp, func(u *Uplink) *bool { return &u.WasUp }),
	field(Observed, Condition, func(u *Uplink) *string { return &u.Condition }),
})

var wasUp = Property[bool]{"was-up", "Whether the interface was up before.", switches()}

func (u Uplink) check() error { return u.VLANs.check() }
