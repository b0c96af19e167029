package local

import "github.com/ovsns/ovsns/model"

// uplinkKind: an uplink is somebody else's interface. Its record is gone when that
// of its port is; then the settings that it has in userspace tell that it was one.
var uplinkKind = kindOf[model.Uplink]{
	observe: (*View).uplink,
	gone: func(v *View, u model.Uplink) string {
		if _, there := v.find(u.Interface); there {
			return "ovs-vswitchd has another interface of that name open"
		}
		return "interface " + u.Interface + " is gone"
	},
	survives: func(v *View, u model.Uplink) bool {
		for name := range model.UplinkSettings(u.Interface) {
			if !v.Snap.Recorded.Has(model.SysctlKey(model.Host, name)) {
				return false
			}
		}
		return true
	},
	obstacle: func(v *View, u model.Uplink) error {
		if _, there := v.find(u.Interface); there {
			return nil
		}
		return noInterface(u.Interface)
	},
	interest:  func(i *Interest, u model.Uplink) { i.host[u.Interface] = "" },
	condition: func(u *model.Uplink) *string { return &u.Condition },
}.entry()

func noInterface(name string) error { return model.NotFoundf("the host has no interface %s", name) }

func (v *View) uplink(u *model.Uplink, wrong *conditions) bool {
	recorded := u.Switch
	u.Switch = wrong.port(v, u.Interface, u.Switch, "")
	u.VLANs = v.VLANs(u.Interface, u.VLANs)
	if v.Links == nil {
		return true
	}
	l, there := v.Links[u.Interface]
	if !there || v.deaf(recorded, l.Name, l.Index) {
		return false
	}
	wrong.down(l)
	return true
}

// deaf reports whether an uplink of a switch in userspace is another interface than
// that which ovs-vswitchd has opened: it is new, since it has not the settings of an
// uplink, and nobody listens on it. ovs-vswitchd does not notice by itself.
func (v *View) deaf(sw, ifname string, index int) bool {
	s, _ := model.Get[model.Switch](v.Snap.Recorded, model.SwitchKey(sw))
	if !s.Datapath.Userspace() {
		return false
	}
	for name, value := range model.UplinkSettings(ifname) {
		now, there := v.Host.Sysctls[name]
		recorded := v.Snap.Recorded.Has(model.SysctlKey(model.Host, name))
		if recorded && there && now != value {
			listened := v.listened()
			return listened != nil && !listened[index]
		}
	}
	return false
}
