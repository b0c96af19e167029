package switchmgr

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// actual returns what of the recorded state is really there.
func (m *Manager) actual(ctx context.Context, v *view) *model.State {
	actual := model.NewState()
	actual.Grow(v.snap.Recorded.Len())
	for _, o := range v.snap.Recorded.Objects() {
		if found := m.find(ctx, v, o); found != nil {
			actual.Put(found)
		}
	}
	return actual
}

// find returns an object as it really is, with what is wrong with it; nil when it
// is not there.
func (m *Manager) find(ctx context.Context, v *view, o model.Object) model.Object {
	switch o := o.(type) {
	case model.Switch:
		return o
	case model.Namespace:
		return m.namespace(v, o)
	case model.Attachment:
		return m.attachment(ctx, v, o)
	case model.Gateway:
		return v.gateway(o)
	case model.Uplink:
		return v.uplink(o)
	case model.Link:
		return v.link(o)
	case model.Route:
		if in, looked := v.inside[o.Namespace]; looked && !hasRoute(in.routes, o.To, o.Via) {
			return nil
		}
		return o
	case model.NAT, model.Allow, model.Sysctl:
		return v.ruled(o)
	}
	return nil
}

// conditions are the sentences about what is wrong with an object.
type conditions []string

// down adds that an interface is down, where it is there and of ours.
func (c *conditions) down(l nsmgr.Link, there bool) {
	if there && !l.Up {
		*c = append(*c, l.Name+" is down")
	}
}

func (c conditions) String() string { return strings.Join(c, ", ") }

func (m *Manager) namespace(v *view, n model.Namespace) model.Object {
	in, looked := v.inside[n.Name]
	if looked && v.host.Namespaces[n.Name] != plan.TakenOurs {
		return nil
	}
	var wrong conditions
	lo, there := in.links["lo"]
	wrong.down(lo, there)
	n.Condition = wrong.String()
	if looked {
		n.Forward = m.holds(v, n.Settings())
	}
	return n
}

// holds reports whether settings are as they should be, false where there are
// none, and keeps what they are.
func (m *Manager) holds(v *view, settings []model.Sysctl) bool {
	all := len(settings) > 0
	for _, s := range settings {
		value, err := m.host.Sysctl(s.Place.Namespace(), s.Name)
		v.settings[s.Key()] = value
		all = all && err == nil && value == s.Value
	}
	return all
}

// attachment returns an attachment as it is, nil when an end is missing.
func (m *Manager) attachment(ctx context.Context, v *view, a model.Attachment) model.Object {
	a.VLANs = v.vlans(a.Port, a.VLANs)
	in, looked := v.inside[a.Namespace]
	if !looked {
		return a
	}
	l, ok := in.links[a.Ifname]
	if !ok || !l.Managed() {
		return nil
	}
	port, there := m.hostLink(ctx, v, a.Port)
	if !there {
		return nil
	}
	var wrong conditions
	wrong.down(port, port.Managed())
	wrong.down(l, true)
	if m.offloads(v, a) {
		wrong = append(wrong, a.Ifname+" has checksum offload on")
	}
	a.Condition = wrong.String()
	a.Addresses = present(a.Addresses, l.Addresses)
	a.Gateways = slices.DeleteFunc(slices.Clone(a.Gateways), func(g netip.Addr) bool {
		return !hasRoute(in.routes, model.DefaultRoute(g), g)
	})
	if !a.MAC.IsZero() {
		a.MAC = l.MAC
	}
	if a.MTU != 0 {
		a.MTU = l.MTU
	}
	return a
}

// hostLink returns an interface of the host.
func (m *Manager) hostLink(ctx context.Context, v *view, name string) (nsmgr.Link, bool) {
	if v.links != nil {
		l, ok := v.links[name]
		return l, ok
	}
	l, found, err := m.host.FindLink(ctx, "", name)
	return l, found && err == nil
}

// offloads reports whether the namespace's end of an attachment leaves
// checksums to a device that does not make them.
func (m *Manager) offloads(v *view, a model.Attachment) bool {
	sw, _ := model.Get[model.Switch](v.snap.Recorded, model.SwitchKey(a.Switch))
	if !sw.Datapath.Userspace() || v.snap.TSO {
		return false
	}
	on, err := m.host.TxChecksum(a.Namespace, a.Ifname)
	return on && err == nil
}

// vlans returns what a port really carries. It is never what is recorded when
// the columns are not those that ovsns writes: without a mode a port is an open
// trunk, whatever else they say.
func (v *view) vlans(port string, recorded model.VLANs) model.VLANs {
	vlans, known := v.snap.VLANs[port]
	switch {
	case !known:
		return recorded
	case v.snap.Drifted[port] && vlans.Equal(recorded):
		return openTrunk()
	}
	return vlans
}

func openTrunk() model.VLANs {
	var v model.VLANs
	for id := model.VID(1); id <= model.MaxVID; id++ {
		v.Trunk = append(v.Trunk, id)
	}
	return v
}

func (v *view) gateway(g model.Gateway) model.Object {
	if v.links == nil {
		return g
	}
	l, ok := v.links[g.Interface]
	port, portThere := v.links[g.SwitchPort()]
	if !ok || !portThere {
		return nil
	}
	var wrong conditions
	wrong.down(l, true)
	if g.Port != "" {
		wrong.down(port, true)
	}
	if vlans := v.vlans(g.SwitchPort(), model.VLANs{Access: g.VLAN}); !vlans.Equal(model.VLANs{Access: g.VLAN}) {
		wrong = append(wrong, "port "+g.SwitchPort()+" is "+vlans.String())
	}
	if !slices.Contains(v.rules.Segments, g.Interface) {
		wrong = append(wrong, apart(g.Interface))
	}
	g.Condition = wrong.String()
	g.Addresses = present(g.Addresses, l.Addresses)
	return g
}

// apart says that the firewall does not know an interface of a segment.
func apart(ifname string) string { return ifname + " is not kept apart from other segments" }

func (v *view) uplink(u model.Uplink) model.Object {
	u.VLANs = v.vlans(u.Interface, u.VLANs)
	if v.links == nil {
		return u
	}
	l, ok := v.links[u.Interface]
	if !ok {
		return nil
	}
	var wrong conditions
	wrong.down(l, true)
	u.Condition = wrong.String()
	return u
}

func (v *view) link(l model.Link) model.Object {
	var wrong conditions
	for _, end := range []*model.LinkEnd{&l.A, &l.B} {
		links, looked := v.linksOf(end.Namespace)
		if !looked {
			continue
		}
		real, ok := links[end.Ifname]
		if !ok || !real.Managed() {
			return nil
		}
		wrong.down(real, true)
		if end.Namespace == model.HostEnd && !slices.Contains(v.rules.Segments, end.Ifname) {
			wrong = append(wrong, apart(end.Ifname))
		}
		end.Addresses = present(end.Addresses, real.Addresses)
		if !end.MAC.IsZero() {
			end.MAC = real.MAC
		}
	}
	l.Condition = wrong.String()
	return l
}

// linksOf returns the interfaces of the end of a link, and whether they were
// looked at.
func (v *view) linksOf(end string) (map[string]nsmgr.Link, bool) {
	if end == model.HostEnd {
		return v.links, v.links != nil
	}
	in, looked := v.inside[end]
	return in.links, looked
}

// ruled returns a rule or a setting of the host if it is in force.
func (v *view) ruled(o model.Object) model.Object {
	if v.rules == nil {
		return o
	}
	inForce := false
	switch o := o.(type) {
	case model.NAT:
		inForce = slices.ContainsFunc(v.rules.NAT, func(n nft.NAT) bool { return n.NAT == o }) &&
			!slices.Contains(v.rules.Incomplete, o.Subnet.String())
	case model.Allow:
		p := nft.Pair{A: o.InterfaceA, B: o.InterfaceB}
		same := func(q nft.Pair) bool { return q.String() == p.String() }
		inForce = slices.ContainsFunc(v.rules.Allow, same) && !slices.Contains(v.rules.Incomplete, p.String())
	case model.Sysctl:
		inForce = v.host.Sysctls[o.Name] == o.Value
	}
	if !inForce {
		return nil
	}
	return o
}

// present returns the recorded addresses that the kernel has. What else the
// kernel has is somebody else's.
func present(recorded, kernel []netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range recorded {
		if slices.Contains(kernel, p) {
			list = append(list, p)
		}
	}
	return list
}

func hasRoute(routes []nsmgr.Route, to netip.Prefix, via netip.Addr) bool {
	return slices.ContainsFunc(routes, func(r nsmgr.Route) bool {
		return r.To == to && r.Via == via.WithZone("") && (via.Zone() == "" || via.Zone() == r.Interface)
	})
}
