package ops

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// routeKind: a route goes before the interfaces change and is made after them.
var routeKind = typed[model.Route]{
	make: func(p *planner, r model.Route) { p.add(slotRoutes, setRoute(r, Hop{}, hopOf(r))) },
	change: func(p *planner, before, after model.Route) {
		p.add(slotRoutes, setRoute(after, hopOf(before), hopOf(after)))
	},
	remove: func(p *planner, r model.Route) {
		place := model.Place(r.Namespace)
		switch {
		case !p.stays(place): // it goes with its namespace
			p.back(p.backSlot(place), setRoute(r, Hop{}, hopOf(r)))
		case p.clears[place]:
			p.add(slotRoomBack, setRoute(r, hopOf(r), Hop{}))
		default:
			p.add(slotRoutesAway, setRoute(r, hopOf(r), Hop{}))
		}
	},
}.entry()

func setRoute(r model.Route, before, after Hop) SetRoute {
	return SetRoute{model.Place(r.Namespace), r.To, before, after}
}

// hopOf returns the next hop of a route; an IPv6 link-local one says its interface.
func hopOf(r model.Route) Hop { return Hop{r.Via.WithZone(""), r.Via.Zone()} }

// keepRoutes puts back the routes that stay in places that lose addresses or
// interfaces, there or on the way back, where those that change are put back too: with the first address of a subnet the
// kernel drops all routes into it, though other addresses are left there.
func (p *planner) keepRoutes() {
	if len(p.lost)+len(p.lostBack)+len(p.lostLinks) == 0 {
		return
	}
	for _, r := range model.All[model.Route](p.Before) {
		after, ok := model.Get[model.Route](p.Wished, r.Key())
		if !ok {
			continue
		}
		place := model.Place(r.Namespace)
		near := func(a netip.Prefix) bool { return a.Masked().Contains(r.Via) }
		again := setRoute(r, hopOf(r), hopOf(r))
		lost := slices.ContainsFunc(p.lost[place], near)
		if lost && after == r {
			p.steps[slotRoutes] = append(p.steps[slotRoutes], Step{Op: again, Note: r.Key().String() + " went with an address."})
		}
		if lost || slices.ContainsFunc(p.lostBack[place], near) || p.lostLinks[place] {
			p.back(p.backSlot(place), again)
		}
	}
}
