package local

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// Observer observes this host. It may be used by several goroutines.
type Observer struct {
	Host     *nsmgr.Host
	Firewall *nft.Firewall
	// DB returns the connection to the switch's database. It is called when the
	// kernel is being read already.
	DB func(context.Context) (*ovsdb.Client, error)
}

// Scope says how much of the lab and of the host there is to see. What is not
// looked at is taken to be as it is recorded. The zero value sees what is recorded,
// but for the attachments.
type Scope struct {
	DB         ovsdb.Scope
	Namespaces []string // look inside these
	// Concerned adds to Namespaces, when it is known what is recorded; may be nil.
	Concerned func(recorded *model.State) []string
	All       bool     // look at everything
	Closed    bool     // with All: but not into namespaces, which are held; see View.Held
	Host      bool     // the host's addresses, gateways, firewall and settings
	Uplinks   []string // with Host: also the settings of these interfaces
	// Leftovers counts namespaces that carry our mark but are not recorded
	// among what is there: a command was cut off after making them.
	Leftovers bool
	// Makes are namespaces that will be made if they are missing.
	Makes []string
	// Ping asks ovs-vswitchd whether it is well, if there is a switch; see View.Alive.
	Ping bool
}

// host is what the host's own namespace holds.
type host struct {
	links  []nsmgr.Link
	routes []nsmgr.Route
	rules  *nft.Observed
}

// Observe reads the database once, and of the kernel what the scope asks for:
// beside the dialling, where that does not depend on the database.
func (o *Observer) Observe(ctx context.Context, s Scope) (_ *View, err error) {
	if len(s.Makes) > 0 {
		o.Host.Prepare(s.Makes...)
	}
	s = s.complete()
	everything, seeHost, hold := o.begin(ctx, s)
	defer func() {
		if held, _ := hold(); err != nil {
			held.Close()
		}
	}()
	db, err := o.DB(ctx)
	if err != nil {
		return nil, err
	}
	v := o.view(ctx)
	if v.Snap, err = db.Observe(ctx, s.DB); err != nil {
		return nil, err
	}
	v.Alive = beginToAsk(ctx, s, db, v.Snap)
	v.Host = plan.Host{Auto: AutoDatapath(v.Snap), Taken: owners(v.Snap)}
	list, err := everything()
	if err != nil {
		return nil, err
	}
	if v.Held, err = hold(); err != nil {
		return nil, err
	}
	if err := o.namespaces(ctx, s, v, list); err != nil {
		return nil, err
	}
	seen, err := seeHost()
	if err != nil {
		return nil, err
	}
	o.host(s, v, seen)
	v.observe()
	if s.Leftovers {
		v.leftovers()
	}
	return v, nil
}

// complete adds what the objects of a scope need to be observed, and leaves out what
// this process may not see.
func (s Scope) complete() Scope {
	s.DB.All = s.DB.All || s.All
	if s.All && nsmgr.CheckPrivilege() != nil { // nobody else may enter namespaces
		s.All, s.Host = false, true
	}
	s.DB.Namespaces = append(slices.Clone(s.DB.Namespaces), s.Namespaces...)
	s.DB.Status = s.DB.Status || !s.Closed // what goes may be in any condition
	return s
}

// view returns an empty View, which looks up one by one what was not observed.
func (o *Observer) view(ctx context.Context) *View {
	v := &View{
		Inside: map[string]Inside{}, Actual: model.NewState(), Settings: map[model.Key]string{}, remade: map[[2]string]bool{},
	}
	v.find = remembered(func(name string) (nsmgr.Link, bool) {
		l, found, err := o.Host.FindLink(ctx, "", name)
		return l, found && err == nil
	})
	v.read = func(k model.Key) (string, bool) {
		value, err := o.Host.Sysctl(k.Place.Namespace(), k.Name)
		return value, err == nil
	}
	v.listened = sync.OnceValue(func() map[int]bool {
		list, err := o.Host.PacketSockets()
		if err != nil {
			return nil
		}
		return list
	})
	return v
}

// remembered asks find only once for each name.
func remembered(find func(name string) (nsmgr.Link, bool)) func(string) (nsmgr.Link, bool) {
	type answer struct {
		nsmgr.Link
		found bool
	}
	known := map[string]answer{}
	return func(name string) (nsmgr.Link, bool) {
		a, asked := known[name]
		if !asked {
			a.Link, a.found = find(name)
			known[name] = a
		}
		return a.Link, a.found
	}
}

// begin begins to read of the kernel what the scope asks for, as far as that does
// not depend on the database; what it returns waits for it.
func (o *Observer) begin(ctx context.Context, s Scope) (
	everything func() ([]nsmgr.Inside, error),
	seeHost func() (host, error),
	hold func() (*nsmgr.Held, error),
) {
	everything = func() ([]nsmgr.Inside, error) { return nil, nil }
	seeHost = func() (host, error) { return host{}, nil }
	hold = func() (*nsmgr.Held, error) { return nil, nil }
	switch {
	case s.Closed:
		hold = Beside(func() (*nsmgr.Held, error) { return o.Host.HoldNamespaces(ctx) })
	case s.All:
		everything = Beside(func() ([]nsmgr.Inside, error) { return o.Host.LookAll(ctx) })
	}
	if s.Host || s.All {
		seeHost = Beside(func() (host, error) { return o.seeHost(ctx) })
	}
	return everything, seeHost, hold
}

// beginToAsk asks ovs-vswitchd whether it is well, if the plan will want to know: it
// goes over its ports before it answers.
func beginToAsk(ctx context.Context, s Scope, db *ovsdb.Client, snap *ovsdb.Snapshot) func() (bool, error) {
	if !s.Ping || len(model.All[model.Switch](snap.Recorded)) == 0 {
		return nil
	}
	return Beside(func() (bool, error) { return true, db.Ping(ctx) })
}

// Beside calls f at once, beside what the caller does until it asks for the
// result.
func Beside[T any](f func() (T, error)) func() (T, error) {
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

// AutoDatapath says what "auto" means: the kernel's datapath where both
// ovs-vswitchd and the kernel have it, else one in userspace; the dummy where
// ovs-vswitchd was started with it and there can be no taps.
func AutoDatapath(snap *ovsdb.Snapshot) model.Datapath {
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

// namespaceOwner is owner for a namespace: one of a name that ovsns cannot have given
// is not its own, whatever mark it carries.
func namespaceOwner(name string, managed bool) plan.Owner {
	return owner(managed && model.CheckNamespace(name) == nil)
}

// namespaces fills in which namespaces there are and what is inside those of the
// scope; all is what there is at all, if that is the scope.
func (o *Observer) namespaces(ctx context.Context, s Scope, v *View, all []nsmgr.Inside) error {
	names := s.Namespaces
	if s.Concerned != nil {
		names = append(slices.Clone(names), s.Concerned(v.Snap.Recorded)...)
	}
	v.Host.Namespaces = map[string]plan.Owner{}
	v.Host.Inside = map[string]map[string]plan.Interface{}
	switch {
	case s.Closed:
		for _, n := range v.Held.Namespaces() {
			v.Host.Namespaces[n.Name] = namespaceOwner(n.Name, n.Managed)
		}
		return nil
	case s.All:
		names = v.takeAll(all)
	}
	for _, name := range names {
		if err := o.lookInside(ctx, name, v); err != nil {
			return err
		}
	}
	return nil
}

// takeAll adds the namespaces of ours to the View, and returns those that are
// recorded and gone, or somebody else's now.
func (v *View) takeAll(all []nsmgr.Inside) (missing []string) {
	for _, in := range all {
		if v.Host.Namespaces[in.Name] = namespaceOwner(in.Name, in.Managed); in.Managed {
			v.takeIn(in)
		}
	}
	for _, n := range model.All[model.Namespace](v.Snap.Recorded) {
		if v.Host.Namespaces[n.Name] != plan.TakenOurs {
			missing = append(missing, n.Name)
		}
	}
	return missing
}

func (o *Observer) lookInside(ctx context.Context, name string, v *View) error {
	v.Inside[name] = Inside{Links: map[string]nsmgr.Link{}}
	in, found, err := o.Host.Look(ctx, name)
	if found {
		v.takeIn(in)
	}
	return err
}

// takeIn adds a namespace to the View.
func (v *View) takeIn(in nsmgr.Inside) {
	v.Host.Namespaces[in.Name] = namespaceOwner(in.Name, in.Managed)
	v.Host.Inside[in.Name] = map[string]plan.Interface{}
	links := map[string]nsmgr.Link{}
	for _, l := range in.Links {
		links[l.Name] = l
		v.Host.Inside[in.Name][l.Name] = toInterface(l)
	}
	v.Inside[in.Name] = Inside{links, in.Routes}
}

func toInterface(l nsmgr.Link) plan.Interface {
	if l.Unfinished {
		return plan.Interface{} // its name is free
	}
	return plan.Interface{
		Owner: owner(l.Managed()), Alias: l.Alias, Kind: l.Kind, Up: l.Up, Addresses: l.Addresses,
	}
}

// seeHost reads what host takes in.
func (o *Observer) seeHost(ctx context.Context) (seen host, err error) {
	if seen.links, err = o.Host.Links(ctx, ""); err != nil {
		return seen, err
	}
	if seen.routes, err = o.Host.Routes(ctx, ""); err != nil {
		return seen, err
	}
	seen.rules, err = o.Firewall.Observe(ctx)
	return seen, err
}

// host fills in the host's own interfaces, firewall and settings; when they are
// outside the scope, interfaces are looked up one by one.
func (o *Observer) host(s Scope, v *View, seen host) {
	if !s.Host && !s.All {
		v.Host.Lookup = func(name string) (plan.Interface, bool) {
			l, found := v.find(name)
			if !found {
				return plan.Interface{}, false
			}
			return toInterface(l), true
		}
		return
	}
	v.Rules = seen.rules
	v.Links = map[string]nsmgr.Link{}
	v.Host.Interfaces = map[string]plan.Interface{}
	for _, l := range seen.links {
		v.Links[l.Name] = l
		v.Host.Interfaces[l.Name] = toInterface(l)
	}
	v.find = func(name string) (nsmgr.Link, bool) {
		l, found := v.Links[name]
		return l, found
	}
	v.settings(s.Uplinks, seen.routes)
}

// settings reads the settings that forwarding and uplinks, recorded and new ones,
// need, and who has its default route from router advertisements.
func (v *View) settings(uplinks []string, routes []nsmgr.Route) {
	names := []string{model.ForwardIPv4, model.ForwardIPv6}
	for _, r := range routes {
		if r.Protocol == "ra" && r.To.Bits() == 0 {
			v.Host.RouterAdvertised = append(v.Host.RouterAdvertised, r.Interface)
			names = append(names, model.AcceptRA(r.Interface))
		}
	}
	for _, s := range model.All[model.Sysctl](v.Snap.Recorded) {
		names = append(names, s.Name)
	}
	for _, u := range model.All[model.Uplink](v.Snap.Recorded) {
		uplinks = append(uplinks, u.Interface)
	}
	for _, ifname := range uplinks {
		names = slices.AppendSeq(names, maps.Keys(model.UplinkSettings(ifname)))
	}
	v.Host.Sysctls = map[string]string{}
	for _, name := range names {
		if value, there := v.setting(model.SysctlKey(model.Host, name)); there {
			v.Host.Sysctls[name] = value
		}
	}
}

// leftovers puts the namespaces of ours into what is there, recorded or not.
func (v *View) leftovers() {
	for name, owner := range v.Host.Namespaces {
		if owner == plan.TakenOurs && !v.Actual.Has(model.NamespaceKey(name)) {
			v.Actual.Put(model.Namespace{Name: name})
		}
	}
}
