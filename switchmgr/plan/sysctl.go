package plan

import (
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// settings wishes for the settings that the rest of the wish needs, and gives
// back those that nothing needs any more.
func (e *Editor) settings() {
	e.forwarding(model.Host)
	e.deafenUplinks()
}

// forwarding wishes for the settings of a place that NAT and Allow need there,
// and gives them back when the last user is gone.
func (e *Editor) forwarding(place model.Place) {
	v4, v6 := e.forwards(place)
	e.setting(place, model.ForwardIPv4, "1", v4)
	e.setting(place, model.ForwardIPv6, "1", v6)
	kept := slices.Clone(e.host.RouterAdvertised)
	for _, s := range model.All[model.Sysctl](e.state) {
		if ifname, ok := strings.CutSuffix(s.Name, "/accept_ra"); ok && s.Place == place {
			kept = append(kept, strings.TrimPrefix(ifname, "net/ipv6/conf/"))
		}
	}
	// A forwarding host drops the default route that it had by router
	// advertisement, unless accept_ra is 2.
	turnedOn := e.state.Has(model.SysctlKey(place, model.ForwardIPv6))
	slices.Sort(kept)
	for _, ifname := range slices.Compact(kept) {
		e.setting(place, model.AcceptRA(ifname), "2", v6 && turnedOn)
	}
}

// forwards reports which address families have to be routed in a place.
func (e *Editor) forwards(place model.Place) (v4, v6 bool) {
	for _, n := range model.All[model.NAT](e.state) {
		if n.Place == place {
			v4 = v4 || n.Subnet.Addr().Is4()
			v6 = v6 || n.Subnet.Addr().Is6()
		}
	}
	for _, a := range model.All[model.Allow](e.state) {
		for _, ifname := range []string{a.InterfaceA, a.InterfaceB} {
			if a.Place != place {
				continue
			}
			for _, p := range e.addressesOf(place, ifname) {
				v4 = v4 || p.Addr().Is4()
				v6 = v6 || p.Addr().Is6()
			}
		}
	}
	return v4, v6
}

// setting wishes a setting of a place on or off. One that somebody else has
// switched on already is not ours to record or to put back.
func (e *Editor) setting(place model.Place, name, value string, wanted bool) {
	key := model.SysctlKey(place, name)
	recorded, ours := model.Get[model.Sysctl](e.state, key)
	current, known := e.host.sysctl(place, name)
	switch {
	case wanted && ours:
		e.put(recorded)
	case wanted && known && current != value:
		e.put(model.Sysctl{Place: place, Name: name, Value: value, Before: current})
	case !wanted && ours:
		e.remove(key)
	}
}

func sysctlNoun() entry { return noun[model.Sysctl]{}.entry() }
