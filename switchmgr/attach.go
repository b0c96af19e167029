package switchmgr

import (
	"context"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/local"
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
	s := local.Scope{Namespaces: []string{r.Namespace}, Makes: []string{r.Namespace}}
	if r.Switch != "" {
		s.DB.Names = []string{r.Switch}
	}
	s.DB.Neighbours = neighboursOf(r)
	return m.changeAmongNeighbours(ctx, s, r.Namespace, func(e *plan.Editor) error { return e.Attach(r) })
}

// neighboursOf returns the segment in which a request will have addresses, as
// far as it tells.
func neighboursOf(r AttachRequest) []model.Segment {
	if r.VLANs == nil || r.IP.Choice != plan.ChoiceList && r.IP.Choice != plan.ChoiceAuto {
		return nil
	}
	a := model.Attachment{Switch: r.Switch, VLANs: *r.VLANs}
	seg, untagged := a.Segment()
	if !untagged || seg.Switch == "" && seg.VLAN == 0 {
		return nil
	}
	return []model.Segment{seg}
}

// changeAmongNeighbours is change for what gives a namespace addresses: those
// must not be anybody else's in their segments.
func (m *Manager) changeAmongNeighbours(ctx context.Context, s local.Scope, namespace string, edit func(*plan.Editor) error) (*Result, error) {
	observe := func() (*view, error) {
		v, err := m.observe(ctx, s)
		if err != nil {
			return nil, err
		}
		// Try the edit on what is known by now, only to learn the segments.
		trial := plan.NewEditor(v.Snap.Recorded, v.Host)
		if err := edit(trial); err != nil {
			return nil, err
		}
		return v, m.addNeighbours(ctx, v, trial.State(), namespace)
	}
	return m.changeSeen(ctx, manner{}, observe, func(e *plan.Editor, _ *view) ([]string, error) { return nil, edit(e) })
}

// addNeighbours puts into the view who else is in the segments where a
// namespace has addresses in this state. Of the others nothing more is read:
// there may be thousands.
func (m *Manager) addNeighbours(ctx context.Context, v *view, state *model.State, namespace string) error {
	var segments []model.Segment
	for _, a := range model.All[model.Attachment](state) {
		if seg, ok := a.Segment(); ok && a.Namespace == namespace && len(a.Addresses) > 0 {
			segments = append(segments, seg)
		}
	}
	if len(segments) == 0 {
		return nil
	}
	neighbours, err := m.db.Neighbours(ctx, v.Snap, segments)
	if err != nil {
		return err
	}
	for _, a := range neighbours {
		if a.Namespace != namespace {
			v.Snap.Recorded.Put(a)
			v.Actual.Put(a)
		}
	}
	return nil
}

// Detach takes an interface of a namespace off its switch and removes it; the
// namespace stays. The error is [model.ErrNotFound] when it is not attached,
// [model.ErrInvalid] when it is not clear which interface is meant.
func (m *Manager) Detach(ctx context.Context, r DetachRequest) (*Result, error) {
	if err := model.CheckNamespace(r.Namespace); err != nil {
		return nil, err
	}
	s := local.Scope{Namespaces: []string{r.Namespace}}
	if r.Switch != "" {
		s.DB.Names = []string{r.Switch}
	}
	return m.change(ctx, s, func(e *plan.Editor) error { return e.Detach(r) })
}
