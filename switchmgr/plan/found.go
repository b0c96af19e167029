package plan

import (
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

// Found is a host that somebody may have made by hand, as far as [Adopt] has
// to know it.
type Found struct {
	Switches []FoundSwitch
	// Namespaces are the named ones, sorted by name.
	Namespaces []FoundNamespace
	// Interfaces are the host's own.
	Interfaces []FoundInterface
	// Filter names the program whose rules drop what the host forwards unless
	// they allow it; "" when there is none.
	Filter string
}

// FoundSwitch is an Open vSwitch bridge.
type FoundSwitch struct {
	Name     string
	Datapath string // datapath_type; "" is "system"
	Managed  bool   // it was made by ovsns
	Ports    []FoundPort
	Extras   []string // what ovsns knows nothing of: "mirrors"
}

// FoundPort is a port of a bridge, as its columns say.
type FoundPort struct {
	Name    string
	Managed bool
	Types   []string // of its interfaces: several for a bond
	Tag     int      // -1 when there is none
	Trunks  []int
	Mode    string // vlan_mode; "" when there is none
	Fake    bool   // it stands for a bridge of one VLAN
	Peer    string // the other end of a patch port
	Error   string // why ovs-vswitchd could not open it
	IfaceID string // the mark of whoever attached it
	Extras  []string
}

// FoundNamespace is a named network namespace.
type FoundNamespace struct {
	model.Namespace
	Managed bool
	// SameAs is another name of it that was found before; "" for none.
	SameAs     string
	Interfaces []FoundInterface
	Routes     []FoundRoute // of the main table
}

// FoundInterface is an interface of the host or of a namespace.
type FoundInterface struct {
	Name, Kind string // Kind as `ip -d link` says, "device" for hardware
	Alias      string
	MAC        model.MAC
	MTU        int // in bytes
	Up         bool
	// Fallback marks what the kernel makes by itself in each namespace.
	Fallback bool
	// Peer is the other end of a veth; the zero value when it is unknown.
	Peer    FoundPlace
	Master  string // the bridge, bond or VRF that it is a part of
	Stacked bool   // VLANs or the like lie on it
	// Addresses are those of global scope, Dynamic those of them that expire.
	Addresses, Dynamic []netip.Prefix
}

// FoundPlace is an interface in a namespace; that of the host is
// [model.HostEnd].
type FoundPlace struct{ Namespace, Name string }

// FoundRoute is a route of a namespace.
type FoundRoute struct {
	To        netip.Prefix
	Via       netip.Addr // not valid: directly on the interface
	Interface string
	Protocol  string // as `ip route` says
}
