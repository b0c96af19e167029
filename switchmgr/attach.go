package switchmgr

import (
	"context"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// Attach puts an interface of a namespace on a switch, and makes the namespace
// when it is missing. For an interface that is there it changes what differs
// from the request, and nothing else: processes keep their interface. The
// errors are [model.ErrInvalid], [model.ErrNotFound] for the switch,
// [model.ErrConflict] for an address that is taken or does not fit the
// segment, and [model.ErrNotManaged] for a namespace or interface that ovsns
// did not make.
func (m *Manager) Attach(ctx context.Context, r AttachRequest) (*Result, error) {
	if err := model.CheckNamespace(r.Namespace); err != nil {
		return nil, err
	}
	if r.Ifname != "" {
		if err := model.CheckIfname(r.Ifname); err != nil {
			return nil, err
		}
	}
	return m.changeSeen(ctx, func() (*view, error) { return m.observeSegment(ctx, r) },
		func(e *plan.Editor, _ *view) ([]string, error) { return nil, e.Attach(r) })
}

// observeSegment sees the namespace and, besides, who else is in the segment
// that it will be in: there its address must be its own.
func (m *Manager) observeSegment(ctx context.Context, r AttachRequest) (*view, error) {
	s := scope{namespaces: []string{r.Namespace}}
	if r.Switch != "" {
		s.db.Names = []string{r.Switch}
	}
	v, err := m.observe(ctx, s)
	if err != nil {
		return nil, err
	}
	// Try the edit on what is known by now, only to learn the segment.
	trial := plan.NewEditor(v.snap.Recorded, v.host)
	if err := trial.Attach(r); err != nil {
		return nil, err
	}
	for _, a := range model.All[model.Attachment](trial.State()) {
		if seg, ok := a.Segment(); ok && a.Namespace == r.Namespace {
			s.db.Segments = append(s.db.Segments, seg)
		}
	}
	return m.observe(ctx, s)
}

// Detach takes an interface of a namespace off its switch and removes it; the
// namespace stays. The error is [model.ErrNotFound] when it is not attached,
// [model.ErrInvalid] when it is not clear which interface is meant.
func (m *Manager) Detach(ctx context.Context, r DetachRequest) (*Result, error) {
	if err := model.CheckNamespace(r.Namespace); err != nil {
		return nil, err
	}
	s := scope{namespaces: []string{r.Namespace}}
	if r.Switch != "" {
		s.db.Names = []string{r.Switch}
	}
	return m.change(ctx, s, func(e *plan.Editor) error { return e.Detach(r) })
}
