package plan

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// CreateNamespaces wishes for namespaces.
func (e *Editor) CreateNamespaces(names []string) error {
	for _, name := range names {
		if err := e.createNamespace(name); err != nil {
			return err
		}
	}
	return nil
}

func (e *Editor) createNamespace(name string) error {
	if err := model.CheckNamespace(name); err != nil {
		return err
	}
	if err := e.host.checkNamespace(name); err != nil {
		return err
	}
	e.put(model.Namespace{Name: name})
	return nil
}

// DeleteNamespaces wishes namespaces gone, with what joins them to anything.
func (e *Editor) DeleteNamespaces(names []string) error {
	for _, name := range names {
		if err := e.knownNamespace(name); err != nil {
			return err
		}
	}
	for _, name := range names {
		e.deleteNamespace(name)
	}
	return nil
}

func (e *Editor) deleteNamespace(name string) {
	for _, a := range e.attachmentsOf(name) {
		e.remove(a.Key())
	}
	for _, l := range e.linksOf(name) {
		e.removeLink(l)
	}
	for _, r := range e.routesOf(name) {
		e.remove(r.Key())
	}
	e.remove(model.NamespaceKey(name))
}

// knownNamespace reports a namespace that is missing or not ours.
func (e *Editor) knownNamespace(name string) error {
	if err := model.CheckNamespace(name); err != nil {
		return err
	}
	if err := e.host.checkNamespace(name); err != nil {
		return err
	}
	if !e.state.Has(model.NamespaceKey(name)) && e.host.Namespaces[name] != TakenOurs {
		return model.NotFoundf("no namespace is named %q", name).WithHint("ovsns ns create %s", name)
	}
	return nil
}

// place is where an address of a namespace is recorded: an attachment or the
// end of a link.
type place struct {
	ifname    string
	addresses []netip.Prefix
	// with returns the object as it is with other addresses.
	with func([]netip.Prefix) model.Object
}

// places returns the interfaces of a namespace, sorted by name.
func (e *Editor) places(namespace string) []place {
	var list []place
	for _, a := range e.attachmentsOf(namespace) {
		list = append(list, place{a.Ifname, a.Addresses, func(p []netip.Prefix) model.Object {
			a.Addresses = p
			a.Gateways = slices.DeleteFunc(slices.Clone(a.Gateways), func(g netip.Addr) bool { return !onLink(p, g) })
			return a
		}})
	}
	for _, l := range e.linksOf(namespace) {
		end, _ := l.End(namespace)
		list = append(list, place{end.Ifname, end.Addresses, func(p []netip.Prefix) model.Object {
			if l.A.Namespace == namespace {
				l.A.Addresses = p
			} else {
				l.B.Addresses = p
			}
			return l
		}})
	}
	slices.SortFunc(list, func(a, b place) int {
		if a.ifname < b.ifname {
			return -1
		}
		return 1
	})
	return list
}

// pickPlace returns the interface of that name, or the only one.
func (e *Editor) pickPlace(namespace, ifname string) (place, error) {
	if err := e.knownNamespace(namespace); err != nil {
		return place{}, err
	}
	list := e.places(namespace)
	if ifname == "" && len(list) > 1 {
		return place{}, model.Invalidf("namespace %s has several interfaces; say which one", namespace).
			WithHint("--ifname %s", list[0].ifname)
	}
	for _, p := range list {
		if ifname == "" || p.ifname == ifname {
			return p, nil
		}
	}
	if ifname == "" {
		return place{}, model.NotFoundf("namespace %s has no interface", namespace).WithHint("ovsns attach %s", namespace)
	}
	return place{}, model.NotFoundf("namespace %s has no interface %s that ovsns made", namespace, ifname)
}

// AddAddress wishes for an address more on an interface of a namespace.
func (e *Editor) AddAddress(namespace string, p netip.Prefix, ifname string) error {
	where, err := e.pickPlace(namespace, ifname)
	if err != nil {
		return err
	}
	addresses := where.addresses
	if !slices.Contains(addresses, p) {
		addresses = append(slices.Clone(addresses), p)
	}
	e.put(where.with(addresses))
	return nil
}

// DeleteAddress wishes an address of a namespace gone, with the routes whose
// next hop only it could reach: the kernel drops those too.
func (e *Editor) DeleteAddress(namespace string, p netip.Prefix, ifname string) error {
	if err := e.knownNamespace(namespace); err != nil {
		return err
	}
	if ifname = e.holder(namespace, p, ifname); ifname == "" {
		return model.NotFoundf("namespace %s has no address %s", namespace, p)
	}
	where, err := e.pickPlace(namespace, ifname)
	if err != nil {
		return err
	}
	i := slices.Index(where.addresses, p)
	if i < 0 {
		return model.NotFoundf("interface %s of namespace %s has no address %s", where.ifname, namespace, p)
	}
	e.put(where.with(slices.Delete(slices.Clone(where.addresses), i, i+1)))
	e.dropRoutes(namespace)
	return nil
}

// holder returns the interface that has the address, when none was named.
func (e *Editor) holder(namespace string, p netip.Prefix, ifname string) string {
	for _, where := range e.places(namespace) {
		if ifname == "" && slices.Contains(where.addresses, p) {
			return where.ifname
		}
	}
	return ifname
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
	for _, where := range e.places(namespace) {
		if onLink(where.addresses, a) && (a.Zone() == "" || a.Zone() == where.ifname) {
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
	places := e.places(namespace)
	is := func(p place) bool { return p.ifname == hop.Zone() }
	switch {
	case len(places) == 0:
		return hop, model.Conflictf("namespace %s has no interface", namespace).WithHint("ovsns attach %s", namespace)
	case hop.Zone() == "" && len(places) > 1:
		return hop, model.Invalidf("namespace %s has several interfaces; say behind which one %s is", namespace, hop).
			WithHint("via %s%%%s", hop, places[0].ifname)
	case hop.Zone() == "":
		return hop.WithZone(places[0].ifname), nil
	case !slices.ContainsFunc(places, is):
		return hop, model.NotFoundf("namespace %s has no interface %s", namespace, hop.Zone())
	}
	return hop, nil
}

// onLink reports whether one of the subnets holds the address; IPv6 link-local
// next hops always are.
func onLink(addresses []netip.Prefix, a netip.Addr) bool {
	return a.Is6() && a.IsLinkLocalUnicast() || slices.ContainsFunc(addresses, func(p netip.Prefix) bool { return p.Masked().Contains(a) })
}

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
	for _, where := range e.places(r.Namespace) {
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
