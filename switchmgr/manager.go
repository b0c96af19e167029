package switchmgr

import (
	"context"
	"errors"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/ops"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// Options configures a [Manager].
type Options struct {
	// DB says where the switch's database is.
	DB ovsdb.Options
	// DryRun makes every verb stop at its plan.
	DryRun bool
}

// Manager changes the lab of the host whose network namespace it was opened
// in. Its methods but Close may be called by several goroutines at once; what
// changes the host waits for its turn, as it does for other Managers, also in other
// processes.
type Manager struct {
	opts     Options
	host     *nsmgr.Host
	firewall *nft.Firewall

	// dial holds the one value that may be dialled for: who has it may use what
	// follows. db is set once, so who has seen it may read it without.
	dial     chan struct{}
	db       *ovsdb.Client // nil until a verb needs it
	dialling *dialling     // nil unless Dial has begun

	ran func(ops.Op) error // nil except in tests, see local.RunOptions
}

// manner says how a plan is carried out. The zero value undoes a failure, and tells
// nobody how far it is; see [ApplyOptions].
type manner struct {
	keep     bool
	progress func(done, total int, step string)
}

// Open prepares a Manager. The database is dialled by the first verb that
// needs it, or by [Manager.Dial], so that what needs none works without. Close
// the Manager when done.
func Open(_ context.Context, o Options) (*Manager, error) {
	host, err := nsmgr.New()
	if err != nil {
		return nil, err
	}
	return &Manager{opts: o, host: host, firewall: nft.New(host, model.Host), dial: make(chan struct{}, 1)}, nil
}

// Close frees what the Manager holds, when no other method runs. The lab stays.
func (m *Manager) Close() error {
	if d := m.dialling; d != nil {
		d.stop()
		m.db, _ = d.result()
	}
	if m.db != nil {
		m.db.Close()
	}
	return m.host.Close()
}

// dialling is a connection to the database that is being made.
type dialling struct {
	result func() (*ovsdb.Client, error) // waits for it
	stop   context.CancelFunc
}

// Dial begins to dial the database, beside what the caller does until a verb
// needs it; without Dial, that verb dials. Should it fail, or not be done before
// ctx ends, that verb says so.
func (m *Manager) Dial(ctx context.Context) {
	select {
	case m.dial <- struct{}{}:
		m.beginToDial(ctx)
		<-m.dial
	default: // somebody does
	}
}

func (m *Manager) beginToDial(ctx context.Context) {
	if m.db != nil || m.dialling != nil {
		return
	}
	ctx, stop := context.WithCancel(ctx)
	m.dialling = &dialling{local.Beside(func() (*ovsdb.Client, error) { return ovsdb.Dial(ctx, m.opts.DB) }), stop}
}

func (m *Manager) database(ctx context.Context) (*ovsdb.Client, error) {
	select {
	case m.dial <- struct{}{}:
		defer func() { <-m.dial }()
	case <-ctx.Done():
		return nil, notReadyInTime(ctx, ctx.Err())
	}
	if m.db != nil {
		return m.db, nil
	}
	m.beginToDial(ctx)
	d := m.dialling
	m.dialling = nil
	defer d.stop()
	defer context.AfterFunc(ctx, d.stop)()
	db, err := d.result()
	if err != nil {
		return nil, notReadyInTime(ctx, err)
	}
	m.db = db
	return db, nil
}

// change is the one way in which a verb changes the lab: under the host's
// lock it observes, edits, and carries out the plan.
func (m *Manager) change(ctx context.Context, s local.Scope, edit func(*plan.Editor) error) (*Result, error) {
	return m.changeSeen(ctx, manner{}, func() (*view, error) { return m.observe(ctx, s) },
		func(e *plan.Editor, _ *view) ([]string, error) { return nil, edit(e) })
}

// changeSeen is change for verbs that observe in a way of their own, or have
// something to say about what they saw.
func (m *Manager) changeSeen(
	ctx context.Context,
	how manner,
	observe func() (*view, error),
	edit func(*plan.Editor, *view) (notes []string, err error),
) (*Result, error) {
	if !m.opts.DryRun {
		if err := nsmgr.CheckPrivilege(); err != nil {
			return nil, err
		}
		unlock, err := m.host.Lock(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	v, err := observe()
	if err != nil {
		return nil, err
	}
	defer v.Held.Close()
	if err := v.Snap.CheckFormat(); err != nil && !v.purge {
		return nil, err
	}
	e := plan.NewEditor(v.Snap.Recorded, v.Host)
	notes, err := edit(e, v)
	if err != nil {
		return nil, err
	}
	p, err := e.Plan(v.Actual)
	if err != nil {
		return nil, err
	}
	r := &Result{Plan: p, DryRun: m.opts.DryRun, Notes: notes, Facts: ops.Facts{Wished: e.State(), TSO: v.Snap.TSO}}
	if len(p) == 0 {
		return r, nil
	}
	if m.opts.DryRun {
		if err := m.db.Check(ctx, p); err != nil && !v.purge {
			return nil, err
		}
		return r, nil
	}
	r.Plan, notes, err = m.apply(ctx, p, v, how)
	if err != nil {
		return nil, notReadyInTime(ctx, err)
	}
	r.Notes = append(r.Notes, notes...)
	return r, nil
}

// notReadyInTime classifies an error that the deadline caused.
func notReadyInTime(ctx context.Context, err error) error {
	if errors.Is(err, model.ErrNotReady) || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err
	}
	return model.NotReadyf("the host did not answer in time").Because(err)
}
