package switchmgr

import (
	"context"
	"net/netip"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// AddNAT masquerades what leaves the host from a subnet. The error is
// [model.ErrNotFound] for an outgoing interface that the host does not have.
func (m *Manager) AddNAT(ctx context.Context, n model.NAT) (*Result, error) {
	return m.change(ctx, local.Scope{Host: true}, func(e *plan.Editor) error { return e.AddNAT(n) })
}

// DeleteNAT ends the masquerading of a subnet. The error is
// [model.ErrNotFound].
func (m *Manager) DeleteNAT(ctx context.Context, subnet netip.Prefix) (*Result, error) {
	return m.change(ctx, local.Scope{Host: true}, func(e *plan.Editor) error { return e.DeleteNAT(model.Host, subnet) })
}

// NATs lists what is masqueraded, with counters.
func (m *Manager) NATs(ctx context.Context) ([]NATView, error) {
	v, err := m.observe(ctx, local.Scope{Host: true})
	if err != nil {
		return nil, err
	}
	return v.natViews(), nil
}

// AddAllow lets two segments route to each other through the host: "sw0",
// "sw0:100", or a namespace that is linked to the host. The error is
// [model.ErrNotFound] when the host is not in one of them.
func (m *Manager) AddAllow(ctx context.Context, a, b string) (*Result, error) {
	return m.change(ctx, local.Scope{Host: true}, func(e *plan.Editor) error { return e.AddAllow(a, b) })
}

// DeleteAllow ends what [Manager.AddAllow] began. The error is
// [model.ErrNotFound].
func (m *Manager) DeleteAllow(ctx context.Context, a, b string) (*Result, error) {
	return m.change(ctx, local.Scope{Host: true}, func(e *plan.Editor) error { return e.DeleteAllow(a, b) })
}

// Allows lists the pairs of segments that may route to each other.
func (m *Manager) Allows(ctx context.Context) ([]AllowView, error) {
	v, err := m.observe(ctx, local.Scope{Host: true})
	if err != nil {
		return nil, err
	}
	return v.allowViews(), nil
}
