package switchmgr

import (
	"context"
	"maps"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// ApplyOptions say how [Manager.ApplyLab] goes about it. The zero value keeps
// what the file does not name and undoes a failure.
type ApplyOptions struct {
	// Prune removes what ovsns made and the file does not name.
	Prune bool
	// Keep leaves what was done when a step fails, instead of undoing it.
	Keep bool
	// Progress, if not nil, is called between steps with how many are done,
	// how many there are, and the name of the next one; in a step of many
	// things before each: "making namespaces (3 of 100)".
	Progress func(done, total int, step string)
}

// ApplyLab leads the host to what a lab file says; a second time the plan is
// empty. The errors are those of the single verbs.
func (m *Manager) ApplyLab(ctx context.Context, lab *model.Lab, o ApplyOptions) (*Result, error) {
	s := local.Scope{All: true, Makes: slices.Collect(maps.Keys(lab.Namespaces))}
	for _, sw := range lab.Switches {
		for _, u := range sw.Uplinks {
			s.Uplinks = append(s.Uplinks, u.Interface)
		}
	}
	return m.changeSeen(ctx, manner{o.Keep, o.Progress}, func() (*view, error) { return m.observe(ctx, s) },
		func(e *plan.Editor, _ *view) ([]string, error) { return nil, e.Lab(lab, o.Prune) })
}

// DestroyLab removes what a lab file names, and nothing else. A switch to
// which something else is attached is [model.ErrConflict]. Result.Notes says
// which processes stay behind.
func (m *Manager) DestroyLab(ctx context.Context, lab *model.Lab) (*Result, error) {
	return m.changeSeen(ctx, manner{}, func() (*view, error) { return m.observe(ctx, local.Scope{All: true}) },
		func(e *plan.Editor, v *view) ([]string, error) {
			if err := e.DestroyLab(lab); err != nil {
				return nil, err
			}
			var gone []string
			for _, n := range model.All[model.Namespace](v.Snap.Recorded) {
				if !e.State().Has(n.Key()) {
					gone = append(gone, n.Name)
				}
			}
			return m.leftBehind(ctx, gone, v, true)
		})
}

// Export returns the lab file that describes what is recorded.
func (m *Manager) Export(ctx context.Context) (*model.Lab, error) {
	v, err := m.observe(ctx, local.Scope{All: true})
	if err != nil {
		return nil, err
	}
	return plan.Export(v.Snap.Recorded), nil
}
