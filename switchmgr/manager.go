package switchmgr

import (
	"context"

	"github.com/ovsns/ovsns/ovsdb"
)

// Options configures a [Manager].
type Options struct {
	// DB says where the switch's database is.
	DB ovsdb.Options
	// DryRun makes every verb stop at its plan.
	DryRun bool
}

// Manager changes the lab of the host whose network namespace it was opened
// in. It is not safe for use by several goroutines; several Managers, also in
// several processes, are.
type Manager struct {
	opts Options
}

// Open prepares a Manager. It connects to nothing yet: a verb that needs the
// database dials it then, so that what needs none works without.
func Open(_ context.Context, o Options) (*Manager, error) { return &Manager{opts: o}, nil }

// Close frees what the Manager holds. The lab stays.
func (m *Manager) Close() error { return nil }
