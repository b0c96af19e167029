package plan

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// AddRoute wishes for a route in a namespace.
func (e *Editor) AddRoute(r model.Route) error {
	if err := e.knownNamespace(r.Namespace); err != nil {
		return err
	}
	if r.To.Addr().Is4() != r.Via.Is4() {
		return model.Invalidf("route to %s cannot go via %s: not the same address family", r.To, r.Via)
	}
	via, err := e.scoped(r.Namespace, r.Via)
	if err != nil {
		return err
	}
	r.Via = via
	if !e.reaches(r.Namespace, r.Via) {
		return model.Conflictf("namespace %s has no address in the subnet of the next hop %s", r.Namespace, r.Via).
			WithHint("ovsns route list %s", r.Namespace)
	}
	for _, where := range e.interfaces(model.Place(r.Namespace)) {
		if holds(where.addresses, r.Via) {
			return model.Invalidf("next hop %s is the address of namespace %s itself", r.Via, r.Namespace)
		}
	}
	if a, i, ok := e.defaultOf(r.Namespace, r.To); ok {
		if onLink(a.Addresses, r.Via) && (r.Via.Zone() == "" || r.Via.Zone() == a.Ifname) {
			a.Gateways = slices.Clone(a.Gateways)
			a.Gateways[i] = r.Via.WithZone("")
			e.put(a)
			return nil
		}
		e.takeDefault(r.Namespace, "", r.Via.Is4())
	}
	e.put(r)
	return nil
}

// defaultOf returns the attachment that holds the default route of this
// destination's family, and which of its gateways that is.
func (e *Editor) defaultOf(namespace string, to netip.Prefix) (model.Attachment, int, bool) {
	if to.Bits() != 0 {
		return model.Attachment{}, 0, false
	}
	for _, a := range e.attachmentsOf(namespace) {
		for i, g := range a.Gateways {
			if g.Is4() == to.Addr().Is4() {
				return a, i, true
			}
		}
	}
	return model.Attachment{}, 0, false
}

// isHop reports whether the next hop that is asked for is this one, which is
// behind the interface where it needs one. Who asks need not say the interface.
func isHop(hop netip.Addr, ifname string, asked netip.Addr) bool {
	return hop.WithZone("") == asked.WithZone("") && (asked.Zone() == "" || asked.Zone() == ifname)
}

// DeleteRoute wishes a route of a namespace gone.
func (e *Editor) DeleteRoute(r model.Route) error {
	if err := e.knownNamespace(r.Namespace); err != nil {
		return err
	}
	if a, i, ok := e.defaultOf(r.Namespace, r.To); ok && isHop(a.Gateways[i], a.Ifname, r.Via) {
		a.Gateways = slices.Delete(slices.Clone(a.Gateways), i, i+1)
		e.put(a)
		return nil
	}
	if was, ok := model.Get[model.Route](e.state, r.Key()); !ok || !isHop(was.Via, was.Via.Zone(), r.Via) {
		return model.NotFoundf("namespace %s has no route to %s via %s that ovsns made", r.Namespace, r.To, r.Via).
			WithHint("ovsns route list %s", r.Namespace)
	}
	e.remove(r.Key())
	return nil
}

// routesOf returns the routes of a namespace.
func (e *Editor) routesOf(namespace string) []model.Route {
	return find[model.Route](e, within(namespace))
}

// hasDefault reports whether the namespace of a has a default route of a
// family already, by a itself or another of its interfaces.
func (e *Editor) hasDefault(a model.Attachment, is4 bool) bool {
	sameFamily := func(g netip.Addr) bool { return g.Is4() == is4 }
	if slices.ContainsFunc(a.Gateways, sameFamily) {
		return true
	}
	for _, b := range e.attachmentsOf(a.Namespace) {
		if b.Ifname != a.Ifname && slices.ContainsFunc(b.Gateways, sameFamily) {
			return true
		}
	}
	for _, r := range e.routesOf(a.Namespace) {
		if r.To.Bits() == 0 && sameFamily(r.Via) {
			return true
		}
	}
	return false
}

// takeDefault removes the default route of a family from a namespace, unless
// it is that of ifname: there can be only one, and another was asked for.
func (e *Editor) takeDefault(namespace, ifname string, is4 bool) {
	sameFamily := func(g netip.Addr) bool { return g.Is4() == is4 }
	for _, b := range e.attachmentsOf(namespace) {
		if b.Ifname != ifname && slices.ContainsFunc(b.Gateways, sameFamily) {
			b.Gateways = slices.DeleteFunc(slices.Clone(b.Gateways), sameFamily)
			e.put(b)
		}
	}
	for _, r := range e.routesOf(namespace) {
		if r.To.Bits() == 0 && sameFamily(r.Via) {
			e.remove(r.Key())
		}
	}
}

// dropRoutes removes the routes of a namespace whose next hop is out of reach.
func (e *Editor) dropRoutes(namespace string) {
	for _, r := range e.routesOf(namespace) {
		if !e.reaches(namespace, r.Via) {
			e.remove(r.Key())
		}
	}
}

// reaches reports whether an address is on a subnet of the namespace.
func (e *Editor) reaches(namespace string, a netip.Addr) bool {
	for _, where := range e.interfaces(model.Place(namespace)) {
		if onLink(where.addresses, a) && (a.Zone() == "" || a.Zone() == where.name) {
			return true
		}
	}
	return false
}

// scoped gives an IPv6 link-local next hop its interface, where only one can be
// meant, and refuses one that the namespace does not have.
func (e *Editor) scoped(namespace string, hop netip.Addr) (netip.Addr, error) {
	if hop.Is4() || !hop.IsLinkLocalUnicast() {
		return hop, nil
	}
	list := e.interfaces(model.Place(namespace))
	is := func(i iface) bool { return i.name == hop.Zone() }
	switch {
	case len(list) == 0:
		return hop, model.Conflictf("namespace %s has no interface", namespace).WithHint("ovsns attach %s", namespace)
	case hop.Zone() == "" && len(list) > 1:
		return hop, model.Invalidf("namespace %s has several interfaces; say behind which one %s is", namespace, hop).
			WithHint("via %s%%%s", hop, list[0].name)
	case hop.Zone() == "":
		return hop.WithZone(list[0].name), nil
	case !slices.ContainsFunc(list, is):
		return hop, model.NotFoundf("namespace %s has no interface %s", namespace, hop.Zone())
	}
	return hop, nil
}

func routeNoun() entry {
	return noun[model.Route]{
		tags: func(r model.Route) []any { return []any{within(r.Namespace)} },
		file: file[model.Route]{requests: routeRequests, key: model.Route.Key, request: (*Editor).AddRoute},
		export: func(x *exporter, r model.Route) {
			to := r.To.String()
			if r.To.Bits() == 0 {
				to = "default"
			}
			n := x.lab.Namespaces[r.Namespace]
			n.Routes = append(n.Routes, model.LabRoute{To: to, Via: r.Via})
			x.lab.Namespaces[r.Namespace] = n
		},
	}.entry()
}

func routeRequests(lab *model.Lab) ([]model.Route, error) {
	var list []model.Route
	for _, name := range slices.Sorted(maps.Keys(lab.Namespaces)) {
		for _, r := range lab.Namespaces[name].Routes {
			to, err := model.ParseDestination(r.To, r.Via)
			if err != nil {
				return nil, fmt.Errorf("namespace %s: %w", name, err)
			}
			list = append(list, model.Route{Namespace: name, To: to, Via: r.Via})
		}
	}
	return list, nil
}
