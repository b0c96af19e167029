package switchmgr

import (
	"context"
	"maps"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// scope says how much of the lab and of the host a verb has to see. What is
// not looked at is taken to be as it is recorded.
type scope struct {
	db         ovsdb.Scope
	namespaces []string // look inside these
	all        bool     // look at everything
	closed     bool     // with all: but not into namespaces, which are held; see view.held
	host       bool     // the host's addresses, gateways, firewall and settings
	uplink     string   // with host: also the settings of this interface
	// leftovers counts namespaces that carry our mark but are not recorded
	// among what is there: a command was cut off after making them.
	leftovers bool
	// makes are namespaces that the verb will make if they are missing.
	makes []string
}

// view is what was observed.
type view struct {
	snap   *ovsdb.Snapshot
	actual *model.State // what is recorded and really there
	host   plan.Host
	rules  *nft.Observed // nil unless scope.host

	inside map[string]inside // by namespace
	// settings are the values that settings of namespaces have.
	settings map[model.Key]string
	links    map[string]nsmgr.Link // the host's, with scope.host
	held     *nsmgr.Held           // with scope.closed; whoever has the view closes it
	// purge says that all records go, those included that no plan speaks of.
	purge bool
	// alive waits for ovs-vswitchd to answer, see [ovsdb.Client.Ping]; nil if it has
	// not been asked.
	alive func() (bool, error)
}

// inside is what a namespace holds.
type inside struct {
	links  map[string]nsmgr.Link
	routes []nsmgr.Route
}

// hostSeen is what the host's own namespace holds.
type hostSeen struct {
	links  []nsmgr.Link
	routes []nsmgr.Route
	rules  *nft.Observed
}

// observe reads the database once, and of the kernel what the scope asks for:
// beside the dialling, where that does not depend on the database.
func (m *Manager) observe(ctx context.Context, s scope) (_ *view, err error) {
	if len(s.makes) > 0 && !m.opts.DryRun {
		m.host.Prepare(s.makes...)
	}
	everything, seeHost, hold := m.beginToSee(ctx, s)
	defer func() {
		if held, _ := hold(); err != nil {
			held.Close()
		}
	}()
	db, err := m.database(ctx)
	if err != nil {
		return nil, err
	}
	s.db.All = s.db.All || s.all
	s.db.Namespaces = append(slices.Clone(s.db.Namespaces), s.namespaces...)
	v := &view{inside: map[string]inside{}, settings: map[model.Key]string{}}
	if v.snap, err = db.Observe(ctx, s.db); err != nil {
		return nil, err
	}
	v.alive = m.beginToAsk(ctx, s, v.snap)
	v.host = plan.Host{Auto: m.autoDatapath(v.snap), Taken: owners(v.snap)}
	list, err := everything()
	if err != nil {
		return nil, err
	}
	if v.held, err = hold(); err != nil {
		return nil, err
	}
	if err := m.lookAtNamespaces(ctx, s, v, list); err != nil {
		return nil, err
	}
	seen, err := seeHost()
	if err != nil {
		return nil, err
	}
	m.lookAtHost(ctx, s, v, seen)
	v.actual = m.actual(ctx, v)
	if s.leftovers {
		for name, owner := range v.host.Namespaces {
			if owner == plan.TakenOurs {
				v.actual.Put(model.Namespace{Name: name})
			}
		}
	}
	return v, nil
}

// beginToSee begins to read of the kernel what the scope asks for, as far as that
// does not depend on the database; what it returns waits for it.
func (m *Manager) beginToSee(ctx context.Context, s scope) (
	everything func() ([]nsmgr.Inside, error),
	host func() (hostSeen, error),
	hold func() (*nsmgr.Held, error),
) {
	everything = func() ([]nsmgr.Inside, error) { return nil, nil }
	host = func() (hostSeen, error) { return hostSeen{}, nil }
	hold = func() (*nsmgr.Held, error) { return nil, nil }
	switch {
	case s.closed:
		hold = beside(func() (*nsmgr.Held, error) { return m.host.HoldNamespaces(ctx) })
	case s.all:
		everything = beside(func() ([]nsmgr.Inside, error) { return m.host.LookAll(ctx) })
	}
	if s.host || s.all {
		host = beside(func() (hostSeen, error) { return m.seeHost(ctx) })
	}
	return everything, host, hold
}

// beginToAsk asks ovs-vswitchd whether it is well, if the plan will want to know: it
// goes over its ports before it answers.
func (m *Manager) beginToAsk(ctx context.Context, s scope, snap *ovsdb.Snapshot) func() (bool, error) {
	if !s.closed || m.opts.DryRun || len(model.All[model.Switch](snap.Recorded)) == 0 {
		return nil
	}
	db := m.db // of now
	return beside(func() (bool, error) { return true, db.Ping(ctx) })
}

// beside calls f at once, beside what the caller does until it asks for the
// result.
func beside[T any](f func() (T, error)) func() (T, error) {
	var result T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		result, err = f()
	}()
	return func() (T, error) {
		<-done
		return result, err
	}
}

// autoDatapath says what "auto" means: the kernel's datapath where both
// ovs-vswitchd and the kernel have it, else one in userspace; the dummy where
// ovs-vswitchd was started with it and there can be no taps.
func (m *Manager) autoDatapath(snap *ovsdb.Snapshot) model.Datapath {
	if slices.Contains(snap.Datapaths, string(model.DatapathSystem)) && nsmgr.HasKernelDatapath() {
		return model.DatapathSystem
	}
	if slices.Contains(snap.Datapaths, string(model.DatapathDummy)) && !nsmgr.HasTaps() {
		return model.DatapathDummy
	}
	return model.DatapathNetdev
}

func owners(snap *ovsdb.Snapshot) map[string]plan.Owner {
	taken := map[string]plan.Owner{}
	for name, row := range snap.Taken {
		taken[name] = owner(row.Managed)
	}
	return taken
}

func owner(managed bool) plan.Owner {
	if managed {
		return plan.TakenOurs
	}
	return plan.TakenForeign
}

// lookAtNamespaces fills in which namespaces there are and what is inside
// those of the scope; all is what there is at all, if that is the scope.
func (m *Manager) lookAtNamespaces(ctx context.Context, s scope, v *view, all []nsmgr.Inside) error {
	names := s.namespaces
	v.host.Namespaces = map[string]plan.Owner{}
	v.host.Inside = map[string]map[string]plan.Interface{}
	switch {
	case s.closed:
		for _, n := range v.held.Namespaces() {
			v.host.Namespaces[n.Name] = owner(n.Managed)
		}
		return nil
	case s.all:
		names = nil
		for _, in := range all {
			if v.host.Namespaces[in.Name] = owner(in.Managed); in.Managed {
				v.takeIn(in)
			}
		}
		for _, n := range model.All[model.Namespace](v.snap.Recorded) {
			if v.host.Namespaces[n.Name] != plan.TakenOurs {
				names = append(names, n.Name) // it is gone, or somebody else's now
			}
		}
	}
	for _, name := range names {
		if err := m.lookInside(ctx, name, v); err != nil {
			return err
		}
	}
	return nil
}

func (m *Manager) lookInside(ctx context.Context, name string, v *view) error {
	v.inside[name] = inside{links: map[string]nsmgr.Link{}}
	in, found, err := m.host.Look(ctx, name)
	if found {
		v.takeIn(in)
	}
	return err
}

// takeIn adds a namespace to the view.
func (v *view) takeIn(in nsmgr.Inside) {
	v.host.Namespaces[in.Name] = owner(in.Managed)
	v.host.Inside[in.Name] = map[string]plan.Interface{}
	links := map[string]nsmgr.Link{}
	for _, l := range in.Links {
		links[l.Name] = l
		v.host.Inside[in.Name][l.Name] = toInterface(l)
	}
	v.inside[in.Name] = inside{links, in.Routes}
}

func toInterface(l nsmgr.Link) plan.Interface {
	if l.Unfinished {
		return plan.Interface{} // its name is free
	}
	return plan.Interface{
		Owner: owner(l.Managed()), Alias: l.Alias, Kind: l.Kind, Up: l.Up, Addresses: l.Addresses,
	}
}

// seeHost reads what lookAtHost takes in. The firewall is that of the thread that
// asks, and the caller's may be another one.
func (m *Manager) seeHost(ctx context.Context) (seen hostSeen, err error) {
	if seen.links, err = m.host.Links(ctx, ""); err != nil {
		return seen, err
	}
	if seen.routes, err = m.host.Routes(ctx, ""); err != nil {
		return seen, err
	}
	err = m.host.Do("", func() error {
		seen.rules, err = m.firewall.Observe(ctx)
		return err
	})
	return seen, err
}

// lookAtHost fills in the host's own interfaces, firewall and settings; when
// they are outside the scope, interfaces are looked up one by one.
func (m *Manager) lookAtHost(ctx context.Context, s scope, v *view, seen hostSeen) {
	if !s.host && !s.all {
		v.host.Lookup = m.lookup(ctx)
		return
	}
	v.rules = seen.rules
	v.links = map[string]nsmgr.Link{}
	v.host.Interfaces = map[string]plan.Interface{}
	for _, l := range seen.links {
		v.links[l.Name] = l
		v.host.Interfaces[l.Name] = toInterface(l)
	}
	m.lookAtSettings(s.uplink, v, seen.routes)
}

// lookup finds interfaces of the host, and asks only once for each.
func (m *Manager) lookup(ctx context.Context) func(name string) (plan.Interface, bool) {
	type answer struct {
		plan.Interface
		found bool
	}
	known := map[string]answer{}
	return func(name string) (plan.Interface, bool) {
		a, asked := known[name]
		if !asked {
			if l, found, err := m.host.FindLink(ctx, "", name); err == nil && found {
				a = answer{toInterface(l), true}
			}
			known[name] = a
		}
		return a.Interface, a.found
	}
}

// lookAtSettings reads the settings that forwarding and a new uplink need, and
// who has its default route from router advertisements.
func (m *Manager) lookAtSettings(uplink string, v *view, routes []nsmgr.Route) {
	names := []string{model.ForwardIPv4, model.ForwardIPv6}
	for _, r := range routes {
		if r.Protocol == "ra" && r.To.Bits() == 0 {
			v.host.RouterAdvertised = append(v.host.RouterAdvertised, r.Interface)
			names = append(names, model.AcceptRA(r.Interface))
		}
	}
	for _, s := range model.All[model.Sysctl](v.snap.Recorded) {
		names = append(names, s.Name)
	}
	if uplink != "" {
		names = slices.AppendSeq(names, maps.Keys(model.UplinkSettings(uplink)))
	}
	v.host.Sysctls = map[string]string{}
	for _, name := range names {
		// A setting whose interface, or whose whole address family, is not
		// there any more has no value.
		if value, err := m.host.Sysctl("", name); err == nil {
			v.host.Sysctls[name] = value
		}
	}
}
