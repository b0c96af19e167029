package ops

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// attachmentKind: an attachment is a veth between the host, where it is a port of
// the switch, and a namespace. It comes up with its addresses before the switch
// takes the port, where nobody hears what it says about it (model.QuietStart).
var attachmentKind = typed[model.Attachment]{
	make:   (*planner).makeAttachment,
	change: (*planner).changeAttachment,
	remove: (*planner).removeAttachment,
	veth:   attachmentVeth,
	rows: func(c model.Change, before, after model.Attachment) []string {
		return portRows(c, port{before.Switch, before.Port, before.VLANs}, port{after.Switch, after.Port, after.VLANs})
	},
}.entry()

func attachmentVeth(f Facts, lab *model.State, a model.Attachment) (Veth, bool) {
	mark := plan.Mark(a.Namespace, a.Ifname)
	return Veth{
		{Name: a.Port, Alias: mark, MTU: a.MTU, Quiet: true, Up: true},
		{
			Place: model.Place(a.Namespace), Name: a.Ifname, Alias: mark, MAC: a.MAC, MTU: a.MTU,
			Up: true, Addresses: a.Addresses, OwnChecksums: f.ownChecksums(lab, a.Switch),
		},
	}, true
}

func (p *planner) makeAttachment(a model.Attachment) {
	v, _ := attachmentVeth(p.Facts, p.Wished, a)
	p.add(slotLinks, MakeVeth{v})
	for _, g := range a.Gateways {
		p.add(slotInterfaces, defaultRoute(a, netip.Addr{}, g))
	}
}

func (p *planner) changeAttachment(before, after model.Attachment) {
	for _, g := range without(before.Gateways, after.Gateways) {
		p.add(slotRoutesAway, defaultRoute(after, g, netip.Addr{}))
	}
	place := model.Place(after.Namespace)
	port, was := p.state(model.Host, after.Port, before.Condition), p.state(place, after.Ifname, before.Condition)
	now := LinkState{Up: On}
	if before.MTU != after.MTU {
		port.MTU, was.MTU, now.MTU = mtuOf(before), mtuOf(before), mtuOf(after)
	}
	p.add(slotInterfaces, SetLink{model.Host, after.Port, port, now})
	if before.MAC != after.MAC {
		was.MAC, now.MAC = before.MAC, after.MAC
	}
	was.TxChecksum, now.TxChecksum = p.checksums(before.Switch, after.Switch, before.Condition)
	p.add(slotInterfaces, SetLink{place, after.Ifname, was, now})
	kept := without(after.Gateways, without(after.Gateways, before.Gateways))
	lost := p.readdress(place, after.Ifname, before.Addresses, after.Addresses)
	for _, g := range kept {
		if !slices.Equal(before.Addresses, after.Addresses) {
			p.back(slotAddressesBack, defaultRoute(after, g, g))
		}
		if lost { // the kernel may have dropped them
			p.add(slotInterfaces, defaultRoute(after, g, g))
		}
	}
	for _, g := range without(after.Gateways, before.Gateways) {
		p.add(slotInterfaces, defaultRoute(after, netip.Addr{}, g))
	}
}

func (p *planner) removeAttachment(a model.Attachment) {
	slot := p.backSlot(model.Place(a.Namespace))
	for _, g := range a.Gateways {
		p.back(slot, defaultRoute(a, netip.Addr{}, g))
	}
	v, _ := attachmentVeth(p.Facts, p.Before, a)
	p.deleteVeth(v)
}

// mtuOf returns the MTU of an attachment in bytes.
func mtuOf(a model.Attachment) int {
	if a.MTU == 0 {
		return 1500
	}
	return a.MTU
}

// defaultRoute leads the default route of an attachment from one next hop to
// another; the zero address is none.
func defaultRoute(a model.Attachment, before, after netip.Addr) SetRoute {
	hop := func(via netip.Addr) Hop {
		if !via.IsValid() {
			return Hop{}
		}
		return Hop{via, a.Ifname}
	}
	family := after
	if !family.IsValid() {
		family = before
	}
	return SetRoute{model.Place(a.Namespace), model.DefaultRoute(family), hop(before), hop(after)}
}
