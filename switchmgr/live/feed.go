package live

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
)

// Source is where news comes from.
type Source string

// The sources.
const (
	SourceDatabase Source = "database"
	SourceKernel   Source = "kernel"
	SourceFirewall Source = "firewall"
	SourceSettings Source = "settings"
)

// Sources are those that can be lost.
var Sources = []Source{SourceDatabase, SourceKernel, SourceFirewall}

// Feed collects the news that concerns the lab until somebody looks. Open it with
// [Open]. [Feed.Wait], Learn, RulesChanged and ForgetRules are for one goroutine, that which looks.
type Feed struct {
	db       ovsdb.Options
	heard    func(Source)
	host     *nsmgr.Host
	firewall *nft.Firewall
	woken    chan struct{}
	stop     context.CancelFunc
	sources  sync.WaitGroup

	mu       sync.Mutex
	causes   Causes // news since the last look
	focus    Focus  // what they are about
	alive    map[Source]bool
	lost     map[Source]error // not yet told
	interest *local.Interest

	// Of the goroutine that looks.
	rules    string               // what the firewall did before the last look
	settings map[model.Key]string // their values when they were read last
	read     time.Time            // when that was
}

// Causes are the news that nobody has looked after yet: when the first came.
type Causes map[Source]time.Time

// Age returns the time since the first news; 0 when there is none.
func (c Causes) Age() time.Duration {
	var d time.Duration
	for _, since := range c {
		d = max(d, time.Since(since))
	}
	return d
}

// Focus is what news is about. The zero value is about no namespace.
type Focus struct {
	Everything bool
	Namespaces map[string]bool
}

func (f *Focus) add(namespaces ...string) {
	if f.Namespaces == nil {
		f.Namespaces = map[string]bool{}
	}
	for _, n := range namespaces {
		f.Namespaces[n] = true
	}
}

const (
	// tickInterval is how often settings are read.
	tickInterval = 500 * time.Millisecond
	// News comes in flocks: [Feed.Wait] waits until there was none for quietTime,
	// but not longer than restlessTime.
	quietTime    = 20 * time.Millisecond
	restlessTime = 100 * time.Millisecond
)

// Open follows the host in whose network namespace it is called, until [Feed.Close].
// Heard, if not nil, is called with the source of each piece of news that concerns
// the lab, from several goroutines.
func Open(ctx context.Context, db ovsdb.Options, heard func(Source)) (*Feed, error) {
	host, err := nsmgr.New()
	if err != nil {
		return nil, err
	}
	f := &Feed{
		db: db, heard: heard, host: host, firewall: nft.New(host, model.Host), woken: make(chan struct{}, 1),
		causes: Causes{}, alive: map[Source]bool{}, lost: map[Source]error{}, settings: map[model.Key]string{},
	}
	ctx, f.stop = context.WithCancel(ctx)
	f.follow(ctx)
	return f, nil
}

// Close ends it.
func (f *Feed) Close() error {
	f.stop()
	f.sources.Wait()
	return f.host.Close()
}

// Wait waits until there is news and it pauses, until a time, or for half a second,
// whatever comes first; then it is to be called again. The error is that of ctx.
func (f *Feed) Wait(ctx context.Context, until time.Time) error {
	tick := f.read.Add(tickInterval)
	if until.IsZero() || until.After(tick) {
		until = tick
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-f.woken:
		f.calm(ctx)
	}
	if now := time.Now(); !now.Before(tick) {
		f.readSettings()
		f.read = now
	}
	return ctx.Err()
}

// calm waits until the news pauses.
func (f *Feed) calm(ctx context.Context) {
	limit := time.After(restlessTime)
	for {
		select {
		case <-f.woken:
		case <-time.After(quietTime):
			return
		case <-limit:
			return
		case <-ctx.Done():
			return
		}
	}
}

// Causes returns what there is to look for; nothing without the database, for then
// there is nothing to compare with.
func (f *Feed) Causes() (c Causes, connected bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.alive[SourceDatabase] {
		return nil, false
	}
	return maps.Clone(f.causes), true
}

// Take takes causes as dealt with, just before that is done, and returns what they
// are about.
func (f *Feed) Take(old Causes) Focus {
	f.mu.Lock()
	defer f.mu.Unlock()
	for source := range old {
		delete(f.causes, source)
	}
	focus := f.focus
	f.focus = Focus{}
	return focus
}

// Has reports whether a source is there.
func (f *Feed) Has(s Source) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.alive[s]
}

// Alive returns which sources are there, and why others have gone since it was asked
// last.
func (f *Feed) Alive() (alive map[Source]bool, lost map[Source]error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lost = f.lost
	f.lost = map[Source]error{}
	return maps.Clone(f.alive), lost
}

// Learn tells the feed what is recorded, and with that what news matters. Good says
// that the host is like it.
func (f *Feed) Learn(recorded *model.State, good bool) {
	i := local.NewInterest(recorded)
	f.mu.Lock()
	f.interest = i
	f.mu.Unlock()
	if good {
		clear(f.settings) // all are as recorded
	}
}

// news notes that a source has something to say, which also means that it is there.
func (f *Feed) news(source Source) {
	f.mu.Lock()
	f.alive[source] = true
	if _, ok := f.causes[source]; !ok {
		f.causes[source] = time.Now()
	}
	f.mu.Unlock()
	if f.heard != nil {
		f.heard(source)
	}
	f.wake()
}

// lose notes that a source is gone.
func (f *Feed) lose(source Source, err error) {
	f.mu.Lock()
	f.alive[source] = false
	f.lost[source] = err
	f.mu.Unlock()
	f.wake()
}

func (f *Feed) wake() {
	select {
	case f.woken <- struct{}{}:
	default: // it is awake already
	}
}
