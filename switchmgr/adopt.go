package switchmgr

import (
	"context"
	"maps"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/ops"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// Adopt marks what somebody has made by hand as ovsns's own: Open vSwitch
// bridges (those of these names, or all), their ports that lead to a named
// namespace, the host's interfaces on them, the named namespaces and the
// cables between them and to the host. Nothing is made anew and no packet is
// lost: keys are added in the switch's database and aliases to interfaces; a
// port's vlan_mode becomes explicit where that changes nothing.
//
// Three things of the host do change, each so that it stays as it is for
// ovsns: its segments get into the firewall's list of them, pairs of segments
// between which the host forwards are allowed, and uplinks of a switch in
// userspace get the settings that [Manager.AddUplink] would have made.
//
// What is taken over may not be as ovsns would have made it, such as a loopback
// that is down: [Manager.Restore] makes that good.
//
// Result.Plan says what is taken over, Result.Notes what is left alone and why.
// The error is [model.ErrNotFound] for a switch that does not exist,
// [model.ErrConflict] when something changes at the same time.
func (m *Manager) Adopt(ctx context.Context, names []string) (*Result, error) {
	if err := nsmgr.CheckPrivilege(); err != nil { // to look into namespaces, too
		return nil, err
	}
	if !m.opts.DryRun {
		unlock, err := m.host.Lock(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	r, err := m.adopt(ctx, names)
	if err != nil {
		return nil, notReadyInTime(ctx, err)
	}
	return r, nil
}

func (m *Manager) adopt(ctx context.Context, names []string) (*Result, error) {
	v, err := m.observe(ctx, local.Scope{All: true})
	if err != nil {
		return nil, err
	}
	if err := v.Snap.CheckFormat(); err != nil {
		return nil, err
	}
	inventory, err := m.db.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	found, err := m.inspect(ctx, v)
	if err != nil {
		return nil, err
	}
	found.Switches = foundSwitches(inventory)
	m.lookAtUplinks(found, v)
	p, notes, err := plan.Adopt(v.Snap.Recorded, v.Actual, v.Host, found, names)
	if err != nil {
		return nil, err
	}
	r := &Result{Plan: p, DryRun: m.opts.DryRun, Notes: notes}
	if len(p) == 0 {
		return r, nil
	}
	r.Notes = append([]string{"all this is there already: it is marked as ovsns's own, and destroy will remove it"}, notes...)
	if m.opts.DryRun {
		return r, nil
	}
	return r, m.takeOver(ctx, inventory, v, p)
}

// takeOver carries out a plan of Adopt.
func (m *Manager) takeOver(ctx context.Context, inventory *ovsdb.Inventory, v *view, p model.Plan) error {
	_, err := m.runner().Run(ctx, ops.Adopt(p, v.facts()), local.RunOptions{Inventory: inventory})
	return err
}

// inspect describes the kernel's part for [plan.Adopt].
func (m *Manager) inspect(ctx context.Context, v *view) (plan.Found, error) {
	names := slices.Sorted(maps.Keys(v.Host.Namespaces))
	seen, err := m.host.Inspect(ctx, names)
	if err != nil {
		return plan.Found{}, err
	}
	found := plan.Found{Interfaces: foundInterfaces(seen[""].Links)}
	for _, name := range names {
		in := seen[name]
		n := plan.FoundNamespace{
			Namespace: m.routerFound(name), Managed: v.Host.Namespaces[name] == plan.TakenOurs, SameAs: in.SameAs,
			Interfaces: foundInterfaces(in.Links),
		}
		for _, r := range in.Routes {
			n.Routes = append(n.Routes, plan.FoundRoute{To: r.To, Via: r.Via, Interface: r.Interface, Protocol: r.Protocol})
		}
		found.Namespaces = append(found.Namespaces, n)
	}
	blockers, err := m.firewall.Blockers(ctx)
	if err != nil {
		return plan.Found{}, err
	}
	if len(blockers) > 0 {
		found.Filter = string(blockers[0].Program)
	}
	return found, nil
}

// lookAtUplinks reads the settings that uplinks of switches in userspace need.
func (m *Manager) lookAtUplinks(found plan.Found, v *view) {
	for _, sw := range found.Switches {
		for _, p := range sw.Ports {
			if sw.Datapath != string(model.DatapathNetdev) || p.Managed || slices.Contains(p.Types, "internal") {
				continue
			}
			for name := range model.UplinkSettings(p.Name) {
				if value, err := m.host.Sysctl("", name); err == nil {
					v.Host.Sysctls[name] = value
				}
			}
		}
	}
}

func foundInterfaces(links []nsmgr.Found) []plan.FoundInterface {
	var list []plan.FoundInterface
	for _, l := range links {
		i := plan.FoundInterface{
			Name: l.Name, Kind: l.Kind, Alias: l.Alias, MAC: l.MAC, MTU: l.MTU, Up: l.Up,
			Fallback: l.Fallback, Master: l.Master, Stacked: l.Stacked,
			Addresses: l.Addresses, Dynamic: l.Dynamic,
		}
		if l.Peer != nil {
			i.Peer = plan.FoundPlace{Namespace: l.Peer.Namespace, Name: l.Peer.Name}
			if l.Peer.Namespace == "" {
				i.Peer.Namespace = model.HostEnd
			}
		}
		list = append(list, i)
	}
	return list
}

func foundSwitches(n *ovsdb.Inventory) []plan.FoundSwitch {
	var list []plan.FoundSwitch
	for _, b := range n.Bridges {
		sw := plan.FoundSwitch{Name: b.Name, Datapath: b.Datapath, Managed: b.Managed, Extras: b.Extras}
		for _, p := range b.Ports {
			sw.Ports = append(sw.Ports, plan.FoundPort(p))
		}
		list = append(list, sw)
	}
	return list
}

// routerFound returns a namespace as it is: a router if it forwards both address
// families.
func (m *Manager) routerFound(name string) model.Namespace {
	n := model.Namespace{Name: name, Forward: true}
	for _, s := range n.Settings() {
		if value, err := m.host.Sysctl(s.Place.Namespace(), s.Name); err != nil || value != s.Value {
			n.Forward = false
		}
	}
	return n
}
