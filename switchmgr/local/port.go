package local

import "cmp"

// internalPort is the type of an interface that ovs-vswitchd makes itself
// (ovs-vswitchd.conf.db(5), table Interface); others have none.
const internalPort = "internal"

// port adds what is wrong with a port of a switch, and returns on which it is. What
// ovs-vswitchd has not said is as it is recorded.
func (c *conditions) port(v *View, name, sw, iftype string) string {
	status, known := v.Snap.Ports[name]
	switch {
	case !known:
		return sw
	case status.Type != iftype:
		c.add("port %s is of type %s", name, cmp.Or(status.Type, "system"))
	case status.Error != "":
		c.add("%s", status.Error)
	case status.OFPort <= 0:
		c.add("ovs-vswitchd has not taken port %s", name)
	}
	return cmp.Or(status.Switch, sw)
}
