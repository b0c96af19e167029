package ops

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// gatewayKind: a gateway is the switch's own interface, an internal port that
// ovs-vswitchd makes with its row, or where there can be none the end of a veth
// that stands in for it.
var gatewayKind = typed[model.Gateway]{
	make:   (*planner).makeGateway,
	change: (*planner).changeGateway,
	remove: (*planner).removeGateway,
	rows:   gatewayRows,
	veth:   gatewayVeth,
	rules: func(g model.Gateway) (model.Place, Rules) {
		return g.Place(), Rules{Segments: []string{g.Interface}}
	},
}.entry()

func gatewayVeth(f Facts, lab *model.State, g model.Gateway) (Veth, bool) {
	mark := plan.Mark(model.HostEnd, g.Interface)
	return Veth{
		{Name: g.Port, Alias: mark, Quiet: true, Up: true},
		{
			Place: g.Place(), Name: g.Interface, Alias: mark, MAC: f.hostMAC(g.Interface),
			Up: true, Addresses: g.Addresses, OwnChecksums: f.ownChecksums(lab, g.Switch),
		},
	}, g.Port != ""
}

// standsIn reports whether the veth of a gateway that is to be made is there: only
// something about it was not as it was made.
func (p *planner) standsIn(g model.Gateway) bool {
	a, _ := p.link(g.Place(), g.Interface)
	b, _ := p.link(model.Host, g.Port)
	return a.Ours && b.Ours
}

func (p *planner) makeGateway(g model.Gateway) {
	if g.Port != "" && !p.standsIn(g) {
		v, _ := gatewayVeth(p.Facts, p.Wished, g)
		v[0].Up = false // it comes up last
		v[1].Up, v[1].Addresses, v[1].OwnChecksums = false, nil, false
		p.add(slotLinks, MakeVeth{v})
	}
	l, _ := p.link(g.Place(), g.Interface)
	had := slices.DeleteFunc(slices.Clone(g.Addresses), func(a netip.Prefix) bool { return !slices.Contains(l.Addresses, a) })
	port, _ := p.link(model.Host, g.Port)
	p.setUpGateway(g, had, "", LinkState{Up: flag(l.Up)}, LinkState{Up: flag(port.Up)})
}

func (p *planner) changeGateway(before, after model.Gateway) {
	if p.moved[after.Switch] != nil && after.Port == "" { // it is made anew, bare
		p.vanishes(before)
		p.setUpGateway(after, nil, "", LinkState{Up: Off}, LinkState{})
		return
	}
	p.setUpGateway(after, before.Addresses, before.Condition,
		p.state(after.Place(), after.Interface, before.Condition), p.state(model.Host, after.Port, before.Condition))
}

// setUpGateway leads its interface from the addresses that it had to those that
// it shall have, and up, with the port of the switch where that is another one.
func (p *planner) setUpGateway(g model.Gateway, had []netip.Prefix, condition string, was, port LinkState) {
	if g.Port == "" {
		p.add(slotInterfaces, WaitLink{g.Place(), g.Interface})
	}
	p.readdress(g.Place(), g.Interface, had, g.Addresses)
	now := LinkState{Up: On}
	if g.Port != "" {
		was.TxChecksum, now.TxChecksum = p.checksums(g.Switch, g.Switch, condition)
		p.add(slotPorts, SetLink{model.Host, g.Port, port, LinkState{Up: On}})
	}
	p.add(slotInterfaces, SetLink{g.Place(), g.Interface, was, now})
}

func (p *planner) removeGateway(g model.Gateway) {
	switch {
	case g.Port != "":
		v, _ := gatewayVeth(p.Facts, p.Before, g)
		p.deleteVeth(v)
	case g.VLAN != 0 || !p.Wished.Has(model.SwitchKey(g.Switch)):
		p.vanishes(g)
	default:
		p.readdress(g.Place(), g.Interface, g.Addresses, nil)
		p.add(slotInterfaces, SetLink{g.Place(), g.Interface, LinkState{Up: On}, LinkState{Up: Off}})
	}
}

// vanishes sets a gateway up when the rows with which its interface goes are back.
func (p *planner) vanishes(g model.Gateway) {
	p.back(slotRowsBack,
		WaitLink{g.Place(), g.Interface},
		SetAddresses{Place: g.Place(), Ifname: g.Interface, After: g.Addresses},
		SetLink{g.Place(), g.Interface, LinkState{Up: Off}, LinkState{Up: On}})
}

func gatewayRows(c model.Change, before, after model.Gateway) []string {
	switch {
	case c.Action() == model.ActionDelete && before.SwitchPort() != before.Switch:
		return []string{line("ovs-vsctl", "del-port", before.Switch, before.SwitchPort())}
	case c.Action() == model.ActionUpdate && before.Condition != "": // its port may be another one's
		return []string{setPort(after.SwitchPort(), model.VLANs{Access: after.VLAN})}
	case c.Action() != model.ActionCreate:
	case after.Port != "":
		return []string{addPort(after.Switch, after.Port, model.VLANs{Access: after.VLAN})}
	case after.VLAN != 0:
		return []string{addPort(after.Switch, after.Interface, model.VLANs{Access: after.VLAN}) + " " +
			line("--", "set", "interface", after.Interface, "type=internal") + " mac=" + macCall}
	}
	return nil
}
