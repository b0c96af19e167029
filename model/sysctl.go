package model

import "strings"

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

// The settings that switch forwarding on, as paths below /proc/sys.
const (
	ForwardIPv4 = "net/ipv4/ip_forward"
	ForwardIPv6 = "net/ipv6/conf/all/forwarding"
)

// AcceptRA returns the path of an interface's accept_ra (kernel
// documentation, networking/ip-sysctl).
func AcceptRA(ifname string) string { return "net/ipv6/conf/" + ifname + "/accept_ra" }

// UplinkSettings are what an uplink of a switch in userspace needs, as paths
// below /proc/sys: such a switch only gets copies of the packets, and the
// host's own stack must not answer them on the wire.
func UplinkSettings(ifname string) map[string]string {
	return map[string]string{
		"net/ipv4/conf/" + ifname + "/arp_ignore":   "8", // answer no ARP
		"net/ipv4/conf/" + ifname + "/rp_filter":    "1", // route nothing that comes in there
		"net/ipv6/conf/" + ifname + "/disable_ipv6": "1",
	}
}

// check refuses what ovsns never changes: a record is put into the kernel as it
// is, by root, and others may have written it.
func (s Sysctl) check() error {
	if value, ok := settingValue(s.Name); !ok || s.Value != value {
		return Invalidf("%s = %q is no setting that ovsns makes", s.Name, s.Value)
	}
	if len(s.Before) != 1 || s.Before < "0" || s.Before > "9" {
		return Invalidf("%q is no value that %s can have had", s.Before, s.Name)
	}
	return nil
}

// settingValue returns what ovsns gives to a setting.
func settingValue(name string) (string, bool) {
	if name == ForwardIPv4 || name == ForwardIPv6 {
		return "1", true
	}
	family, rest, _ := strings.Cut(strings.TrimPrefix(name, "net/"), "/conf/")
	ifname, _, _ := strings.Cut(rest, "/")
	if family != "ipv4" && family != "ipv6" || CheckIfname(ifname) != nil {
		return "", false
	}
	if name == AcceptRA(ifname) {
		return "2", true
	}
	value, ok := UplinkSettings(ifname)[name]
	return value, ok
}

var sysctlType = typeOf[Sysctl](KindSysctl, []Field{
	field(Stored, InPlace, func(s *Sysctl) *Place { return &s.Place }),
	field(Stored, Property[string]{"name", "Its path below /proc/sys.", escaped()}, func(s *Sysctl) *string { return &s.Name }),
	field(Stored|Shown, Property[string]{"value", "What it is set to.", escaped()}, func(s *Sysctl) *string { return &s.Value }),
	field(Stored|Shown, Property[string]{"before", "What it was.", escaped()}, func(s *Sysctl) *string { return &s.Before }),
	field(Observed, Condition, func(s *Sysctl) *string { return &s.Condition }),
})
