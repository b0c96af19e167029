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
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// Repair is what [Manager.Repair] found and did.
type Repair struct {
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
}

// Clean reports whether everything was as recorded.
func (r *Repair) Clean() bool { return len(r.Plan) == 0 }

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
//
// What cannot be repaired does not keep the rest from being repaired: the
// result then says what was done, beside an error. A Repair waits, also for a
// dry run, until no other command changes the host.
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
	v, err := m.glance(ctx, look)
	if err != nil {
		return nil, notReadyInTime(ctx, err)
	}
	if err := v.snap.CheckFormat(); err != nil {
		return nil, err
	}
	r := &Repair{Recorded: v.snap.Recorded}
	if look.Known != nil {
		r.Lost = m.remember(ctx, v, look.Known)
	}
	p, refused := differences(v, look.Partly)
	r.Left = p
	if m.opts.DryRun {
		r.Plan = p
		return r, nil
	}
	err = local.Few(refused, m.repair(ctx, p, v, r))
	return r, notReadyInTime(ctx, err)
}

// glance observes as much as is wanted.
func (m *Manager) glance(ctx context.Context, look Look) (*view, error) {
	if !look.Partly || look.Known == nil {
		return m.observe(ctx, scope{all: true})
	}
	db, err := m.database(ctx)
	if err != nil {
		return nil, err
	}
	v := &view{inside: map[string]inside{}, settings: map[model.Key]string{}}
	if v.snap, err = db.Observe(ctx, ovsdb.Scope{All: true}); err != nil {
		return nil, err
	}
	v.host = plan.Host{Auto: m.autoDatapath(v.snap)}
	if err := m.lookAtNamespaces(ctx, scope{namespaces: concerned(look, v.snap.Recorded)}, v, nil); err != nil {
		return nil, err
	}
	seen, err := m.seeHost(ctx)
	if err != nil {
		return nil, err
	}
	m.lookAtHost(ctx, scope{host: true}, v, seen)
	v.actual = m.actual(ctx, v)
	return v, nil
}

// concerned lists the namespaces to look into.
func concerned(look Look, recorded *model.State) []string {
	names := slices.Clone(look.Namespaces)
	for _, c := range model.Diff(look.Known, recorded) {
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
		return !look.Known.Has(k) && !recorded.Has(k)
	})
}

// differences returns the way to what is recorded. The checks of a plan need
// to have seen everything.
func differences(v *view, partly bool) (p model.Plan, refused error) {
	if !partly {
		e := plan.NewEditor(v.snap.Recorded, v.host)
		e.Restore()
		if p, refused = e.Plan(v.actual); refused == nil {
			return p, nil
		}
	}
	return model.Diff(v.actual, v.snap.Recorded), refused
}

// repair carries out a plan at once or, when that fails, as much of it as
// works. What fails is undone.
func (m *Manager) repair(ctx context.Context, p model.Plan, v *view, r *Repair) error {
	if len(p) == 0 {
		return nil
	}
	done, _, err := m.apply(ctx, p, v)
	if err == nil {
		r.Plan, r.Left = done, nil
		return nil
	}
	if len(p) == 1 || ctx.Err() != nil || errors.Is(err, model.ErrNotReady) {
		return err
	}
	var errs []error
	failed := map[model.Key]bool{}
	defer func() {
		r.Left = slices.DeleteFunc(slices.Clone(p), func(c model.Change) bool { return !failed[c.Key()] })
	}()
	for _, c := range p {
		if c.After != nil && slices.ContainsFunc(c.After.Needs(), func(k model.Key) bool { return failed[k] }) {
			failed[c.Key()] = true
			continue
		}
		done, _, err := m.apply(ctx, model.Plan{c}, v)
		if err != nil {
			failed[c.Key()] = true
			errs = append(errs, fmt.Errorf("%s: %w", c.Key(), err))
			continue
		}
		v.actual = done.Apply(v.actual)
		r.Plan = append(r.Plan, done...)
	}
	return local.Few(errs...)
}

// remember adds to what is recorded the objects that were recorded before and
// are still there.
func (m *Manager) remember(ctx context.Context, v *view, known *model.State) []model.Key {
	var lost []model.Object
	switches := map[string]bool{}
	for _, o := range known.Objects() {
		if v.snap.Recorded.Has(o.Key()) || !m.survives(ctx, v, o) {
			continue
		}
		lost = append(lost, o)
		switches[switchOf(o)] = true
	}
	for _, sw := range model.All[model.Switch](known) {
		if switches[sw.Name] && !v.snap.Recorded.Has(sw.Key()) {
			lost = append(lost, sw)
		}
	}
	var keys []model.Key
	for _, o := range lost {
		keys = append(keys, o.Key())
		v.snap.Recorded.Put(o)
		if a, ok := o.(model.Attachment); ok {
			// Its veth is there and stays; it only is no port any more.
			a.Switch, a.VLANs = "", model.VLANs{}
			v.actual.Put(a)
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
	}
	return ""
}

// survives reports whether the kernel still has what an object describes that
// is no longer recorded. Of a switch nothing survives but its ports.
func (m *Manager) survives(ctx context.Context, v *view, o model.Object) bool {
	switch o := o.(type) {
	case model.Switch:
		return false
	case model.Gateway: // its interface goes with its row, its place in the firewall does not
		return slices.Contains(v.rules.Segments, o.Interface)
	case model.Uplink:
		return survivesUplink(v, o)
	case model.Namespace:
		return v.host.Namespaces[o.Name] == plan.TakenOurs
	case model.Attachment:
		return v.has(o.Namespace) && m.attachment(ctx, v, o) != nil
	case model.Link:
		return v.has(o.A.Namespace) && v.has(o.B.Namespace) && v.link(o) != nil
	case model.Route:
		return v.has(o.Namespace) && hasRoute(v.inside[o.Namespace].routes, o.To, o.Via)
	case model.Sysctl:
		value, err := m.host.Sysctl("", o.Name)
		return err == nil && value == o.Value
	}
	return v.ruled(o) != nil
}

// survivesUplink goes by the settings that an uplink in userspace has changed
// and that are recorded as long as it is one.
func survivesUplink(v *view, u model.Uplink) bool {
	settings := model.UplinkSettings(u.Interface)
	for name := range settings {
		if !v.snap.Recorded.Has(model.SysctlKey(model.Host, name)) {
			return false
		}
	}
	return len(settings) > 0
}

// has reports whether there is a namespace of ours of that name, or it is the
// host.
func (v *view) has(namespace string) bool {
	return namespace == model.HostEnd || v.host.Namespaces[namespace] == plan.TakenOurs
}
