package labfile

import (
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

func routeKind() kind[model.LabRoute] {
	return object("a route, {to: 10.0.0.0/8, via: 172.16.10.254} or so", []field[model.LabRoute]{
		property(model.Destination, func(t *model.LabRoute) *string { return &t.To }).needed(),
		property(model.Via, func(t *model.LabRoute) *netip.Addr { return &t.Via }).needed(),
	})
}

func (r *reader) checkRoutes(path string, routes []model.LabRoute) {
	destinations := seen{r: r, first: map[string]string{}}
	for i, route := range routes {
		p := join(index(join(path, "routes"), i), "to")
		if route.To == "" || !route.Via.IsValid() {
			continue
		}
		to, err := model.ParseDestination(route.To, route.Via)
		if err != nil {
			r.contradiction(p, "", "%s", err)
			continue
		}
		destinations.check(p, to.String(), "route to")
	}
}
