package switchmgr

import (
	"context"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// AddLink joins two namespaces, or a namespace and the host, by a veth; the
// namespaces are made when they are missing. Two switches it joins by a cable, see
// [model.Cable]. The errors are those of [Manager.Attach]; [model.ErrConflict]
// also for a cable that closes a loop, unless forced, and for patch ports between
// switches of different datapaths.
func (m *Manager) AddLink(ctx context.Context, r LinkRequest) (*Result, error) {
	s, err := linkScope(r.A, r.B)
	if err != nil {
		return nil, err
	}
	a, b := plan.LinkEndName(r.A), plan.LinkEndName(r.B)
	s.DB.Names = append(s.DB.Names, model.CablePort(a, b, r.Cable.Name, 0), model.CablePort(b, a, r.Cable.Name, 0))
	return m.change(ctx, s, func(e *plan.Editor) error { return e.AddLink(r) })
}

// DeleteLink removes the veth between two places, or the cable of that name between
// two switches; the places stay. The error is [model.ErrNotFound], or
// [model.ErrInvalid] when it is not clear which cable is meant.
func (m *Manager) DeleteLink(ctx context.Context, a, b, name string) (*Result, error) {
	s, err := linkScope(a, b)
	if err != nil {
		return nil, err
	}
	return m.change(ctx, s, func(e *plan.Editor) error { return e.DeleteLink(a, b, name) })
}

// linkScope sees the places that a link joins.
func linkScope(ends ...string) (local.Scope, error) {
	var s local.Scope
	for _, end := range ends {
		if end == model.HostEnd {
			s.Host = true
			continue
		}
		end = plan.LinkEndName(end)
		if err := model.CheckNamespace(end); err != nil {
			return s, err
		}
		s.Namespaces = append(s.Namespaces, end)
	}
	return s, nil
}

// AddUplink makes an interface of the host a port of a switch. One that would
// lose addresses is refused with [model.ErrConflict], one that somebody else
// made a port with [model.ErrNotManaged].
func (m *Manager) AddUplink(ctx context.Context, r UplinkRequest) (*Result, error) {
	s := local.Scope{Host: true, Uplinks: []string{r.Interface}, DB: ovsdb.Scope{Names: []string{r.Interface}}}
	if r.Switch != "" {
		s.DB.Names = append(s.DB.Names, r.Switch)
	}
	return m.change(ctx, s, func(e *plan.Editor) error { return e.AddUplink(r) })
}

// DeleteUplink gives an interface back to the host as it was. The error is
// [model.ErrNotFound].
func (m *Manager) DeleteUplink(ctx context.Context, ifname string) (*Result, error) {
	return m.change(ctx, local.Scope{Host: true}, func(e *plan.Editor) error { return e.DeleteUplink(ifname) })
}

// Uplinks lists the uplinks of all switches.
func (m *Manager) Uplinks(ctx context.Context) ([]UplinkView, error) {
	lab, err := m.Show(ctx)
	if err != nil {
		return nil, err
	}
	var list []UplinkView
	for _, sw := range lab.Switches {
		list = append(list, sw.Uplinks...)
	}
	return list, nil
}
