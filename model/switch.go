package model

// Datapath is the part of Open vSwitch that carries the packets
// (ovs-vswitchd.conf.db(5), Bridge, datapath_type).
type Datapath string

// The datapaths. DatapathAuto only stands in requests, DatapathDummy in none:
// it is what DatapathNetdev comes to where nobody may open /dev/net/tun.
const (
	DatapathAuto   Datapath = "auto"
	DatapathSystem Datapath = "system" // the kernel's
	DatapathNetdev Datapath = "netdev" // in userspace
	DatapathDummy  Datapath = "dummy"  // in userspace, without interfaces of its own
)

// Userspace reports whether ovs-vswitchd itself carries the packets.
func (d Datapath) Userspace() bool { return d == DatapathNetdev || d == DatapathDummy }

// MakesInterfaces reports whether a switch can have interfaces of its own in
// the host; where not, a veth stands in for each, see [Gateway].
func (d Datapath) MakesInterfaces() bool { return d != DatapathDummy }

// Switch is an Open vSwitch bridge.
type Switch struct {
	Name      string   `json:"name"`
	Datapath  Datapath `json:"datapath"`
	Condition string   `json:"-"` // see [Observed]
}

// SwitchKey returns the key of a switch.
func SwitchKey(name string) Key { return Key{Kind: KindSwitch, Name: name} }

// Key implements [Object].
func (s Switch) Key() Key { return SwitchKey(s.Name) }

// Attrs implements [Object].
func (s Switch) Attrs() []Attr { return attrs(switchType.Fields, s) }

// Needs implements [Object].
func (Switch) Needs() []Key { return nil }
func (Switch) sealed()      {}

// LabSwitch is a switch of a lab file.
type LabSwitch struct {
	// Datapath "" is [DatapathAuto].
	Datapath Datapath `json:"datapath,omitempty"`
	LabSegment
	VLANs   map[VID]LabSegment `json:"vlans,omitempty"`
	Uplinks []LabUplink        `json:"uplinks,omitempty"`
}

var switchType = typeOf[Switch](KindSwitch, []Field{
	field(Stored|Required, Property[string]{"switch", "Its name.", SwitchName.Value}, func(s *Switch) *string { return &s.Name }),
	field(Stored|Required|Shown, recordedDatapath(), func(s *Switch) *Datapath { return &s.Datapath }),
	field(Observed, Condition, func(s *Switch) *string { return &s.Condition }),
})

// DatapathOf is the datapath of a switch.
var DatapathOf = Property[Datapath]{
	"datapath", "Where packets are switched: in the kernel (system), in userspace (netdev), or wherever it can be done best (auto, the default).",
	datapaths,
}

var datapaths = words("datapath", DatapathAuto, DatapathSystem, DatapathNetdev).standIn("TYPE")

// recordedDatapath is what a switch has, beside what can be asked for.
func recordedDatapath() Property[Datapath] {
	p := DatapathOf
	p.Parse = func(s string) (Datapath, error) {
		if Datapath(s) == DatapathDummy {
			return DatapathDummy, nil
		}
		return datapaths.Parse(s)
	}
	return p
}
