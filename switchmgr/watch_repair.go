package switchmgr

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb"
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
	// Reset has a sentence for each property of an interface that no plan
	// speaks of and that was, or would be, put back: "red eth0 was down".
	Reset []string
	// Lost are the objects whose records somebody had deleted behind the back
	// of ovsns; the plan makes them again.
	Lost []model.Key
	// Recorded is the lab: what was recorded, and what was lost.
	Recorded *model.State
}

// Clean reports whether everything was as recorded.
func (r *Repair) Clean() bool { return len(r.Plan)+len(r.Reset) == 0 }

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
// somebody else deleted the record. And it puts interfaces up that should be,
// and their checksum offload off.
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
	r := &Repair{Recorded: v.snap.Recorded}
	if look.Known != nil {
		r.Lost = m.remember(ctx, v, look.Known)
	}
	err = m.resetLinks(ctx, v, r)
	p, refused := differences(v, look.Partly)
	r.Left = p
	if m.opts.DryRun {
		r.Plan = p
		return r, err
	}
	err = few(err, refused, m.repair(ctx, p, v, r))
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
	v := &view{inside: map[string]inside{}}
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
	v.actual, err = m.actual(ctx, v)
	return v, err
}

// concerned lists the namespaces to look into.
func concerned(look Look, recorded *model.State) []string {
	names := slices.Clone(look.Namespaces)
	for _, c := range model.Diff(look.Known, recorded) {
		for _, o := range []model.Object{c.Before, c.After} {
			for _, k := range needs(o) {
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
		if slices.ContainsFunc(needs(c.After), func(k model.Key) bool { return failed[k] }) {
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
	return few(errs...)
}

// needs returns what must be there for an object to be made.
func needs(o model.Object) []model.Key {
	switch o := o.(type) {
	case model.Gateway:
		return []model.Key{model.SwitchKey(o.Switch)}
	case model.Uplink:
		return []model.Key{model.SwitchKey(o.Switch)}
	case model.Attachment:
		return []model.Key{model.SwitchKey(o.Switch), model.NamespaceKey(o.Namespace)}
	case model.Link:
		return []model.Key{model.NamespaceKey(o.A.Namespace), model.NamespaceKey(o.B.Namespace)}
	case model.Route:
		return []model.Key{model.NamespaceKey(o.Namespace)}
	}
	return nil
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
		return v.has(o.Namespace) && v.attachment(o, v.portAlive(ctx, m, o.Port)) != nil
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

// resetLinks puts back what no plan speaks of. It comes before the plan: the
// kernel takes no route over an interface that is down.
func (m *Manager) resetLinks(ctx context.Context, v *view, r *Repair) error {
	var errs []error
	for _, l := range m.linksUp(v) {
		r.Reset = append(r.Reset, l.problem())
		if m.opts.DryRun {
			continue
		}
		errs = append(errs, m.host.SetLink(ctx, l.ns, l.name, l.change))
	}
	return few(errs...)
}

// reset is an interface with a property to put back.
type reset struct {
	ns, name, what string
	change         nsmgr.LinkChange
}

func (r reset) problem() string {
	if r.ns == "" {
		return r.name + " " + r.what
	}
	return r.ns + " " + r.name + " " + r.what
}

// linksUp lists the interfaces of recorded objects that are there, and down or
// with checksum offload where that stalls TCP.
func (m *Manager) linksUp(v *view) []reset {
	var list []reset
	down := func(ns, name string) {
		l, ok := v.links[name]
		if ns != "" {
			l, ok = v.inside[ns].links[name]
		}
		if ok && !l.Up && l.Managed() { // by its mark: somebody may have put another in its place
			list = append(list, reset{ns, name, "was down", nsmgr.LinkChange{Up: new(true)}})
		}
	}
	for _, o := range v.snap.Recorded.Objects() {
		switch o := o.(type) {
		case model.Namespace:
			down(o.Name, "lo")
		case model.Attachment:
			down("", o.Port)
			down(o.Namespace, o.Ifname)
			if m.offloads(v, o) {
				list = append(list, reset{o.Namespace, o.Ifname, "had checksum offload on", nsmgr.LinkChange{TxChecksum: new(false)}})
			}
		case model.Gateway:
			if o.Port != "" {
				down("", o.Port)
			}
		case model.Link:
			down(kernelName(o.A.Namespace), o.A.Ifname)
			down(kernelName(o.B.Namespace), o.B.Ifname)
		}
	}
	return list
}

// offloads reports whether the namespace's end of an attachment leaves
// checksums to a device that does not make them.
func (m *Manager) offloads(v *view, a model.Attachment) bool {
	sw, _ := model.Get[model.Switch](v.snap.Recorded, model.SwitchKey(a.Switch))
	if !sw.Datapath.Userspace() || v.snap.TSO {
		return false
	}
	if _, ok := v.inside[a.Namespace].links[a.Ifname]; !ok {
		return false
	}
	on, err := m.host.TxChecksum(a.Namespace, a.Ifname)
	return on && err == nil
}
