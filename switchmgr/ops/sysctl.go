package ops

import "github.com/ovsns/ovsns/model"

// sysctlKind: settings change when the interfaces are set up, what keeps the
// host's own routes before forwarding; they are put back last of all, and only
// then forgotten: what they were before must be known until then, even by another
// command.
var sysctlKind = typed[model.Sysctl]{
	make: func(p *planner, s model.Sysctl) {
		p.add(settingSlot(s), SetSysctl{Place: s.Place, Name: s.Name, Before: p.setting(s), After: s.Value})
	},
	change: func(p *planner, before, after model.Sysctl) {
		p.add(settingSlot(after), SetSysctl{Place: after.Place, Name: after.Name, Before: before.Value, After: after.Value})
	},
	remove: func(p *planner, s model.Sysctl) {
		slot := slotSettingsBack
		if forwards(s) {
			slot = slotForwardingBack
		}
		p.add(slot, SetSysctl{s.Place, s.Name, s.Value, s.Before, true})
	},
}.entry()

func settingSlot(s model.Sysctl) slot {
	if forwards(s) {
		return slotForwarding
	}
	return slotSettings
}

func forwards(s model.Sysctl) bool {
	return s.Name == model.ForwardIPv4 || s.Name == model.ForwardIPv6
}
