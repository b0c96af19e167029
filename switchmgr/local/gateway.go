package local

import (
	"slices"

	"github.com/ovsns/ovsns/model"
)

// gatewayKind: a gateway is the switch's own interface, or the end of a veth that
// stands in for it. It goes with its row in the database; its place in the firewall
// does not.
var gatewayKind = kindOf[model.Gateway]{
	observe: (*View).gateway,
	gone: func(v *View, g model.Gateway) string {
		if _, there := v.find(g.Interface); there {
			return "interface " + g.SwitchPort() + " is gone"
		}
		return "interface " + g.Interface + " is gone"
	},
	survives:  func(v *View, g model.Gateway) bool { return slices.Contains(v.Rules.Segments, g.Interface) },
	interest:  func(i *Interest, g model.Gateway) { i.host[g.Interface], i.host[g.SwitchPort()] = "", "" },
	place:     model.Gateway.Place,
	condition: func(g *model.Gateway) *string { return &g.Condition },
}.entry()

func (v *View) gateway(g *model.Gateway, wrong *conditions) bool {
	iftype := internalPort
	if g.Port != "" {
		iftype = ""
	}
	if on := wrong.port(v, g.SwitchPort(), g.Switch, iftype); on != g.Switch {
		wrong.add("port %s is on switch %s", g.SwitchPort(), on)
	}
	want := model.VLANs{Access: g.VLAN}
	if vlans := v.VLANs(g.SwitchPort(), want); !vlans.Equal(want) {
		wrong.add("port %s is %s", g.SwitchPort(), vlans)
	}
	if v.Links == nil {
		return true
	}
	l, there := v.Links[g.Interface]
	port, portThere := v.Links[g.SwitchPort()]
	if !there || !portThere {
		return false
	}
	wrong.down(l)
	if g.Port != "" {
		wrong.down(port)
		if v.needsChecksums(g.Switch) {
			wrong.checksums(l)
		}
	}
	if !slices.Contains(v.Rules.Segments, g.Interface) {
		wrong.apart(g.Interface)
	}
	g.Addresses = present(g.Addresses, l.Addresses)
	return true
}
