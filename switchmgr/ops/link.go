package ops

import (
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// linkKind: a link is a veth between two namespaces, or one and the host, of which
// the switch knows nothing.
var linkKind = typed[model.Link]{
	make:   (*planner).makeLink,
	change: (*planner).changeLink,
	remove: func(p *planner, l model.Link) {
		v, _ := linkVeth(p.Facts, p.Before, l)
		p.deleteVeth(v)
	},
	veth: linkVeth,
	rules: func(l model.Link) (model.Place, Rules) {
		if end, ok := l.End(model.HostEnd); ok {
			return model.Host, Rules{Segments: []string{end.Ifname}}
		}
		return model.Host, Rules{}
	},
}.entry()

func linkVeth(_ Facts, _ *model.State, l model.Link) (Veth, bool) {
	return Veth{linkEnd(l, l.A), linkEnd(l, l.B)}, true
}

// linkEnd returns one end of a link's veth; the host's end is marked with what it
// leads to.
func linkEnd(l model.Link, end model.LinkEnd) End {
	marked := end
	if end.Namespace == model.HostEnd {
		if marked = l.A; l.A.Namespace == model.HostEnd {
			marked = l.B
		}
	}
	return End{
		Place: model.EndPlace(end.Namespace), Name: end.Ifname, Alias: plan.Mark(marked.Namespace, marked.Ifname),
		MAC: end.MAC, Up: true, Addresses: end.Addresses,
	}
}

func (p *planner) makeLink(l model.Link) {
	v, _ := linkVeth(p.Facts, p.Wished, l)
	for i := range v { // they come up when other interfaces have given their addresses up
		v[i].Up, v[i].Addresses = false, nil
	}
	p.add(slotLinks, MakeVeth{v})
	for _, end := range []model.LinkEnd{l.A, l.B} {
		place := model.EndPlace(end.Namespace)
		p.add(slotInterfaces, SetLink{place, end.Ifname, LinkState{Up: Off}, LinkState{Up: On}})
		p.readdress(place, end.Ifname, nil, end.Addresses)
	}
}

func (p *planner) changeLink(before, after model.Link) {
	for _, end := range []model.LinkEnd{after.A, after.B} {
		place := model.EndPlace(end.Namespace)
		old, _ := before.End(end.Namespace)
		was, now := p.state(place, end.Ifname, before.Condition), LinkState{Up: On}
		if end.MAC != old.MAC {
			was.MAC, now.MAC = old.MAC, end.MAC
		}
		p.add(slotInterfaces, SetLink{place, end.Ifname, was, now})
		p.readdress(place, end.Ifname, old.Addresses, end.Addresses)
	}
}
