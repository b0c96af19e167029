package switchmgr

import (
	"context"
	"net/netip"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// AddAddress gives an interface of a namespace one more address; ifname "" is
// the only one. The errors are those of [Manager.Attach].
func (m *Manager) AddAddress(ctx context.Context, ns string, p netip.Prefix, ifname string) (*Result, error) {
	return m.readdressed(ctx, ns, func(e *plan.Editor) error { return e.AddAddress(ns, p, ifname) })
}

// DeleteAddress takes an address from an interface of a namespace; ifname ""
// is the one that has it. The error is [model.ErrNotFound] when none has.
func (m *Manager) DeleteAddress(ctx context.Context, ns string, p netip.Prefix, ifname string) (*Result, error) {
	return m.readdressed(ctx, ns, func(e *plan.Editor) error { return e.DeleteAddress(ns, p, ifname) })
}

func (m *Manager) readdressed(ctx context.Context, ns string, edit func(*plan.Editor) error) (*Result, error) {
	if err := model.CheckNamespace(ns); err != nil {
		return nil, err
	}
	return m.changeAmongNeighbours(ctx, local.Scope{Namespaces: []string{ns}}, ns, edit)
}

// AddRoute adds a route inside a namespace, or gives one that is there another
// next hop. The error is [model.ErrConflict] when the next hop is in no subnet
// of the namespace.
func (m *Manager) AddRoute(ctx context.Context, r model.Route) (*Result, error) {
	return m.change(ctx, local.Scope{Namespaces: []string{r.Namespace}}, func(e *plan.Editor) error { return e.AddRoute(r) })
}

// DeleteRoute removes a route that ovsns made. The error is
// [model.ErrNotFound].
func (m *Manager) DeleteRoute(ctx context.Context, r model.Route) (*Result, error) {
	return m.change(ctx, local.Scope{Namespaces: []string{r.Namespace}}, func(e *plan.Editor) error { return e.DeleteRoute(r) })
}

// Routes lists the routes of a named namespace as the kernel has them, whoever
// made them. The error is [model.ErrNotFound].
func (m *Manager) Routes(ctx context.Context, ns string) ([]RouteView, error) {
	if err := m.checkExists(ctx, ns); err != nil {
		return nil, err
	}
	routes, err := m.host.Routes(ctx, ns)
	return routeViews(routes), err
}
