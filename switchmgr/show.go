package switchmgr

import (
	"context"
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/switchmgr/local"
)

// Show returns the whole lab and the condition it is in, with the routes and the
// processes of its namespaces. Without the privilege to enter those, what is inside
// is taken to be as it is recorded.
func (m *Manager) Show(ctx context.Context) (*Lab, error) {
	v, err := m.observe(ctx, local.Scope{All: true})
	if err != nil {
		return nil, err
	}
	lab := &Lab{
		Switches:   []SwitchView{},
		Namespaces: []NamespaceView{},
		Links:      v.linkViews(),
		Cables:     v.cableViews(),
		NAT:        v.natViews(),
		Allow:      v.allowViews(),
		Sysctls:    v.sysctlViews(),
		Drift:      notNil(v.Drift()),
	}
	for _, sw := range model.All[model.Switch](v.Snap.Recorded) {
		lab.Switches = append(lab.Switches, v.switchView(sw))
	}
	lab.Namespaces, err = m.namespaceViews(ctx, v)
	return lab, err
}

// namespaceViews returns all namespaces with what runs in them.
func (m *Manager) namespaceViews(ctx context.Context, v *view) ([]NamespaceView, error) {
	var there []string
	for _, n := range model.All[model.Namespace](v.Actual) {
		there = append(there, n.Name)
	}
	processes, err := m.host.ProcessesOf(ctx, there...)
	if err != nil {
		return nil, err
	}
	list, all := []NamespaceView{}, v.members()
	for _, n := range model.All[model.Namespace](v.Snap.Recorded) {
		view := v.namespaceView(n, all)
		view.Processes = notNil(processes[n.Name])
		list = append(list, view)
	}
	return list, nil
}

// notNil makes an empty list one that JSON shows as [].
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (v *view) switchView(sw model.Switch) SwitchView {
	view := SwitchView{
		Switch: sw, Problem: v.Problem(sw), Gateways: []GatewayView{}, Uplinks: []UplinkView{}, Attachments: []AttachmentView{},
	}
	for _, g := range model.All[model.Gateway](v.Snap.Recorded) {
		if g.Switch == sw.Name {
			view.Gateways = append(view.Gateways, v.gatewayView(g))
		}
	}
	for _, u := range model.All[model.Uplink](v.Snap.Recorded) {
		if u.Switch == sw.Name {
			view.Uplinks = append(view.Uplinks, UplinkView{u, v.Problem(u)})
		}
	}
	for _, a := range model.All[model.Attachment](v.Snap.Recorded) {
		if a.Switch == sw.Name {
			view.Attachments = append(view.Attachments, v.attachmentView(a))
		}
	}
	return view
}

func (v *view) gatewayView(g model.Gateway) GatewayView {
	masqueraded := slices.ContainsFunc(g.Addresses, func(p netip.Prefix) bool {
		return v.Snap.Recorded.Has(model.NATKey(model.Host, p.Masked()))
	})
	return GatewayView{g, masqueraded, v.Problem(g)}
}

func (v *view) attachmentView(a model.Attachment) AttachmentView {
	return AttachmentView{a, v.Snap.Ports[a.Port].OFPort, v.Problem(a)}
}

// members are what namespaces have, by their names.
type members struct {
	attachments map[string][]model.Attachment
	links       map[string][]model.Link
	routes      map[string][]model.Object
}

// members sorts what is recorded by namespace: to look through all of it for
// each namespace is what made the view of a large lab slow.
func (v *view) members() members {
	in := members{map[string][]model.Attachment{}, map[string][]model.Link{}, map[string][]model.Object{}}
	for _, a := range model.All[model.Attachment](v.Snap.Recorded) {
		in.attachments[a.Namespace] = append(in.attachments[a.Namespace], a)
	}
	for _, l := range model.All[model.Link](v.Snap.Recorded) {
		for _, end := range []model.LinkEnd{l.A, l.B} {
			in.links[end.Namespace] = append(in.links[end.Namespace], l)
		}
	}
	for _, r := range model.All[model.Route](v.Snap.Recorded) {
		in.routes[r.Namespace] = append(in.routes[r.Namespace], r)
	}
	return in
}

func (v *view) namespaceView(recorded model.Namespace, all members) NamespaceView {
	name := recorded.Name
	n := NamespaceView{
		Namespace: recorded, Problem: v.Problem(slices.Insert(all.routes[name], 0, model.Object(recorded))...),
		Attachments: []AttachmentView{}, Links: []LinkView{}, Routes: []RouteView{}, Processes: []nsmgr.Process{},
	}
	for _, a := range all.attachments[name] {
		n.Attachments = append(n.Attachments, v.attachmentView(a))
	}
	for _, l := range all.links[name] {
		n.Links = append(n.Links, v.linkView(l))
	}
	if in, looked := v.Inside[name]; looked {
		n.Routes = routeViews(in.Routes)
	}
	return n
}

func (v *view) linkViews() []LinkView {
	list := []LinkView{}
	for _, l := range model.All[model.Link](v.Snap.Recorded) {
		list = append(list, v.linkView(l))
	}
	return list
}

func (v *view) linkView(l model.Link) LinkView { return LinkView{l, v.Problem(l)} }

func routeViews(routes []nsmgr.Route) []RouteView {
	list := []RouteView{}
	for _, r := range routes {
		view := RouteView{To: r.To.String(), Interface: r.Interface, Protocol: r.Protocol}
		if r.To.Bits() == 0 {
			view.To = "default"
		}
		if r.Via.IsValid() {
			view.Via = r.Via.String()
		}
		list = append(list, view)
	}
	return list
}

func (v *view) natViews() []NATView {
	list := []NATView{}
	for _, n := range model.All[model.NAT](v.Snap.Recorded) {
		view := NATView{NAT: n, Problem: v.ruleProblem(n, n.Subnet.String())}
		for _, r := range v.Rules.NAT {
			if r.Subnet == n.Subnet {
				view.Packets, view.Bytes = r.Packets, r.Bytes
			}
		}
		list = append(list, view)
	}
	return list
}

func (v *view) allowViews() []AllowView {
	list := []AllowView{}
	for _, a := range model.All[model.Allow](v.Snap.Recorded) {
		pair := nft.Pair{A: a.InterfaceA, B: a.InterfaceB}
		list = append(list, AllowView{a.A.String(), a.B.String(), v.ruleProblem(a, pair.String())})
	}
	return list
}

func (v *view) sysctlViews() []SysctlView {
	list := []SysctlView{}
	for _, s := range model.All[model.Sysctl](v.Snap.Recorded) {
		list = append(list, SysctlView{s, v.Problem(s)})
	}
	return list
}

// ruleProblem says what is wrong with a rule, "" when nothing is: it has drifted, or
// another program was in its way from the beginning.
func (v *view) ruleProblem(o model.Object, name string) string {
	if slices.Contains(v.Rules.Blocked, name) {
		return "another program's firewall drops it"
	}
	return v.Problem(o)
}
