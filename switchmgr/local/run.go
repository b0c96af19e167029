package local

import (
	"context"
	"fmt"

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
		ops.SetRoute, ops.SetSysctl, ops.FindDaemon, ops.Ping, ops.Await, ops.Sync, ops.ChangeFirewall, ops.Back, ops.Step:
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
	default:
		return r.change(ctx, o)
	}
}

// change runs an operation that changes one thing.
func (r *run) change(ctx context.Context, o ops.Op) error {
	switch o := o.(type) {
	case ops.SetAddresses: // what it has begun is undone as well
		r.undo.add(o)
		return r.setAddresses(ctx, o)
	case ops.SetLink:
		r.undo.add(o)
		return r.setLink(ctx, o)
	case ops.SetRoute:
		return r.undo.after([]ops.Op{o}, r.setRoute(ctx, o))
	case ops.SetSysctl:
		return r.setSysctl(o)
	case ops.ChangeFirewall:
		return r.undo.after([]ops.Op{o}, r.changeFirewall(ctx, o))
	case ops.Mark:
		return r.mark(ctx, o)
	case ops.Unmark:
		return r.unmark(ctx, o)
	case ops.DeleteFound:
		return r.deleteFound()
	case ops.Back:
		r.undo.with(o)
		return nil
	default:
		return r.see(ctx, o)
	}
}

// see runs an operation that only looks or waits.
func (r *run) see(ctx context.Context, o ops.Op) error {
	switch o := o.(type) {
	case ops.FindDaemon:
		return r.findDaemon(ctx, o)
	case ops.FindGoing:
		r.findGoing(ctx, o)
		return nil
	case ops.WaitLink:
		return r.Host.WaitLink(ctx, o.Place.Namespace(), o.Name)
	case ops.Ping:
		return r.ping(ctx)
	case ops.Await:
		return r.await(ctx, o)
	case ops.Sync:
		return r.DB.Sync(ctx)
	default:
		return model.Failedf("this host cannot run the operation %T", o)
	}
}
