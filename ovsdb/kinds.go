package ovsdb

import (
	"github.com/ovsns/ovsns/model"
)

// stand says where the records of a kind stand.
type stand int

const (
	inRoot   stand = iota + 1 // a key on the row of Open_vSwitch
	onBridge                  // the row of Bridge
	onPorts                   // rows of Port and Interface
)

// kind is how the objects of a kind come into the database.
type kind struct {
	stand stand
	// ports lists the ports of an object; nil unless it stands on them. Each of
	// their rows records the whole object.
	ports func(model.Object) []port
}

// kinds has all there are; what is recorded of them are their stored fields.
//
//exhaustive:enforce
var kinds = map[model.Kind]kind{
	model.KindSysctl:     {stand: inRoot},
	model.KindSwitch:     {stand: onBridge},
	model.KindNamespace:  {stand: inRoot},
	model.KindGateway:    {onPorts, of(gatewayPorts)},
	model.KindUplink:     {onPorts, of(uplinkPorts)},
	model.KindCable:      {onPorts, of(cablePorts)},
	model.KindAttachment: {onPorts, of(attachmentPorts)},
	model.KindLink:       {stand: inRoot},
	model.KindRoute:      {stand: inRoot},
	model.KindNAT:        {stand: inRoot},
	model.KindAllow:      {stand: inRoot},
}

// port is a row of Port with its one Interface, as ovsns writes it.
type port struct {
	name   string
	sw     string
	iftype string // internalPort ..., or "" for a device that exists already
	peer   string // options:peer of the Interface
	vlans  model.VLANs
}

// internalPort is the type of an interface that ovs-vswitchd makes itself
// (ovs-vswitchd.conf.db(5), table Interface).
const internalPort = "internal"

func of[T model.Object](ports func(T) []port) func(model.Object) []port {
	return func(o model.Object) []port { return ports(o.(T)) }
}

// portsOf lists the ports of an object; none for kinds that have no such rows.
func portsOf(o model.Object) []port {
	if o == nil {
		return nil
	}
	k := kinds[o.Key().Kind]
	if k.ports == nil {
		return nil
	}
	return k.ports(o)
}

// portOf returns the port of that name of an object.
func portOf(o model.Object, name string) (port, bool) {
	for _, p := range portsOf(o) {
		if p.name == name {
			return p, true
		}
	}
	return port{}, false
}

// ownPort is the switch's own port while it carries no gateway.
func ownPort(sw string) port { return port{name: sw, sw: sw, iftype: internalPort} }

func gatewayPorts(g model.Gateway) []port {
	p := port{name: g.SwitchPort(), sw: g.Switch, iftype: internalPort, vlans: model.VLANs{Access: g.VLAN}}
	if g.Port != "" {
		p.iftype = ""
	}
	return []port{p}
}

func uplinkPorts(u model.Uplink) []port {
	return []port{{name: u.Interface, sw: u.Switch, vlans: u.VLANs}}
}

// patchPort is the type of an interface that leads to another of its kind, its peer.
const patchPort = "patch"

func cablePorts(c model.Cable) []port {
	a, b := port{name: c.A.Port, sw: c.A.Switch, vlans: c.VLANs}, port{name: c.B.Port, sw: c.B.Switch, vlans: c.VLANs}
	if !c.Veth {
		a.iftype, b.iftype = patchPort, patchPort
		a.peer, b.peer = b.name, a.name
	}
	return []port{a, b}
}

func attachmentPorts(a model.Attachment) []port {
	return []port{{name: a.Port, sw: a.Switch, vlans: a.VLANs}}
}
