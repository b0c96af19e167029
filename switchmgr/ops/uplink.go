package ops

import "github.com/ovsns/ovsns/model"

// uplinkKind: an uplink is somebody else's interface, which is up while it is a
// port and afterwards as it was before.
var uplinkKind = typed[model.Uplink]{
	make: func(p *planner, u model.Uplink) {
		p.add(slotInterfaces, SetLink{model.Host, u.Interface, LinkState{Up: flag(u.WasUp)}, LinkState{Up: On}})
		if !u.WasUp {
			// ovs-vswitchd puts its flags back when it lets it go, and may bring it
			// up again.
			p.back(slotRowsBack, SetLink{model.Host, u.Interface, LinkState{Up: On}, LinkState{Up: Off}})
		}
	},
	change: func(p *planner, before, after model.Uplink) {
		p.add(slotInterfaces, SetLink{model.Host, after.Interface, p.state(model.Host, after.Interface, before.Condition), LinkState{Up: On}})
	},
	remove: func(p *planner, u model.Uplink) {
		if !u.WasUp {
			p.add(slotRelease, SetLink{model.Host, u.Interface, LinkState{Up: On}, LinkState{Up: Off}})
		}
	},
	rows: func(c model.Change, before, after model.Uplink) []string {
		return portRows(c, port{before.Switch, before.Interface, before.VLANs}, port{after.Switch, after.Interface, after.VLANs})
	},
}.entry()
