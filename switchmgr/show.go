package switchmgr

import (
	"context"
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// Show returns the whole lab and the condition it is in, with the routes and the
// processes of its namespaces.
func (m *Manager) Show(ctx context.Context) (*Lab, error) {
	v, err := m.look(ctx, scope{all: true}, true)
	if err != nil {
		return nil, err
	}
	lab := &Lab{
		Switches:   []SwitchView{},
		Namespaces: []NamespaceView{},
		Links:      v.linkViews(),
		NAT:        v.natViews(),
		Allow:      v.allowViews(),
		Sysctls:    notNil(model.All[model.Sysctl](v.snap.Recorded)),
		Drift:      notNil(v.drifts()),
	}
	for _, sw := range model.All[model.Switch](v.snap.Recorded) {
		lab.Switches = append(lab.Switches, v.switchView(sw))
	}
	lab.Namespaces, err = m.namespaceViews(ctx, v)
	return lab, err
}

// namespaceViews returns all namespaces with what runs in them.
func (m *Manager) namespaceViews(ctx context.Context, v *view) ([]NamespaceView, error) {
	var there []string
	for _, n := range model.All[model.Namespace](v.actual) {
		there = append(there, n.Name)
	}
	processes, err := m.host.ProcessesOf(ctx, there...)
	if err != nil {
		return nil, err
	}
	list, all := []NamespaceView{}, v.members()
	for _, n := range model.All[model.Namespace](v.snap.Recorded) {
		view := v.namespaceView(n, all)
		view.Processes = notNil(processes[n.Name])
		list = append(list, view)
	}
	return list, nil
}

// look observes to show; nothing is locked.
func (m *Manager) look(ctx context.Context, s scope, status bool) (*view, error) {
	s.db.Status = status
	v, err := m.observe(ctx, s)
	if err != nil {
		return nil, notReadyInTime(ctx, err)
	}
	return v, nil
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
		Switch: sw, Gateways: []GatewayView{}, Uplinks: []UplinkView{}, Attachments: []AttachmentView{},
	}
	if sw.Datapath.MakesInterfaces() {
		view.Problem = v.problem(sw, sw.Name)
	}
	for _, g := range model.All[model.Gateway](v.snap.Recorded) {
		if g.Switch == sw.Name {
			view.Gateways = append(view.Gateways, v.gatewayView(g))
		}
	}
	for _, u := range model.All[model.Uplink](v.snap.Recorded) {
		if u.Switch == sw.Name {
			view.Uplinks = append(view.Uplinks, UplinkView{u, v.problem(u, u.Interface)})
		}
	}
	for _, a := range model.All[model.Attachment](v.snap.Recorded) {
		if a.Switch == sw.Name {
			view.Attachments = append(view.Attachments, v.attachmentView(a))
		}
	}
	return view
}

func (v *view) gatewayView(g model.Gateway) GatewayView {
	masqueraded := slices.ContainsFunc(g.Addresses, func(p netip.Prefix) bool {
		return v.snap.Recorded.Has(model.NATKey(model.Host, p.Masked()))
	})
	return GatewayView{g, masqueraded, v.problem(g, g.SwitchPort())}
}

func (v *view) attachmentView(a model.Attachment) AttachmentView {
	return AttachmentView{a, v.snap.Ports[a.Port].OFPort, v.problem(a, a.Port)}
}

// portProblem says why ovs-vswitchd does not have a port, "" when it has, and for
// what has none.
func (v *view) portProblem(name string) string {
	status, known := v.snap.Ports[name]
	_, exists := v.links[name]
	switch {
	case name == "":
		return ""
	case v.links != nil && !exists:
		return "interface " + name + " is gone"
	case known && status.Error != "":
		return status.Error
	case known && status.OFPort <= 0:
		return "ovs-vswitchd has not taken the port"
	}
	return ""
}

// members are what namespaces have, by their names.
type members struct {
	attachments map[string][]model.Attachment
	links       map[string][]model.Link
}

// members sorts what is recorded by namespace: to look through all of it for
// each namespace is what made the view of a large lab slow.
func (v *view) members() members {
	in := members{map[string][]model.Attachment{}, map[string][]model.Link{}}
	for _, a := range model.All[model.Attachment](v.snap.Recorded) {
		in.attachments[a.Namespace] = append(in.attachments[a.Namespace], a)
	}
	for _, l := range model.All[model.Link](v.snap.Recorded) {
		for _, end := range []model.LinkEnd{l.A, l.B} {
			in.links[end.Namespace] = append(in.links[end.Namespace], l)
		}
	}
	return in
}

func (v *view) namespaceView(recorded model.Namespace, all members) NamespaceView {
	name := recorded.Name
	n := NamespaceView{
		Namespace: recorded, Problem: v.namespaceProblem(recorded),
		Attachments: []AttachmentView{}, Links: []LinkView{}, Routes: []RouteView{}, Processes: []nsmgr.Process{},
	}
	for _, a := range all.attachments[name] {
		n.Attachments = append(n.Attachments, v.attachmentView(a))
	}
	for _, l := range all.links[name] {
		n.Links = append(n.Links, v.linkView(l))
	}
	if in, looked := v.inside[name]; looked {
		n.Routes = routeViews(in.routes)
	}
	return n
}

func (v *view) namespaceProblem(n model.Namespace) string {
	if v.host.Namespaces[n.Name] == plan.TakenForeign {
		return "somebody has replaced it"
	}
	return sentence(v.drift(n))
}

func (v *view) linkViews() []LinkView {
	list := []LinkView{}
	for _, l := range model.All[model.Link](v.snap.Recorded) {
		list = append(list, v.linkView(l))
	}
	return list
}

func (v *view) linkView(l model.Link) LinkView { return LinkView{l, v.problem(l, "")} }

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
	for _, n := range model.All[model.NAT](v.snap.Recorded) {
		view := NATView{NAT: n, Problem: v.ruleProblem(n, n.Subnet.String())}
		for _, r := range v.rules.NAT {
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
	for _, a := range model.All[model.Allow](v.snap.Recorded) {
		pair := nft.Pair{A: a.InterfaceA, B: a.InterfaceB}
		list = append(list, AllowView{a.A.String(), a.B.String(), v.ruleProblem(a, pair.String())})
	}
	return list
}

// ruleProblem says what is wrong with a rule, "" when nothing is.
func (v *view) ruleProblem(o model.Object, name string) string {
	switch {
	case slices.Contains(v.rules.Incomplete, name), slices.Contains(v.rules.Blocked, name):
		return "another program's firewall drops it"
	}
	return sentence(v.drift(o))
}
