package local

import (
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// routeKind: a route is there with its next hop, or with another one.
var routeKind = kindOf[model.Route]{
	observe: func(v *View, r *model.Route, _ *conditions) bool {
		in, looked := v.Inside[r.Namespace]
		if !looked {
			return true
		}
		i := slices.IndexFunc(in.Routes, func(k nsmgr.Route) bool { return leads(k, r.To, r.Via) })
		if i < 0 {
			i = slices.IndexFunc(in.Routes, func(k nsmgr.Route) bool { return k.To == r.To && k.Via.IsValid() })
		}
		if i < 0 || v.remade[[2]string{r.Namespace, in.Routes[i].Interface}] {
			return false
		}
		if found := in.Routes[i]; !leads(found, r.To, r.Via) {
			if r.Via = found.Via; r.Via.IsLinkLocalUnicast() {
				r.Via = r.Via.WithZone(found.Interface)
			}
		}
		return true
	},
	gone: func(*View, model.Route) string { return "the route is gone" },
	survives: func(v *View, r model.Route) bool {
		return v.Has(r.Namespace) && hasRoute(v.Inside[r.Namespace].Routes, r.To, r.Via)
	},
	interest:  func(i *Interest, r model.Route) { i.routed[r.Namespace] = true },
	place:     func(r model.Route) model.Place { return model.Place(r.Namespace) },
	condition: func(r *model.Route) *string { return &r.Condition },
}.entry()
