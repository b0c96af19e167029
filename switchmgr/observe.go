package switchmgr

import (
	"context"

	"github.com/ovsns/ovsns/switchmgr/local"
)

// view is what was observed, as the verbs of this package show it.
type view struct {
	*local.View
	// purge says that all records go, those included that no plan speaks of.
	purge bool
}

// observe reads the database once, and of the kernel what the scope asks for.
func (m *Manager) observe(ctx context.Context, s local.Scope) (*view, error) {
	if m.opts.DryRun {
		s.Makes = nil
	}
	o := local.Observer{Host: m.host, Firewall: m.firewall, DB: m.database}
	v, err := o.Observe(ctx, s)
	if err != nil {
		return nil, notReadyInTime(ctx, err)
	}
	return &view{View: v}, nil
}
