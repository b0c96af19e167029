package plan

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// refuse leaves a namespace alone in the next pass, unless it is ours already.
func (a *adopter) refuse(n FoundNamespace, reason string) {
	if reason != "" && !n.Managed && a.refused[n.Name] == "" {
		a.refused[n.Name] = reason
	}
}

// checkNamespace refuses a namespace that would not be taken whole.
func (a *adopter) checkNamespace(n FoundNamespace) {
	if err := model.CheckNamespace(n.Name); err != nil {
		a.refuse(n, err.Error())
	}
	if n.SameAs != "" {
		a.refuse(n, "it is "+n.SameAs+" under another name")
	}
	for _, i := range n.Interfaces {
		if reason := a.oddInterface(n, i); reason != "" {
			a.refuse(n, "its interface "+i.Name+" "+reason)
		}
	}
}

// oddInterface says why an interface of a namespace cannot be described.
func (a *adopter) oddInterface(n FoundNamespace, i FoundInterface) string {
	switch {
	case i.Name == "lo" && i.Alias != "" && !n.Managed:
		return "has the alias " + i.Alias + " of somebody else"
	case i.Fallback:
		return ""
	case i.Kind != "veth":
		return "is of kind " + i.Kind
	case i.Stacked || i.Master != "":
		return "has other interfaces on it"
	case i.Peer.Namespace == "":
		return "leads to where nothing has a name"
	case i.Peer.Namespace == n.Name:
		return "leads back to the namespace itself"
	case a.refused[i.Peer.Namespace] != "":
		return "leads to namespace " + i.Peer.Namespace + ", which is left alone"
	}
	if err := model.CheckIfname(i.Name); err != nil {
		return "cannot be recorded: " + err.Error()
	}
	return a.oddPeer(n, i)
}

// oddPeer says why the other end of an interface of a namespace, or what joins
// the two, cannot be described.
func (a *adopter) oddPeer(n FoundNamespace, i FoundInterface) string {
	far := a.interfaces[i.Peer]
	p, onSwitch := a.ports[far.Name]
	if onSwitch = onSwitch && i.Peer.Namespace == model.HostEnd; !onSwitch && far.Master != "" {
		return "leads to " + far.Name + ", a part of " + far.Master
	}
	for _, end := range []FoundInterface{i, far} {
		if end.Alias != "" && end.Alias != Mark(n.Name, i.Name) && end.Alias != Mark(i.Peer.Namespace, far.Name) {
			return "or its other end has the alias " + end.Alias + " of somebody else"
		}
	}
	if err := model.CheckIfname(far.Name); err != nil {
		return "cannot be recorded: " + err.Error()
	}
	if onSwitch && !p.Managed {
		return a.unwelcome(p)
	}
	return ""
}

// unwelcome says why a port will not be taken over.
func (a *adopter) unwelcome(p port) string {
	switch {
	case !a.selected(p.sw.Name):
		return "is on switch " + p.sw.Name + ", which was not named"
	case p.reason != "":
		return "is on port " + p.Name + ": " + p.reason
	case !p.sw.Managed && a.oddSwitch(p.sw) != "":
		return "is on switch " + p.sw.Name + ", which is left alone"
	}
	return ""
}

// adoptNamespace puts a namespace and the cables from it.
func (a *adopter) adoptNamespace(n FoundNamespace) {
	if reason := a.refused[n.Name]; reason != "" {
		a.note("namespace %s is left alone: %s", n.Name, reason)
		return
	}
	if !a.actual.Has(n.Key()) {
		a.e.put(n.Namespace)
	}
	for _, i := range n.Interfaces {
		if i.Fallback || i.Kind == "veth" && a.isPort(i.Peer) {
			continue
		}
		reason := a.oddInterface(n, i)
		if reason == "" {
			reason = a.adoptLink(n, i)
			a.refuse(n, reason)
		}
		if reason != "" && n.Managed {
			a.note("interface %s of namespace %s is left alone: it %s", i.Name, n.Name, reason)
		}
	}
}

func (a *adopter) isPort(at FoundPlace) bool {
	_, ok := a.ports[at.Name]
	return ok && at.Namespace == model.HostEnd
}

// adoptLink puts the cable of an interface, once for both ends.
func (a *adopter) adoptLink(n FoundNamespace, i FoundInterface) string {
	at := i.Peer
	if at.Namespace != model.HostEnd && at.Namespace < n.Name {
		return "" // was put by the other one
	}
	key := model.LinkKey(n.Name, at.Namespace)
	if was, ok := model.Get[model.Link](a.actual, key); ok {
		if end, _ := was.End(n.Name); end.Ifname == i.Name {
			return ""
		}
	}
	if a.actual.Has(key) || a.e.touched[key] {
		return "is a second cable to " + at.Namespace
	}
	far := a.interfaces[at]
	l := model.Link{
		A: model.LinkEnd{Namespace: n.Name, Ifname: i.Name, MAC: i.MAC},
		B: model.LinkEnd{Namespace: at.Namespace, Ifname: at.Name, MAC: far.MAC},
	}
	l.A.Addresses = a.addresses("namespace "+n.Name, i, a.e.interfaces(model.Place(n.Name)))
	s := segment{}
	if at.Namespace == model.HostEnd {
		l.B.Addresses = a.addresses("the host", far, nil)
		s = segment{model.Segment{Namespace: n.Name}, at.Name, l.B.Addresses}
	} else {
		l.B.Addresses = a.addresses("namespace "+at.Namespace, far, a.e.interfaces(model.Place(at.Namespace)))
	}
	if i.MTU != 1500 {
		a.note("the MTU %d of the link between %s and %s is not recorded", i.MTU, n.Name, at.Namespace)
	}
	if reason := a.enter(l, func() error { return a.e.checkLink(l) }, s); reason != "" {
		return "cannot be recorded: " + reason
	}
	return ""
}

// addresses returns those that can be recorded.
func (a *adopter) addresses(place string, i FoundInterface, others []iface) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range i.Addresses {
		twice := holds(list, p.Addr())
		for _, o := range others {
			twice = twice || o.name != i.Name && holds(o.addresses, p.Addr())
		}
		_, err := model.ParseAddress(p.String())
		switch {
		case slices.Contains(i.Dynamic, p):
			a.note("address %s of %s in %s expires by itself and is not recorded", p, i.Name, place)
		case twice:
			a.note("address %s of %s in %s is somewhere else too and is not recorded", p, i.Name, place)
		case err != nil:
			a.note("address %s of %s in %s is not recorded: %v", p, i.Name, place, err)
		default:
			list = append(list, p)
		}
	}
	return list
}

// adoptRoutes puts the routes that somebody has added in a namespace.
func (a *adopter) adoptRoutes(n FoundNamespace) {
	for _, r := range n.Routes {
		if r.Protocol == "kernel" || r.Protocol == "ra" {
			continue
		}
		if reason := a.adoptRoute(n.Name, r); reason != "" {
			to := r.To.String()
			if r.To.Bits() == 0 {
				to = "default"
			}
			a.note("route %s (%s) of namespace %s is left alone: %s", to, r.Interface, n.Name, reason)
		}
	}
}

func (a *adopter) adoptRoute(namespace string, r FoundRoute) string {
	if !r.Via.IsValid() {
		return "it has no next hop"
	}
	key := model.RouteKey(namespace, r.To)
	if was, ok := model.Get[model.Route](a.e.state, key); ok {
		if was.Via == r.Via {
			return ""
		}
		return "another next hop is recorded"
	}
	where, recorded := a.e.named(model.Place(namespace), r.Interface)
	_, oddHop := model.ParseIP(r.Via.String())
	_, oddTo := model.ParseDestination(r.To.String(), r.Via)
	switch {
	case !recorded:
		return "it leaves by an interface that is not recorded"
	case r.Protocol != "static" && r.Protocol != "boot":
		return "it belongs to " + r.Protocol
	case !onLink(where.addresses, r.Via) || oddHop != nil || r.Via.IsLinkLocalUnicast():
		return "its next hop " + r.Via.String() + " is in no subnet that is recorded"
	case holds(where.addresses, r.Via):
		return "its next hop is the namespace itself"
	case oddTo != nil:
		return oddTo.Error()
	case r.To.Bits() == 0:
		return a.adoptDefault(namespace, r)
	}
	a.e.put(model.Route{Namespace: namespace, To: r.To, Via: r.Via})
	return ""
}

// adoptDefault gives a default route to the attachment that it leaves by, else
// it is a route like others.
func (a *adopter) adoptDefault(namespace string, r FoundRoute) string {
	at, attached := model.Get[model.Attachment](a.e.state, model.AttachmentKey(namespace, r.Interface))
	if attached && slices.Contains(at.Gateways, r.Via) {
		return ""
	}
	if a.e.hasDefault(model.Attachment{Namespace: namespace}, r.Via.Is4()) {
		return "there is another default route"
	}
	if !attached {
		a.e.put(model.Route{Namespace: namespace, To: r.To, Via: r.Via})
		return ""
	}
	at.Gateways = append(slices.Clone(at.Gateways), r.Via)
	a.e.put(at)
	return ""
}
