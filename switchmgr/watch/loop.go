package watch

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/switchmgr"
)

// watcher is a watch that runs.
type watcher struct {
	Options
	host     *nsmgr.Host // for news and settings
	firewall *nft.Firewall
	woken    chan struct{}
	sources  sync.WaitGroup

	mu       sync.Mutex
	causes   map[Source]time.Time // news since the last look, and when it began
	alive    map[Source]bool
	lost     map[Source]error // not yet told
	interest *interest

	// Of the loop alone.
	known    *model.State
	rules    string            // what the firewall did before the last look
	settings map[string]string // their values at the last tick
	missing  map[Source]bool   // told as lost
	pace     pace
	drift    string // told last
	failure  string // told last
	ready    bool
}

func newWatcher(o Options, host *nsmgr.Host, firewall *nft.Firewall) *watcher {
	return &watcher{
		Options: o, host: host, firewall: firewall, woken: make(chan struct{}, 1),
		causes: map[Source]time.Time{}, alive: map[Source]bool{}, lost: map[Source]error{},
		missing: map[Source]bool{}, settings: map[string]string{},
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
		causes, at := w.cause()
		switch wait := time.Until(at); {
		case at.IsZero():
			due.Stop()
		case wait > 0:
			due.Reset(wait)
		default:
			w.forget(causes)
			w.lookAt(ctx, causes)
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

// cause returns what there is to look for, and when; zero is never. Without
// the database there is nothing to compare with.
func (w *watcher) cause() (map[Source]time.Time, time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.alive[SourceDatabase] {
		return nil, time.Time{}
	}
	return maps.Clone(w.causes), w.pace.next(w.causes)
}

// forget takes causes as dealt with; later news of the same source is a new
// cause.
func (w *watcher) forget(causes map[Source]time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for source, since := range causes {
		if w.causes[source] == since {
			delete(w.causes, source)
		}
	}
}

// lookAt compares what is with what is recorded, and repairs.
func (w *watcher) lookAt(ctx context.Context, causes map[Source]time.Time) {
	if !w.rulesChanged(ctx, causes) {
		return
	}
	begin := time.Now()
	r, err := w.repair(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil || !r.Clean() {
		w.rules = "" // they may be others now: compare with nothing
	}
	w.pace.looked(begin, time.Now(), r, err)
	w.learn(r, err == nil)
	w.tellRepair(r, err, took(causes))
	w.tellReady()
}

// took returns the time since the first news.
func took(causes map[Source]time.Time) time.Duration {
	var d time.Duration
	for _, since := range causes {
		d = max(d, time.Since(since))
	}
	return d
}

// repair looks once. The Manager does not stay: it would keep namespaces
// alive.
func (w *watcher) repair(ctx context.Context) (*switchmgr.Repair, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	m, err := switchmgr.Open(ctx, switchmgr.Options{DB: w.DB, DryRun: w.Report})
	if err != nil {
		return nil, err
	}
	r, err := m.Repair(ctx, w.known)
	return r, errors.Join(err, m.Close())
}

// learn keeps what is recorded, for the next look and for what news matters.
func (w *watcher) learn(r *switchmgr.Repair, good bool) {
	if r == nil {
		return
	}
	w.known = r.Recorded
	i := newInterest(r.Recorded)
	w.mu.Lock()
	w.interest = i
	w.mu.Unlock()
	if good && !w.Report {
		clear(w.settings) // all are as recorded
	}
	w.Metrics.recorded(r.Recorded)
}
