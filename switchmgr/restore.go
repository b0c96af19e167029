package switchmgr

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/ops"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// Restore makes real again all that is recorded in the switch's database:
// after a reboot everything but the switches, after damage just that. Where
// all is well the plan is empty. Nothing is refused: it was accepted when it was
// recorded.
//
// What cannot be restored does not keep the rest from it: the result then says what
// was done, beside an error. Like any change, but also for a dry run, it waits until
// no other command changes the host.
func (m *Manager) Restore(ctx context.Context) (*Result, error) {
	r, err := m.Repair(ctx, Look{})
	if r == nil {
		return nil, err
	}
	result := &Result{Plan: r.Plan, DryRun: m.opts.DryRun, Notes: r.notes, Facts: r.facts}
	if m.opts.DryRun && err == nil && len(r.Plan) > 0 {
		err = m.db.Check(ctx, r.Plan)
	}
	return result, err
}

// Repair is what [Manager.Repair] found and did.
type Repair struct {
	// Drift is what was found.
	Drift []local.Drift
	// Plan lists the changes that were made, or would be with
	// [Options].DryRun.
	Plan model.Plan
	// Left lists the changes that are still to be made: with DryRun all of
	// them, else those that failed.
	Left model.Plan
	// Lost are the objects whose records somebody had deleted behind the back
	// of ovsns; the plan makes them again.
	Lost []model.Key
	// Recorded is the lab: what was recorded, and what was lost.
	Recorded *model.State

	notes []string
	facts ops.Facts // as [Result].Facts
}

// Clean reports whether everything was as recorded.
func (r *Repair) Clean() bool { return len(r.Plan) == 0 }

// Remaining returns the drift that is still to be made good.
func (r *Repair) Remaining() []local.Drift {
	left := failures{}
	left.add(r.Left)
	return slices.DeleteFunc(slices.Clone(r.Drift), func(d local.Drift) bool { return !left[d.Key] })
}

// Look says how [Manager.Repair] looks. The zero value looks at everything,
// for the first time.
type Look struct {
	// Known is what was recorded at the last look, see Repair.Recorded.
	Known *model.State
	// Partly compares, beside the host and the database, only Namespaces and
	// those whose records have changed since: what else is there has not
	// changed, as far as the caller knows.
	Partly     bool
	Namespaces []string
}

// Repair is [Manager.Restore] for a process that stays. It also brings back
// objects that were recorded at the last look, and are no longer, if what they
// describe is still in the kernel: every verb of ovsns takes away both, so
// somebody else deleted the record.
func (m *Manager) Repair(ctx context.Context, look Look) (*Repair, error) {
	if !m.opts.DryRun {
		if err := nsmgr.CheckPrivilege(); err != nil {
			return nil, err
		}
	}
	unlock, err := m.host.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	v, err := m.observe(ctx, look.scope())
	if err != nil {
		return nil, err
	}
	if err := v.Snap.CheckFormat(); err != nil {
		return nil, err
	}
	r := &Repair{Recorded: v.Snap.Recorded}
	if look.Known != nil {
		r.Lost = v.remember(look.Known)
	}
	e := plan.NewEditor(v.Snap.Recorded, v.Host)
	p := e.Restore(v.Actual)
	r.Drift, r.Left, r.facts = v.DriftIn(p), p, ops.Facts{Wished: e.State(), TSO: v.Snap.TSO}
	if m.opts.DryRun {
		r.Plan = p
		return r, nil
	}
	return r, notReadyInTime(ctx, m.repair(ctx, p, v, r))
}

// scope returns how much there is to see.
func (l Look) scope() local.Scope {
	if !l.Partly || l.Known == nil {
		return local.Scope{All: true}
	}
	return local.Scope{Host: true, DB: ovsdb.Scope{All: true}, Concerned: l.concerned}
}

// concerned lists the namespaces to look into.
func (l Look) concerned(recorded *model.State) []string {
	names := slices.Clone(l.Namespaces)
	for _, c := range model.Diff(l.Known, recorded) {
		for _, o := range []model.Object{c.Before, c.After} {
			if o == nil {
				continue
			}
			for _, k := range o.Needs() {
				if k.Kind == model.KindNamespace {
					names = append(names, k.Name)
				}
			}
			if n, ok := o.(model.Namespace); ok {
				names = append(names, n.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		k := model.NamespaceKey(name)
		return !l.Known.Has(k) && !recorded.Has(k)
	})
}

// repair carries out a plan at once or, when that fails, as much of it as
// works. What fails is undone.
func (m *Manager) repair(ctx context.Context, p model.Plan, v *view, r *Repair) error {
	p, errs := feasible(p, v)
	failed := failures{}
	err := m.repairAll(ctx, p, v, r)
	if err != nil && len(p) > 1 && ctx.Err() == nil && !errors.Is(err, model.ErrNotReady) {
		errs = append(errs, m.repairEach(ctx, p, v, r, failed)...)
	} else if err != nil {
		errs = append(errs, err)
		failed.add(p)
	}
	r.Left = slices.DeleteFunc(slices.Clone(r.Left), func(c model.Change) bool {
		return !failed[c.Key()] && v.Obstacle(c.After) == nil
	})
	return local.Few(errs...)
}

// failures are the objects whose changes have failed.
type failures map[model.Key]bool

func (f failures) add(p model.Plan) {
	for _, c := range p {
		f[c.Key()] = true
	}
}

// feasible returns the changes that can be made, and why the others cannot.
func feasible(p model.Plan, v *view) (can model.Plan, errs []error) {
	told := map[string]bool{}
	for _, c := range p {
		err := v.Obstacle(c.After)
		if err == nil {
			can = append(can, c)
			continue
		}
		if !told[err.Error()] {
			told[err.Error()] = true
			errs = append(errs, fmt.Errorf("%s: %w", c.Key(), err))
		}
	}
	return can, errs
}

func (m *Manager) repairAll(ctx context.Context, p model.Plan, v *view, r *Repair) (err error) {
	if len(p) == 0 {
		return nil
	}
	r.Plan, r.notes, err = m.apply(ctx, p, v, manner{})
	return err
}

// repairEach carries out a plan change by change.
func (m *Manager) repairEach(ctx context.Context, p model.Plan, v *view, r *Repair, failed failures) (errs []error) {
	for _, c := range p {
		if c.After != nil && slices.ContainsFunc(c.After.Needs(), func(k model.Key) bool { return failed[k] }) {
			failed[c.Key()] = true
			continue
		}
		done, notes, err := m.apply(ctx, model.Plan{c}, v, manner{})
		if err != nil {
			failed[c.Key()] = true
			errs = append(errs, fmt.Errorf("%s: %w", c.Key(), err))
			continue
		}
		v.Actual = done.Apply(v.Actual)
		r.Plan, r.notes = append(r.Plan, done...), append(r.notes, notes...)
	}
	return errs
}

// remember adds to what is recorded the objects that were recorded before and
// are still there.
func (v *view) remember(known *model.State) []model.Key {
	var lost []model.Object
	switches := map[string]bool{}
	for _, o := range known.Objects() {
		if v.Snap.Recorded.Has(o.Key()) || !v.Survives(o) {
			continue
		}
		lost = append(lost, o)
		switches[switchOf(o)] = true
	}
	for _, sw := range model.All[model.Switch](known) {
		if switches[sw.Name] && !v.Snap.Recorded.Has(sw.Key()) {
			lost = append(lost, sw)
		}
	}
	var keys []model.Key
	for _, o := range lost {
		keys = append(keys, o.Key())
		v.Snap.Recorded.Put(o)
		if a, ok := o.(model.Attachment); ok {
			// Its veth is there and stays; it only is no port any more.
			a.Switch, a.VLANs = "", model.VLANs{}
			v.Actual.Put(a)
		}
	}
	return keys
}

func switchOf(o model.Object) string {
	switch o := o.(type) {
	case model.Attachment:
		return o.Switch
	case model.Gateway:
		return o.Switch
	case model.Uplink:
		return o.Switch
	default:
		return ""
	}
}
