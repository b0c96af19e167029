package local

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

// makeVeths makes veths, in place of what a command that was cut off may have left
// of them.
//
// By one worker: the kernel has one lock for all links, and who finds it taken
// while he writes a sysctl of one tries again at once until it is free
// (restart_syscall in the kernel's addrconf.c). Two workers took 2.5 times the
// processor time of one, and were slower. Namespaces have no such sysctl.
func (r *run) makeVeths(ctx context.Context, list []ops.MakeVeth) error {
	veths := make([]nsmgr.Veth, len(list))
	for i, o := range list {
		veths[i] = nsmgr.Veth{kernelEnd(o.Veth[0]), kernelEnd(o.Veth[1])}
	}
	err := r.Host.CreateVeths(ctx, veths...)
	if !errors.Is(err, model.ErrConflict) {
		return err
	}
	for _, v := range veths {
		if err := r.removeLeftovers(ctx, v); err != nil {
			return err
		}
	}
	return r.Host.CreateVeths(ctx, veths...)
}

func kernelEnd(e ops.End) nsmgr.VethEnd {
	return nsmgr.VethEnd{
		Namespace: e.Place.Namespace(), Name: e.Name, Alias: e.Alias, MAC: e.MAC, MTU: e.MTU,
		Quiet: e.Quiet, Up: e.Up, Addresses: e.Addresses, OwnChecksums: e.OwnChecksums,
	}
}

// removeLeftovers removes what carries the marks of a veth's ends.
func (r *run) removeLeftovers(ctx context.Context, v nsmgr.Veth) error {
	for _, end := range v {
		l, found, err := r.Host.FindLink(ctx, end.Namespace, end.Name)
		if err != nil {
			return err
		}
		if !found || l.Alias != end.Alias && !l.Unfinished {
			continue
		}
		if err := r.Host.DeleteLinks(ctx, end.Namespace, end.Name); err != nil {
			return err
		}
	}
	return nil
}

// deleteVeths deletes veths, all of a place at once; those that go with namespaces
// are left to deleteFound.
func (r *run) deleteVeths(ctx context.Context, list []ops.DeleteVeth) error {
	names, gone := map[model.Place][]string{}, map[model.Place][]ops.Op{}
	var places []model.Place
	for _, o := range list {
		if o.Going {
			r.along = append(r.along, o)
			continue
		}
		end := o.Veth[o.By]
		if names[end.Place] == nil {
			places = append(places, end.Place)
		}
		names[end.Place], gone[end.Place] = append(names[end.Place], end.Name), append(gone[end.Place], o)
	}
	slices.Sort(places)
	for _, place := range places {
		if err := r.Host.DeleteLinks(ctx, place.Namespace(), names[place]...); err != nil {
			return err
		}
		r.undo.add(gone[place]...)
	}
	return nil
}

func (r *run) setLink(ctx context.Context, o ops.SetLink) error {
	change := nsmgr.LinkChange{Up: wanted(o.After.Up), TxChecksum: wanted(o.After.TxChecksum)}
	if !o.After.MAC.IsZero() {
		change.MAC = &o.After.MAC
	}
	if o.After.MTU != 0 {
		change.MTU = &o.After.MTU
	}
	err := r.Host.SetLink(ctx, o.Place.Namespace(), o.Name, change)
	if o.After.Up == ops.Off && errors.Is(err, model.ErrNotFound) {
		return nil
	}
	return err
}

func wanted(f ops.Flag) *bool {
	if f == ops.Unknown {
		return nil
	}
	return new(f == ops.On)
}

func (r *run) setAddresses(ctx context.Context, o ops.SetAddresses) error {
	ns := o.Place.Namespace()
	add := func(list []netip.Prefix) error {
		for _, p := range list {
			if err := r.Host.AddAddress(ctx, ns, o.Ifname, p); err != nil {
				return err
			}
		}
		return nil
	}
	remove := func(list []netip.Prefix) error {
		for _, p := range slices.Backward(list) {
			if err := r.Host.DeleteAddress(ctx, ns, o.Ifname, p); err != nil {
				return err
			}
		}
		return nil
	}
	if err := add(o.After); err != nil {
		return err
	}
	if err := remove(o.Gone()); err != nil {
		return err
	}
	misplaced := o.Misplaced()
	if err := remove(misplaced); err != nil { // secondary ones first: a primary one takes them along
		return err
	}
	return add(misplaced)
}

func (r *run) setRoute(ctx context.Context, o ops.SetRoute) error {
	route := func(h ops.Hop) nsmgr.Route { return nsmgr.Route{To: o.To, Via: h.Via, Interface: h.Interface} }
	if (o.After == ops.Hop{}) {
		return r.Host.DeleteRoute(ctx, o.Place.Namespace(), route(o.Before))
	}
	return r.Host.ReplaceRoute(ctx, o.Place.Namespace(), route(o.After))
}

func (r *run) mark(ctx context.Context, o ops.Mark) error {
	if o.Name == "lo" {
		return r.undo.after([]ops.Op{o}, r.Host.MarkNamespace(ctx, o.Place.Namespace()))
	}
	l, _, err := r.Host.FindLink(ctx, o.Place.Namespace(), o.Name)
	if err != nil || l.Alias == o.Alias {
		return err
	}
	return r.undo.after([]ops.Op{o}, r.Host.Mark(ctx, o.Place.Namespace(), o.Name, o.Alias))
}

func (r *run) unmark(ctx context.Context, o ops.Unmark) error {
	return r.Host.Unmark(ctx, o.Place.Namespace(), o.Name)
}
