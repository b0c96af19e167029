package switchmgr

import (
	"context"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/reach"
)

// addPlaces adds the host and all namespaces that were looked into or are
// recorded.
func (m *Manager) addPlaces(ctx context.Context, n *reach.Network, v *view) error {
	routes, err := m.host.Routes(ctx, "")
	if err != nil {
		return err
	}
	host := &reach.Place{Name: model.HostEnd, Known: true, Routes: routes}
	for _, l := range v.Links {
		host.Interfaces = append(host.Interfaces, interfaceOf(l))
	}
	n.Places[model.HostEnd] = host
	for name, in := range v.Inside {
		_, there := v.Host.Namespaces[name]
		p := &reach.Place{Name: name, Known: there, Routes: in.Routes}
		for _, l := range in.Links {
			p.Interfaces = append(p.Interfaces, interfaceOf(l))
		}
		n.Places[name] = p
	}
	for _, p := range n.Places {
		slices.SortFunc(p.Interfaces, func(a, b reach.Interface) int { return strings.Compare(a.Name, b.Name) })
	}
	addWires(n, v)
	return nil
}

func interfaceOf(l nsmgr.Link) reach.Interface {
	return reach.Interface{Name: l.Name, Up: l.Up, Addresses: l.Addresses}
}

// addWires says of each interface where it is connected to.
func addWires(n *reach.Network, v *view) {
	for _, a := range model.All[model.Attachment](v.Snap.Recorded) {
		i := interfaceAt(n, a.Namespace, reach.Interface{Name: a.Ifname, Up: true, Addresses: a.Addresses})
		i.Switch, i.VLANs = a.Switch, a.VLANs
		if found, there := model.Get[model.Attachment](v.Actual, a.Key()); there {
			i.Switch, i.VLANs = found.Switch, found.VLANs
		}
		i.Problem = v.Problem(a)
	}
	for _, g := range model.All[model.Gateway](v.Snap.Recorded) {
		i := interfaceAt(n, model.HostEnd, reach.Interface{Name: g.Interface, Addresses: g.Addresses})
		i.Switch, i.VLANs = g.Switch, model.VLANs{Access: g.VLAN}
		i.Problem = v.Problem(g)
		if slices.Contains(v.Rules.Segments, g.Interface) {
			n.Segments[g.Interface] = g.Segment().String()
		}
	}
	for _, l := range model.All[model.Link](v.Snap.Recorded) {
		addCable(n, v, l, l.A, l.B)
		addCable(n, v, l, l.B, l.A)
	}
}

// addCable connects one end of a link.
func addCable(n *reach.Network, v *view, l model.Link, end, other model.LinkEnd) {
	i := interfaceAt(n, end.Namespace, reach.Interface{Name: end.Ifname, Up: true, Addresses: end.Addresses})
	i.Peer, i.PeerInterface = other.Namespace, other.Ifname
	i.Problem = v.Problem(l)
	if end.Namespace == model.HostEnd && slices.Contains(v.Rules.Segments, end.Ifname) {
		n.Segments[end.Ifname] = other.Namespace
	}
}

// interfaceAt returns an interface of a place. One that is missing in a place
// that was looked into is added without its addresses, one of another place as
// it is recorded.
func interfaceAt(n *reach.Network, place string, recorded reach.Interface) *reach.Interface {
	p := n.Places[place]
	if p == nil {
		p = &reach.Place{Name: place}
		n.Places[place] = p
	}
	for i := range p.Interfaces {
		if p.Interfaces[i].Name == recorded.Name {
			return &p.Interfaces[i]
		}
	}
	if p.Known {
		recorded.Gone, recorded.Addresses = true, nil
	}
	p.Interfaces = append(p.Interfaces, recorded)
	return &p.Interfaces[len(p.Interfaces)-1]
}
