package switchmgr

import (
	"context"

	"github.com/ovsns/ovsns/switchmgr/plan"
)

// DestroyAll removes everything that ovsns made on this host, and nothing
// else. Result.Notes says which processes stay behind.
func (m *Manager) DestroyAll(ctx context.Context) (*Result, error) {
	// What is recorded goes, whatever is left of it: no need to look inside.
	return m.changeSeen(ctx, func() (*view, error) { return m.observe(ctx, scope{all: true, closed: true, leftovers: true}) },
		func(e *plan.Editor, v *view) ([]string, error) {
			e.DestroyAll()
			var names []string
			for name := range v.host.Namespaces {
				names = append(names, name)
			}
			return m.leftBehind(ctx, names, v, true)
		})
}
