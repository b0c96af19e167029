package switchmgr

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// kernelName returns the name that package nsmgr has for an end of a link.
func kernelName(namespace string) string {
	if namespace == model.HostEnd {
		return ""
	}
	return namespace
}

// kernelRoute returns a route as package nsmgr has it.
func kernelRoute(r model.Route) nsmgr.Route {
	return nsmgr.Route{To: r.To, Via: r.Via.WithZone(""), Interface: r.Via.Zone()}
}

// configure gives the interfaces of the plan their properties, of new
// attachments what start has left.
func (e *executor) configure(ctx context.Context) error {
	e.undo.add(e.keepRoutes) // comes last on the way back
	for i, c := range e.plan {
		e.tell("setting up interfaces", i, len(e.plan))
		if c.After != nil && c.Before != nil {
			e.undo.add(func(ctx context.Context) error { return e.configureOne(ctx, c.Reverse()) })
		}
		configure := e.configureOne
		if c.Before == nil && c.Key().Kind == model.KindAttachment {
			configure = e.routeNew
		}
		if err := configure(ctx, c); err != nil {
			return err
		}
		if c.After == nil && !e.vanishes(c.Before) {
			e.undo.add(func(ctx context.Context) error { return e.configureAll(ctx, e.plan[i:i+1].Reverse()) })
		}
	}
	if err := e.configureAll(ctx, e.remade()); err != nil {
		return err
	}
	if err := e.keepRoutes(ctx); err != nil {
		return err
	}
	return e.openPorts(ctx)
}

// openPorts brings up the host's ends of changed attachments and of gateways;
// those of new attachments are.
func (e *executor) openPorts(ctx context.Context) error {
	for _, c := range e.plan {
		v, ok := e.vethOf(c.After)
		if !ok || !v[0].Quiet || c.Before == nil && c.Key().Kind == model.KindAttachment {
			continue
		}
		if err := e.up(ctx, "", v[0].Name); err != nil {
			return err
		}
	}
	return nil
}

func (e *executor) configureAll(ctx context.Context, p model.Plan) error {
	for _, c := range p {
		if err := e.configureOne(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// configureOne leads one object's interfaces from Before to After. What is
// removed is left to removeLinks, but for what can be undone easily.
func (e *executor) configureOne(ctx context.Context, c model.Change) error {
	switch after := c.After.(type) {
	case nil:
		return e.unconfigure(ctx, c.Before)
	case model.Gateway:
		before, _ := c.Before.(model.Gateway)
		return e.configureGateway(ctx, before, after)
	case model.Uplink:
		return e.up(ctx, "", after.Interface)
	case model.Attachment:
		before, _ := c.Before.(model.Attachment)
		return e.configureAttachment(ctx, before, after)
	case model.Link:
		before, _ := c.Before.(model.Link)
		return e.configureLink(ctx, before, after)
	case model.Route:
		return e.host.ReplaceRoute(ctx, after.Namespace, kernelRoute(after))
	}
	return nil
}

// vanishes reports whether the interface of what is removed goes with its rows
// in the database; commit's own undo configures it when the rows are back.
func (e *executor) vanishes(o model.Object) bool {
	g, ok := o.(model.Gateway)
	return ok && g.Port == "" && (g.VLAN != 0 || !e.wished.Has(model.SwitchKey(g.Switch)))
}

// unconfigure takes back what outlives neither its switch nor its namespace.
func (e *executor) unconfigure(ctx context.Context, o model.Object) error {
	switch o := o.(type) {
	case model.Gateway:
		if e.vanishes(o) {
			return nil
		}
		if _, found, err := e.host.FindLink(ctx, "", o.Interface); err != nil || !found {
			return err
		}
		if err := e.readdress(ctx, "", o.Interface, o.Addresses, nil); err != nil {
			return err
		}
		return e.host.SetLink(ctx, "", o.Interface, nsmgr.LinkChange{Up: new(false)})
	case model.Route:
		if e.wished.Has(model.NamespaceKey(o.Namespace)) {
			return e.host.DeleteRoute(ctx, o.Namespace, kernelRoute(o))
		}
	}
	return nil
}

func (e *executor) up(ctx context.Context, ns, ifname string) error {
	return e.host.SetLink(ctx, ns, ifname, nsmgr.LinkChange{Up: new(true)})
}

func (e *executor) configureGateway(ctx context.Context, before, after model.Gateway) error {
	if err := e.host.WaitLink(ctx, "", after.Interface); err != nil {
		return err
	}
	if err := e.readdress(ctx, "", after.Interface, before.Addresses, after.Addresses); err != nil {
		return err
	}
	change := nsmgr.LinkChange{Up: new(true)}
	if after.Port != "" && e.needsChecksums(after.Switch) {
		change.TxChecksum = new(false)
	}
	return e.host.SetLink(ctx, "", after.Interface, change)
}

// readdress adds the new addresses before it takes away the old ones, so that
// connections on those that stay are not disturbed.
func (e *executor) readdress(ctx context.Context, ns, ifname string, before, after []netip.Prefix) error {
	for _, p := range after {
		if err := e.host.AddAddress(ctx, ns, ifname, p); err != nil {
			return err
		}
	}
	for _, p := range before {
		if slices.Contains(after, p) {
			continue
		}
		if err := e.host.DeleteAddress(ctx, ns, ifname, p); err != nil {
			return err
		}
		e.lessAddresses[ns] = true
	}
	return e.reorder(ctx, ns, ifname, before, after)
}

// reorder gives an interface, which had the addresses before and now has those
// after, their order.
func (e *executor) reorder(ctx context.Context, ns, ifname string, before, after []netip.Prefix) error {
	added := slices.DeleteFunc(slices.Clone(after), func(p netip.Prefix) bool { return slices.Contains(before, p) })
	misplaced := model.Misplaced(append(present(before, after), added...), after)
	for _, p := range slices.Backward(misplaced) { // secondary ones first: a primary one takes them along
		if err := e.host.DeleteAddress(ctx, ns, ifname, p); err != nil {
			return err
		}
		e.lessAddresses[ns] = true
	}
	for _, p := range misplaced {
		if err := e.host.AddAddress(ctx, ns, ifname, p); err != nil {
			return err
		}
	}
	return nil
}

// keepRoutes puts back the routes that stay in namespaces that have lost an
// address: with the first one of a subnet the kernel drops all routes into it,
// though other addresses are left there.
func (e *executor) keepRoutes(ctx context.Context) error {
	if len(e.lessAddresses) == 0 {
		return nil
	}
	for _, r := range model.All[model.Route](e.view.actual) {
		stays, ok := model.Get[model.Route](e.wished, r.Key())
		if !ok || stays != r || !e.lessAddresses[r.Namespace] {
			continue
		}
		if err := e.host.ReplaceRoute(ctx, r.Namespace, kernelRoute(r)); err != nil {
			return err
		}
	}
	return nil
}

func (e *executor) configureAttachment(ctx context.Context, before, after model.Attachment) error {
	change := nsmgr.LinkChange{Up: new(true)}
	if after.MAC != before.MAC {
		change.MAC = &after.MAC
	}
	if after.MTU != before.MTU {
		change.MTU = new(mtuOf(after))
		if err := e.host.SetLink(ctx, "", after.Port, nsmgr.LinkChange{MTU: change.MTU}); err != nil {
			return err
		}
	}
	if e.needsChecksums(after.Switch) {
		change.TxChecksum = new(false)
	}
	if err := e.host.SetLink(ctx, after.Namespace, after.Ifname, change); err != nil {
		return err
	}
	if err := e.readdress(ctx, after.Namespace, after.Ifname, before.Addresses, after.Addresses); err != nil {
		return err
	}
	return e.reroute(ctx, before, after)
}

// mtuOf returns the MTU of an attachment in bytes.
func mtuOf(a model.Attachment) int {
	if a.MTU == 0 {
		return 1500
	}
	return a.MTU
}

// needsChecksums reports whether senders must complete their checksums
// themselves: a switch in userspace passes half-made ones on, and TCP stalls,
// unless its TSO support is on.
func (e *executor) needsChecksums(sw string) bool {
	s, _ := model.Get[model.Switch](e.wished, model.SwitchKey(sw))
	return s.Datapath.Userspace() && !e.view.snap.TSO
}

// routeNew gives a new attachment its default routes.
func (e *executor) routeNew(ctx context.Context, c model.Change) error {
	return e.reroute(ctx, model.Attachment{}, c.After.(model.Attachment))
}

// reroute leads the default routes of an attachment from before to after.
func (e *executor) reroute(ctx context.Context, before, after model.Attachment) error {
	for _, g := range before.Gateways {
		if slices.Contains(after.Gateways, g) {
			continue
		}
		old := nsmgr.Route{To: model.DefaultRoute(g), Via: g, Interface: after.Ifname}
		if err := e.host.DeleteRoute(ctx, after.Namespace, old); err != nil {
			return err
		}
	}
	for _, g := range after.Gateways {
		route := nsmgr.Route{To: model.DefaultRoute(g), Via: g, Interface: after.Ifname}
		if err := e.host.ReplaceRoute(ctx, after.Namespace, route); err != nil {
			return err
		}
	}
	return nil
}

func (e *executor) configureLink(ctx context.Context, before, after model.Link) error {
	ends := [][2]model.LinkEnd{{before.A, after.A}, {before.B, after.B}}
	for _, end := range ends {
		was, now := end[0], end[1]
		ns := kernelName(now.Namespace)
		change := nsmgr.LinkChange{Up: new(true)}
		if now.MAC != was.MAC && !now.MAC.IsZero() {
			change.MAC = &now.MAC
		}
		if err := e.host.SetLink(ctx, ns, now.Ifname, change); err != nil {
			return err
		}
		if err := e.readdress(ctx, ns, now.Ifname, was.Addresses, now.Addresses); err != nil {
			return err
		}
	}
	return nil
}

// removeLinks takes away the veths that the plan removes, but those of namespaces
// that go. It comes late, since it cannot be undone.
func (e *executor) removeLinks(ctx context.Context) error {
	links := map[string][]string{} // by their namespace
	for _, c := range e.plan {
		v, ok := e.vethOf(c.Before)
		if !ok || c.After != nil || e.cleared[c.Key()] {
			continue
		}
		if end, ok := e.remaining(v); ok {
			links[end.namespace] = append(links[end.namespace], end.name)
		}
	}
	e.noReturn = len(links)+len(model.Removed[model.Namespace](e.plan)) > 0
	ctx = context.WithoutCancel(ctx)
	for _, ns := range slices.Sorted(maps.Keys(links)) {
		if err := e.host.DeleteLinks(ctx, ns, links[ns]...); err != nil {
			return err
		}
	}
	for _, g := range model.Removed[model.Gateway](e.plan) {
		if v, ok := e.vethOf(g); ok && !e.cleared[g.Key()] {
			// As if the switch had made them, and would again with the row.
			e.undo.add(func(ctx context.Context) error { return e.remake(ctx, v, model.Change{After: g}) })
		}
	}
	for _, u := range model.Removed[model.Uplink](e.plan) {
		if err := e.releaseUplink(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// remaining returns the end of a veth by which it is to be deleted before the
// namespaces go. There is none when both ends are in namespaces that go, or one
// is and the other in the host: those go with all of their kind. An end in
// another namespace that stays would otherwise go when the kernel finds the
// time, or never, while a process holds the namespace that has lost its name.
func (e *executor) remaining(v veth) (end, bool) {
	ends := v.ends()
	goes := func(end end) bool { return end.namespace != "" && !e.wished.Has(model.NamespaceKey(end.namespace)) }
	switch {
	case !goes(ends[0]) && !goes(ends[1]):
		return ends[0], true
	case !goes(ends[0]) && ends[0].namespace != "":
		return ends[0], true
	case !goes(ends[1]) && ends[1].namespace != "":
		return ends[1], true
	}
	return end{}, false
}

// releaseUplink sets an interface down if it was before; it may be gone.
func (e *executor) releaseUplink(ctx context.Context, u model.Uplink) error {
	_, found, err := e.host.FindLink(ctx, "", u.Interface)
	if err != nil || !found || u.WasUp {
		return err
	}
	return e.host.SetLink(ctx, "", u.Interface, nsmgr.LinkChange{Up: new(false)})
}

// findGoing begins to find the namespaces that go, and the interfaces of switches
// that do; going waits for it.
func (e *executor) findGoing(ctx context.Context) {
	going := nsmgr.Going{Taps: map[string]model.MAC{}, Held: e.view.held}
	for _, n := range model.Removed[model.Namespace](e.plan) {
		going.Namespaces = append(going.Namespaces, n.Name)
	}
	for _, sw := range model.Removed[model.Switch](e.plan) {
		going.Taps[sw.Name] = e.view.snap.HostMAC(sw.Name)
	}
	e.going = beside(func() (*nsmgr.Deletion, error) { return e.host.FindDeletion(ctx, going) })
}

// letGo ends what findGoing has begun.
func (e *executor) letGo() {
	if e.going == nil {
		return
	}
	if going, err := e.going(); err == nil {
		going.Close()
	}
}

// removeNamespaces deletes the host's ends of the veths of namespaces that go, and
// takes their names from them. Of many the names go first, of which ovs-vswitchd
// notices nothing: it is to have begun with the ports when it hears of the links. The
// kernel begins to remove the namespaces when nobody holds them any more: before,
// that would be in ovs-vswitchd's way.
func (e *executor) removeNamespaces(context.Context) error {
	going, err := e.going()
	if err != nil {
		return err
	}
	first, second := going.DeleteLinks, going.DeleteNames
	if len(model.Removed[model.Namespace](e.plan)) >= manyPorts {
		first, second = second, first
	}
	if err := first(); err != nil {
		return err
	}
	return second()
}
