package switchmgr

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// Show returns the whole lab and the condition it is in, as far as the
// database, the host's own interfaces and its firewall tell. It does not look
// into namespaces; [Manager.Namespace] does.
func (m *Manager) Show(ctx context.Context) (*Lab, error) {
	v, err := m.look(ctx, scope{host: true, db: ovsdb.Scope{All: true}}, true)
	if err != nil {
		return nil, err
	}
	lab := &Lab{
		Switches:   []SwitchView{},
		Namespaces: []NamespaceView{},
		Links:      notNil(model.All[model.Link](v.snap.Recorded)),
		NAT:        v.natViews(),
		Allow:      v.allowViews(),
		Sysctls:    notNil(model.All[model.Sysctl](v.snap.Recorded)),
	}
	for _, sw := range model.All[model.Switch](v.snap.Recorded) {
		lab.Switches = append(lab.Switches, v.switchView(sw))
	}
	all := v.members()
	for _, n := range model.All[model.Namespace](v.snap.Recorded) {
		view := v.namespaceView(n.Name, all)
		if view.Problem, err = m.missing(ctx, view); err != nil {
			return nil, err
		}
		lab.Namespaces = append(lab.Namespaces, view)
	}
	return lab, nil
}

// missing reports a namespace that is gone, where its attachments do not say
// so already.
func (m *Manager) missing(ctx context.Context, n NamespaceView) (string, error) {
	if slices.ContainsFunc(n.Attachments, func(a AttachmentView) bool { return a.Problem == "" }) {
		return "", nil
	}
	info, found, err := m.host.FindNamespace(ctx, n.Name)
	switch {
	case err != nil:
		return "", err
	case !found:
		return "it is gone", nil
	case !info.Managed:
		return "somebody has replaced it", nil
	}
	return "", nil
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
		view.Problem = v.portProblem(sw.Name, nil)
	}
	for _, g := range model.All[model.Gateway](v.snap.Recorded) {
		if g.Switch == sw.Name {
			view.Gateways = append(view.Gateways, v.gatewayView(g))
		}
	}
	for _, u := range model.All[model.Uplink](v.snap.Recorded) {
		if u.Switch == sw.Name {
			view.Uplinks = append(view.Uplinks, UplinkView{u, v.portProblem(u.Interface, v.differs(u))})
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
	return GatewayView{g, masqueraded, v.portProblem(g.SwitchPort(), v.differs(g))}
}

func (v *view) attachmentView(a model.Attachment) AttachmentView {
	return AttachmentView{a, v.snap.Ports[a.Port].OFPort, v.portProblem(a.Port, v.differs(a))}
}

// differs returns a sentence when an object is not as it is recorded.
func (v *view) differs(recorded model.Object) func() string {
	return func() string {
		actual, _ := model.Get[model.Object](v.actual, recorded.Key())
		switch {
		case actual == nil:
			return "it is not as it was made"
		case !model.Equal(actual, recorded):
			return model.Change{Before: recorded, After: actual}.String()[len("~ "):]
		}
		return ""
	}
}

// portProblem says what is wrong with a port of a switch, "" when nothing is.
func (v *view) portProblem(name string, differs func() string) string {
	status, known := v.snap.Ports[name]
	_, exists := v.links[name]
	switch {
	case v.links != nil && !exists:
		return "interface " + name + " is gone"
	case known && status.Error != "":
		return status.Error
	case known && status.OFPort <= 0:
		return "ovs-vswitchd has not taken the port"
	case differs != nil:
		return differs()
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

func (v *view) namespaceView(name string, all members) NamespaceView {
	n := NamespaceView{
		Namespace:   model.Namespace{Name: name},
		Attachments: []AttachmentView{}, Links: []model.Link{}, Routes: []RouteView{}, Processes: []nsmgr.Process{},
	}
	for _, a := range all.attachments[name] {
		n.Attachments = append(n.Attachments, v.attachmentView(a))
	}
	n.Links = append(n.Links, all.links[name]...)
	if in, looked := v.inside[name]; looked {
		n.Routes = routeViews(in.routes)
		if v.host.Namespaces[name] == plan.TakenNot {
			n.Problem = "it is gone"
		}
	}
	return n
}

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
	case slices.Contains(v.rules.Incomplete, name):
		return "another program's firewall drops it"
	case v.ruled(o) == nil:
		return fmt.Sprintf("the rule of %s is gone", o.Key())
	}
	return ""
}
