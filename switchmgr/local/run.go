package local

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

// Runner runs operations on this host.
type Runner struct {
	Host     *nsmgr.Host
	Firewall *nft.Firewall
	DB       *ovsdb.Client
}

// RunOptions is what a run has to know beside its operations. The zero value is
// right when nothing was observed.
type RunOptions struct {
	// Seen is what was read of the database a moment ago; it is not read again.
	Seen *ovsdb.Snapshot
	// Inventory is needed for [ops.AdoptRows].
	Inventory *ovsdb.Inventory
	// Held are the namespaces that were looked at a moment ago; it must stay open
	// for as long as the run. Nil: they are looked at again where that is needed.
	Held *nsmgr.Held
	// Alive waits for ovs-vswitchd to answer, see [ovsdb.Client.Ping]; nil if it has
	// not been asked.
	Alive func() (bool, error)
	// Keep leaves what was done when an operation fails, instead of undoing it.
	Keep bool
	// Progress, if not nil, is called before each phase with how many are done, how
	// many there are, and the name of the next one; in some before each batch:
	// "making namespaces (3 of 100)".
	Progress func(done, total int, phase string)
	// Done, if not nil, is called after each batch with its last operation, and an
	// error of its makes the run fail there: for tests of the way back.
	Done func(ops.Op) error
}

// Run runs a list, batch by batch, and returns notes for people. When an operation
// fails, those before it are taken back, last one first, and the error says how far
// it got and what became of it: "changing the switch failed, what was done before
// was undone".
func (r *Runner) Run(ctx context.Context, list ops.List, o RunOptions) (notes []string, err error) {
	run := &run{Runner: *r, RunOptions: o}
	defer func() { run.going.close() }()
	for i, p := range list.Phases {
		run.tell = func(what string) {
			if o.Progress != nil {
				o.Progress(i, len(list.Phases), what)
			}
		}
		run.tell(p.Name)
		err := ctx.Err()
		if p.Finish {
			ctx = context.WithoutCancel(ctx) // what is left takes a moment
		}
		if err == nil {
			err = run.phase(ctx, p)
		}
		if err != nil {
			return nil, run.failed(ctx, p, err, len(list.Plan))
		}
	}
	return run.notes, nil
}

// run is one call of Run.
type run struct {
	Runner
	RunOptions
	tell  func(what string)
	notes []string
	undo  undo
	// written is what was written last to the database.
	written *ovsdb.Undo
	// going is what FindGoing finds; along are the veths that are said to go with
	// it.
	going *going
	along []ops.Op
}

// atOnce is how many namespaces or veths are made together: few enough to see them
// grow.
const atOnce = 200

func (r *run) phase(ctx context.Context, p ops.Phase) error {
	for done := 0; done < len(p.Steps); {
		if p.Counted {
			r.tell(fmt.Sprintf("%s (%d of %d)", p.Name, done, len(p.Steps)))
		}
		batch := batchOf(p.Steps[done:])
		if err := r.batch(ctx, batch); err != nil {
			return err
		}
		done += len(batch)
		if r.Done != nil {
			if err := r.Done(batch[len(batch)-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// batchOf returns the operations at the beginning of the steps that are run
// together.
func batchOf(steps []ops.Step) []ops.Op {
	first := family(steps[0].Op)
	batch := []ops.Op{steps[0].Op}
	for _, s := range steps[1:] {
		most := atOnce
		if first == familyRows || first == familyReleased {
			most = len(steps)
		}
		if first == familyNone || family(s.Op) != first || len(batch) == most {
			break
		}
		batch = append(batch, s.Op)
	}
	return batch
}

// The families of which many are run together.
const (
	familyNone = iota
	familyNewNamespaces
	familyOldNamespaces
	familyNewVeths
	familyOldVeths
	familyRows
	familyAdopted
	familyReleased
)

func family(o ops.Op) int {
	switch o.(type) {
	case ops.MakeNamespace:
		return familyNewNamespaces
	case ops.DeleteNamespace:
		return familyOldNamespaces
	case ops.MakeVeth:
		return familyNewVeths
	case ops.DeleteVeth:
		return familyOldVeths
	case ops.WriteRows:
		return familyRows
	case ops.AdoptRows:
		return familyAdopted
	case ops.ReleasePort:
		return familyReleased
	case ops.FindGoing, ops.DeleteFound, ops.SetLink, ops.WaitLink, ops.Mark, ops.Unmark, ops.SetAddresses,
		ops.SetRoute, ops.SetSysctl, ops.FindDaemon, ops.Ping, ops.Await, ops.Sync, ops.ChangeFirewall, ops.Back:
	}
	return familyNone
}

// typed returns the operations of a batch, which are all of one type.
func typed[T ops.Op](batch []ops.Op) []T {
	list := make([]T, len(batch))
	for i, o := range batch {
		list[i] = o.(T)
	}
	return list
}

// batch runs operations of one family, and keeps in mind what is to be undone.
func (r *run) batch(ctx context.Context, batch []ops.Op) error {
	switch o := batch[0].(type) {
	case ops.MakeNamespace:
		return r.undo.after(batch, r.makeNamespaces(ctx, typed[ops.MakeNamespace](batch)))
	case ops.DeleteNamespace:
		return r.undo.after(batch, r.deleteNamespaces(ctx, typed[ops.DeleteNamespace](batch)))
	case ops.MakeVeth:
		return r.undo.after(batch, r.makeVeths(ctx, typed[ops.MakeVeth](batch)))
	case ops.DeleteVeth:
		return r.deleteVeths(ctx, typed[ops.DeleteVeth](batch))
	case ops.WriteRows:
		return r.writeRows(ctx, typed[ops.WriteRows](batch))
	case ops.AdoptRows:
		return r.adoptRows(ctx, typed[ops.AdoptRows](batch))
	case ops.ReleasePort:
		return r.releasePorts(ctx, typed[ops.ReleasePort](batch))
	case ops.SetAddresses: // what it has begun is undone as well
		r.undo.add(o)
		return r.setAddresses(ctx, o)
	case ops.SetLink:
		r.undo.add(o)
		return r.setLink(ctx, o)
	case ops.SetRoute:
		return r.undo.after(batch, r.setRoute(ctx, o))
	case ops.SetSysctl:
		return r.setSysctl(o)
	case ops.ChangeFirewall:
		return r.undo.after(batch, r.changeFirewall(ctx, o))
	case ops.Mark:
		return r.mark(ctx, o)
	case ops.Unmark:
		return r.unmark(ctx, o)
	case ops.WaitLink:
		return r.Host.WaitLink(ctx, o.Place.Namespace(), o.Name)
	case ops.FindDaemon:
		return r.findDaemon(ctx, o)
	case ops.FindGoing:
		r.findGoing(ctx, o)
	case ops.DeleteFound:
		return r.deleteFound()
	case ops.Ping:
		return r.ping(ctx)
	case ops.Await:
		return r.await(ctx, o)
	case ops.Sync:
		return r.DB.Sync(ctx)
	case ops.Back:
		r.undo.with(o)
	}
	return nil
}

func (r *run) makeNamespaces(ctx context.Context, list []ops.MakeNamespace) error {
	names := make([]string, len(list))
	for i, o := range list {
		names[i] = o.Name
	}
	return r.Host.CreateNamespaces(ctx, names...)
}

func (r *run) deleteNamespaces(ctx context.Context, list []ops.DeleteNamespace) error {
	if list[0].Going {
		going, err := r.going.wait()
		if err != nil {
			return err
		}
		return going.DeleteNames()
	}
	names := make([]string, len(list))
	for i, o := range list {
		names[i] = o.Name
	}
	return r.Host.DeleteNamespaces(ctx, names...)
}

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

func (r *run) setSysctl(o ops.SetSysctl) error {
	ns := o.Place.Namespace()
	if o.PutBack {
		if now, err := r.Host.Sysctl(ns, o.Name); err != nil || now != o.Before {
			return nil //nolint:nilerr // it is gone with its interface
		}
	}
	return r.undo.after([]ops.Op{o}, r.Host.SetSysctl(ns, o.Name, o.After))
}

// changeFirewall works on the network namespace of the thread that asks.
func (r *run) changeFirewall(ctx context.Context, o ops.ChangeFirewall) error {
	return r.Host.Do(o.Place.Namespace(), func() error {
		return r.Firewall.Apply(ctx, kernelRules(o.Add), kernelRules(o.Remove))
	})
}

func kernelRules(r ops.Rules) nft.Rules {
	rules := nft.Rules{Segments: r.Segments}
	for _, n := range r.NAT {
		rules.NAT = append(rules.NAT, nft.NAT{NAT: n})
	}
	for _, p := range r.Allow {
		rules.Allow = append(rules.Allow, nft.Pair{A: p[0], B: p[1]})
	}
	return rules
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

// writeRows writes changes in one transaction.
func (r *run) writeRows(ctx context.Context, list []ops.WriteRows) error {
	if _, err := r.going.wait(); err != nil { // somebody else's; later on it could not all be undone
		return err
	}
	changes := make(model.Plan, len(list))
	for i, o := range list {
		changes[i] = o.Change
	}
	write := r.DB.Commit
	if list[0].Later {
		write = r.DB.Submit
	}
	back, err := write(ctx, r.Seen, changes)
	if err != nil {
		return err
	}
	r.undo.rows(back)
	r.written = back
	return nil
}

func (r *run) releasePorts(ctx context.Context, list []ops.ReleasePort) error {
	names := make([]string, len(list))
	for i, o := range list {
		names[i] = o.Name
	}
	back, err := r.DB.Release(ctx, r.Seen, names...)
	if err == nil && back != nil {
		r.undo.rows(back)
	}
	return err
}

func (r *run) adoptRows(ctx context.Context, list []ops.AdoptRows) error {
	changes := make(model.Plan, len(list))
	for i, o := range list {
		changes[i] = model.Change{After: o.Object}
	}
	back, err := r.DB.Adopt(ctx, r.Inventory, changes)
	if err == nil {
		r.undo.rows(back)
	}
	return err
}

func (r *run) findDaemon(ctx context.Context, o ops.FindDaemon) error {
	if o.Kernel != "" && !nsmgr.HasKernelDatapath() {
		return model.NotReadyf("the kernel has no datapath of Open vSwitch for switch %s", o.Kernel).
			WithHint("ovsns switch create %s --datapath netdev", o.Kernel)
	}
	return r.DB.CheckDaemon(ctx)
}

func (r *run) ping(ctx context.Context) error {
	if r.Alive == nil {
		return r.DB.Ping(ctx)
	}
	_, err := r.Alive()
	return err
}

// settleTime bounds the wait for ovs-vswitchd after a removal.
const settleTime = 2 * time.Second

func (r *run) await(ctx context.Context, o ops.Await) error {
	if !o.Settle {
		return r.written.Await(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	if err := r.written.Await(ctx); err != nil {
		r.notes = append(r.notes, "ovs-vswitchd is still letting the ports go")
	}
	return nil
}

// going is the search for what is to be deleted, which runs beside the rest. The
// nil value has found nothing.
type going struct {
	done  chan struct{}
	found *nsmgr.Deletion
	err   error
}

func (r *run) findGoing(ctx context.Context, o ops.FindGoing) {
	g := &going{done: make(chan struct{})}
	r.going = g
	host, what := r.Host, nsmgr.Going{Namespaces: o.Namespaces, Taps: o.Taps, Held: r.Held}
	go func() {
		defer close(g.done)
		g.found, g.err = host.FindDeletion(ctx, what)
	}()
}

func (g *going) wait() (*nsmgr.Deletion, error) {
	if g == nil {
		return nil, nil
	}
	<-g.done
	return g.found, g.err
}

func (g *going) close() {
	if found, err := g.wait(); found != nil && err == nil {
		found.Close()
	}
}

func (r *run) deleteFound() error {
	going, err := r.going.wait()
	if err != nil {
		return err
	}
	return r.undo.after(r.along, going.DeleteLinks())
}
