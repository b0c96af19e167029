package ops

import (
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

// Facts are what a plan alone does not say. The zero value is right for a plan
// that makes a lab on a bare host whose Open vSwitch has the usual settings, and
// for the plan that takes it away again.
type Facts struct {
	// Before and Wished are the whole lab before the plan and after it. Nil means
	// that there is no more to it than the plan, and the other one, say.
	Before, Wished *model.State
	// TSO says that a switch in userspace completes checksums
	// (ovs-vswitchd.conf.db(5), other_config:userspace-tso-enable). Without,
	// the interfaces attached to it must do it themselves, or TCP stalls.
	TSO bool
	// Many says that the lab has hundreds of ports, [ManyPorts] or more.
	Many bool

	// Recorded is what the switch's database has: a port of it that the plan makes
	// is dead, its interface was deleted behind ovs-vswitchd's back. Nil: none is.
	Recorded *model.State
	// Namespaces are those of ours that exist already, recorded or not.
	Namespaces map[string]bool
	// Link tells about an interface of a place that has been looked at; nil when
	// none has.
	Link func(place model.Place, name string) (Link, bool)
	// Settings are the values that settings have now; of others they are what the
	// plan says that they were.
	Settings map[model.Key]string
	// Rules are what the firewall of a place has now; none of a place that has not
	// been looked at.
	Rules map[model.Place]Rules
	// HostMAC returns the MAC of an interface that the host has on a switch. Nil
	// leaves it to the kernel.
	HostMAC func(ifname string) model.MAC
}

// ManyPorts is from how many namespaces in the lab on ovs-vswitchd takes so long
// to go over its ports, about 25 microseconds for each, that an interface can be
// made meanwhile, which takes one or two milliseconds; and that of so many links
// that go it would hear before it has begun with their ports.
const ManyPorts = 250

// Link is an interface as it is now.
type Link struct {
	Ours      bool // ovsns made it, and has finished it
	Up        bool
	Addresses []netip.Prefix // of global scope
}

// link returns what is known of an interface of a place.
func (f Facts) link(place model.Place, name string) (Link, bool) {
	if f.Link == nil {
		return Link{}, false
	}
	return f.Link(place, name)
}

// hostMAC returns the MAC that an interface of the host is to have, zero where
// that is not known.
func (f Facts) hostMAC(name string) model.MAC {
	if f.HostMAC == nil {
		return model.MAC{}
	}
	return f.HostMAC(name)
}

// setting returns the value that a setting has now.
func (f Facts) setting(s model.Sysctl) string {
	if value, known := f.Settings[s.Key()]; known {
		return value
	}
	return s.Before
}

// ownChecksums reports whether what is attached to a switch must complete its
// checksums itself: a switch in userspace passes half-made ones on.
func (f Facts) ownChecksums(lab *model.State, sw string) bool {
	s, _ := model.Get[model.Switch](lab, model.SwitchKey(sw))
	return s.Datapath.Userspace() && !f.TSO
}

// stays reports whether a place is there after the plan.
func (f Facts) stays(place model.Place) bool {
	return place == model.Host || f.Wished.Has(model.NamespaceKey(string(place)))
}
