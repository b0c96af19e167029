package watch

import (
	"context"
	"errors"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/local"
)

// watcher is a watch that runs.
type watcher struct {
	Options
	host     *nsmgr.Host // for news and settings
	firewall *nft.Firewall
	woken    chan struct{}
	sources  sync.WaitGroup

	mu       sync.Mutex
	causes   causes // news since the last look
	focus    focus  // what they are about
	alive    map[Source]bool
	lost     map[Source]error // not yet told
	interest *local.Interest

	// Of the loop alone.
	known    *model.State
	rules    string               // what the firewall did before the last look
	settings map[model.Key]string // their values at the last tick
	missing  map[Source]bool      // told as lost
	pace     pace
	drift    string // told last
	failure  string // told last
	ready    bool
}

func newWatcher(o Options, host *nsmgr.Host, firewall *nft.Firewall) *watcher {
	return &watcher{
		Options: o, host: host, firewall: firewall, woken: make(chan struct{}, 1),
		causes: causes{}, alive: map[Source]bool{}, lost: map[Source]error{},
		missing: map[Source]bool{}, settings: map[model.Key]string{},
	}
}

const (
	// tickInterval is how often settings are read.
	tickInterval = 500 * time.Millisecond
	// News comes in flocks: a look waits until there was none for quietTime,
	// but not longer than restlessTime.
	quietTime    = 20 * time.Millisecond
	restlessTime = 100 * time.Millisecond
)

// loop waits for news and looks, until ctx ends.
func (w *watcher) loop(ctx context.Context) error {
	tick := time.NewTicker(tickInterval)
	defer tick.Stop()
	due := time.NewTimer(tickInterval)
	defer due.Stop()
	for {
		w.Notify.alive()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			w.readSettings()
		case <-w.woken:
			w.calm(ctx)
		case <-due.C:
		}
		w.tellSources()
		c, at := w.due()
		switch wait := time.Until(at); {
		case at.IsZero():
			due.Stop()
		case wait > 0:
			due.Reset(wait)
		default:
			w.lookAt(ctx, c, w.take(c))
			due.Reset(0) // there may be a retry to time
		}
	}
}

// calm waits until the news pauses.
func (w *watcher) calm(ctx context.Context) {
	limit := time.After(restlessTime)
	for {
		select {
		case <-w.woken:
		case <-time.After(quietTime):
			return
		case <-limit:
			return
		case <-ctx.Done():
			return
		}
	}
}

// due returns what there is to look for, and when; zero is never. Without
// the database there is nothing to compare with.
func (w *watcher) due() (causes, time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.alive[SourceDatabase] {
		return nil, time.Time{}
	}
	return maps.Clone(w.causes), w.pace.next(w.causes)
}

// take takes causes as dealt with, just before that is done, and returns what
// they are about.
func (w *watcher) take(old causes) focus {
	w.mu.Lock()
	defer w.mu.Unlock()
	for source := range old {
		delete(w.causes, source)
	}
	f := w.focus
	w.focus = focus{}
	return f
}

// focus is what news is about.
type focus struct {
	everything bool
	namespaces map[string]bool
}

// add widens a focus.
func (f *focus) add(namespaces ...string) {
	if f.namespaces == nil {
		f.namespaces = map[string]bool{}
	}
	for _, n := range namespaces {
		f.namespaces[n] = true
	}
}

// causes are the news that nobody has looked after yet: when the first came.
type causes map[Source]time.Time

// lookAt compares what is with what is recorded, and repairs.
func (w *watcher) lookAt(ctx context.Context, c causes, f focus) {
	if !w.rulesChanged(ctx, c) || !w.moreToDo(ctx, f) {
		return
	}
	// To try again, or to tell all that has drifted, needs to see everything.
	f.everything = f.everything || w.Report || w.pace.failures > 0
	begin := time.Now()
	r, err := w.repair(ctx, w.Report, f)
	if ctx.Err() != nil {
		return
	}
	if err != nil || !r.Clean() {
		w.rules = "" // they may be others now: compare with nothing
	}
	w.pace.looked(begin, time.Now(), r, err)
	w.learn(r, err == nil)
	w.tellRepair(r, err, c.age())
	w.tellReady()
	if w.pace.took > largeLook {
		debug.FreeOSMemory() // it may be long until the next one
	}
}

// largeLook is what a look at a lab of some hundred ports takes.
const largeLook = 50 * time.Millisecond

// age returns the time since the first news.
func (c causes) age() time.Duration {
	var d time.Duration
	for _, since := range c {
		d = max(d, time.Since(since))
	}
	return d
}

// moreToDo reports whether it is time for another attempt, or something has
// drifted that the last one did not fail at. Looking alone makes no news. News
// that comes so late that the last attempt did not make it may be that the
// obstacle is gone.
func (w *watcher) moreToDo(ctx context.Context, f focus) bool {
	now := time.Now()
	if w.pace.failures == 0 || !now.Before(w.pace.retry()) || now.Sub(w.pace.ended) > echoTime {
		return true
	}
	w.pace.checked = now
	r, err := w.repair(ctx, true, f)
	return err == nil && !within(r.Left, w.pace.left)
}

// repair looks once. The Manager does not stay: it would keep namespaces
// alive.
func (w *watcher) repair(ctx context.Context, dry bool, f focus) (*switchmgr.Repair, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	m, err := switchmgr.Open(ctx, switchmgr.Options{DB: w.DB, DryRun: dry})
	if err != nil {
		return nil, err
	}
	r, err := m.Repair(ctx, switchmgr.Look{
		Known: w.known, Partly: !f.everything, Namespaces: slices.Collect(maps.Keys(f.namespaces)),
	})
	return r, errors.Join(err, m.Close())
}

// learn keeps what is recorded, for the next look and for what news matters.
func (w *watcher) learn(r *switchmgr.Repair, good bool) {
	if r == nil {
		return
	}
	w.known = r.Recorded
	i := local.NewInterest(r.Recorded)
	w.mu.Lock()
	w.interest = i
	w.mu.Unlock()
	if good && !w.Report {
		clear(w.settings) // all are as recorded
	}
	w.Metrics.recorded(r.Recorded)
}
