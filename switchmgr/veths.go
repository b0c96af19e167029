package switchmgr

import (
	"context"
	"errors"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// namespacesAtOnce and vethsAtOnce are how many are made together: few enough to
// see them grow.
const namespacesAtOnce, vethsAtOnce = 200, 200

// makeNamespaces makes those of the plan before anything else: while links come
// into being in the host, ovs-vswitchd is busy with them, and in the way.
func (e *executor) makeNamespaces(ctx context.Context) error {
	var names []string
	for _, n := range model.Made[model.Namespace](e.plan) {
		if e.view.host.Namespaces[n.Name] != plan.TakenOurs {
			names = append(names, n.Name)
		} else if err := e.up(ctx, n.Name, "lo"); err != nil { // left by a command that was cut off
			return err
		}
	}
	done := 0
	for some := range slices.Chunk(names, namespacesAtOnce) {
		e.tell("making namespaces", done, len(names))
		if err := e.host.CreateNamespaces(ctx, some...); err != nil {
			return err
		}
		e.undo.add(func(ctx context.Context) error { return e.host.DeleteNamespaces(ctx, some...) })
		done += len(some)
	}
	return nil
}

// makeLinks makes the veths of the plan. Attachments come up and get their
// addresses here, where nobody hears what they say about it, see
// [nsmgr.QuietStart]; other links stay down. Routes wait until the plan's other
// interfaces have given their addresses up.
//
// By one worker: the kernel has one lock for all links, and who finds it taken
// while he writes a sysctl of one tries again at once until it is free
// (restart_syscall in the kernel's addrconf.c). Two workers took 2.5 times the
// processor time of one, and were slower. Namespaces have no such sysctl.
func (e *executor) makeLinks(ctx context.Context) error {
	made := e.vethsMade()
	done := 0
	for some := range slices.Chunk(made, vethsAtOnce) {
		e.tell("making links", done, len(made))
		if err := e.makeVeths(ctx, some); err != nil {
			return err
		}
		done += len(some)
	}
	return nil
}

// vethsMade returns what the plan makes whose veth is to be made with it.
func (e *executor) vethsMade() (list []model.Object) {
	for _, c := range e.plan {
		if _, ok := e.vethOf(c.After); ok && c.Before == nil && !e.standsIn(c.After) {
			list = append(list, c.After)
		}
	}
	return list
}

// veth is a pair of ends to be made.
type veth nsmgr.Veth

// standsIn reports whether the veth of a gateway that is to be made is there:
// only something about it was not as it was made.
func (e *executor) standsIn(o model.Object) bool {
	g, ok := o.(model.Gateway)
	if !ok {
		return false
	}
	for _, name := range []string{g.Interface, g.Port} {
		if l, there := e.view.links[name]; !there || !l.Managed() || l.Unfinished {
			return false
		}
	}
	return true
}

// vethOf returns the veth of an attachment, of a gateway that needs one or of
// a link, its deletable end first.
func (e *executor) vethOf(o model.Object) (veth, bool) {
	switch o := o.(type) {
	case model.Gateway:
		mark := plan.Mark(model.HostEnd, o.Interface)
		return veth{
			{Name: o.Port, Alias: mark, Quiet: true},
			{Name: o.Interface, Alias: mark, MAC: e.view.snap.HostMAC(o.Interface)},
		}, o.Port != ""
	case model.Attachment:
		mark := plan.Mark(o.Namespace, o.Ifname)
		return veth{
			{Name: o.Port, Alias: mark, MTU: o.MTU, Quiet: true, Up: true},
			{
				Namespace: o.Namespace, Name: o.Ifname, Alias: mark, MAC: o.MAC, MTU: o.MTU,
				Up: true, Addresses: o.Addresses, OwnChecksums: e.needsChecksums(o.Switch),
			},
		}, true
	case model.Link:
		return veth{linkVethEnd(o, o.A), linkVethEnd(o, o.B)}, true
	}
	return veth{}, false
}

// end identifies the end of a veth.
type end struct{ namespace, name string }

func (v veth) ends() [2]end {
	return [2]end{{v[0].Namespace, v[0].Name}, {v[1].Namespace, v[1].Name}}
}

// makeRoom removes early the veths whose names the plan gives to others.
func (e *executor) makeRoom(ctx context.Context) error {
	made := map[end]bool{}
	for _, c := range e.plan {
		if v, ok := e.vethOf(c.After); ok && c.Before == nil {
			for _, end := range v.ends() {
				made[end] = true
			}
		}
	}
	e.cleared = map[model.Key]bool{}
	for _, c := range e.plan {
		v, ok := e.vethOf(c.Before)
		if !ok || c.After != nil || !made[v.ends()[0]] && !made[v.ends()[1]] {
			continue
		}
		if err := e.host.DeleteLinks(ctx, v[0].Namespace, v[0].Name); err != nil {
			return err
		}
		e.cleared[c.Key()] = true
		e.undo.add(func(ctx context.Context) error { return e.remake(ctx, v, c.Reverse()) })
	}
	return nil
}

// remake undoes the early removal of a veth.
func (e *executor) remake(ctx context.Context, v veth, c model.Change) error {
	if err := e.host.CreateVeths(ctx, nsmgr.Veth(v)); err != nil {
		return err
	}
	if err := e.configureOne(ctx, c); err != nil {
		return err
	}
	return e.up(ctx, v[0].Namespace, v[0].Name)
}

// linkVethEnd returns one end of a link's veth; the host's end is marked with
// what it leads to.
func linkVethEnd(l model.Link, end model.LinkEnd) nsmgr.VethEnd {
	marked := end
	if end.Namespace == model.HostEnd {
		if marked = l.A; l.A.Namespace == model.HostEnd {
			marked = l.B
		}
	}
	return nsmgr.VethEnd{
		Namespace: kernelName(end.Namespace), Name: end.Ifname, MAC: end.MAC,
		Alias: plan.Mark(marked.Namespace, marked.Ifname),
	}
}

// makeVeths makes the veths of objects, in place of what a command that was cut
// off may have left of them.
func (e *executor) makeVeths(ctx context.Context, objects []model.Object) error {
	veths := make([]nsmgr.Veth, len(objects))
	firsts := map[string][]string{} // the names of the first ends, by their namespace
	for i, o := range objects {
		v, _ := e.vethOf(o)
		veths[i] = nsmgr.Veth(v)
		firsts[v[0].Namespace] = append(firsts[v[0].Namespace], v[0].Name)
	}
	err := e.host.CreateVeths(ctx, veths...)
	if errors.Is(err, model.ErrConflict) {
		for _, v := range veths {
			if err := e.removeLeftovers(ctx, v); err != nil {
				return err
			}
		}
		err = e.host.CreateVeths(ctx, veths...)
	}
	if err != nil {
		return err
	}
	for ns, names := range firsts {
		e.undo.add(func(ctx context.Context) error { return e.host.DeleteLinks(ctx, ns, names...) })
	}
	return nil
}

// removeLeftovers removes what carries the marks of a veth's ends.
func (e *executor) removeLeftovers(ctx context.Context, v nsmgr.Veth) error {
	for _, end := range v {
		l, found, err := e.host.FindLink(ctx, end.Namespace, end.Name)
		if err != nil {
			return err
		}
		if !found || l.Alias != end.Alias && !l.Unfinished {
			continue
		}
		if err := e.host.DeleteLinks(ctx, end.Namespace, end.Name); err != nil {
			return err
		}
	}
	return nil
}
