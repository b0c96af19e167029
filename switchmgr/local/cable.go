package local

import "github.com/ovsns/ovsns/model"

// patchPort is the type of an interface that leads to another one, its peer.
const patchPort = "patch"

// cableKind: a cable is a port on each of two switches, and a veth or nothing in
// the host.
var cableKind = kindOf[model.Cable]{
	observe: (*View).cable,
	gone: func(v *View, c model.Cable) string {
		for _, end := range c.Ends() {
			if _, there := v.find(end.Port); !there {
				return "interface " + end.Port + " is gone"
			}
		}
		return "it is gone"
	},
	survives: func(v *View, c model.Cable) bool { return c.Veth && v.cable(&c, new(conditions)) },
	interest: func(i *Interest, c model.Cable) {
		for _, end := range c.Ends() {
			i.host[end.Port] = ""
		}
	},
	condition: func(c *model.Cable) *string { return &c.Condition },
}.entry()

func (v *View) cable(c *model.Cable, wrong *conditions) bool {
	recorded := c.VLANs
	for _, end := range c.Ends() {
		iftype := patchPort
		if c.Veth {
			iftype = ""
			l, there := v.find(end.Port)
			if !there || !l.Managed() {
				return false
			}
			wrong.down(l)
		}
		if on := wrong.port(v, end.Port, end.Switch, iftype); on != end.Switch {
			wrong.add("port %s is on switch %s", end.Port, on)
		}
		if vlans := v.VLANs(end.Port, recorded); !vlans.Equal(recorded) {
			c.VLANs = vlans
		} else if v.Snap.Drifted[end.Port] {
			wrong.add("port %s is not as it was made", end.Port)
		}
	}
	return true
}
