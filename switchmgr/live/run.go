package live

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr"
)

// Options configure [Run].
type Options struct {
	// DB says where the switch's database is.
	DB ovsdb.Options
	// Lab is kept up to date.
	Lab *Lab
	// Timeout bounds each look; 0 means 30 seconds.
	Timeout time.Duration
	// Failed, if not nil, is called with why a look failed. It is tried again without
	// end.
	Failed func(error)
}

// DefaultTimeout is that of Options.Timeout.
const DefaultTimeout = 30 * time.Second

const (
	// retryPause is what comes between a look that failed and the next one.
	retryPause = time.Second
	// longestBreath bounds the pause after a look: as long as that took, so that a
	// host in turmoil is left half of a processor.
	longestBreath = 300 * time.Millisecond
)

// Run follows the host in whose network namespace it is called, and keeps a Lab up to
// date, until ctx ends, which is no error. It changes nothing. The error is
// [model.ErrNotReady] when it cannot begin.
func Run(ctx context.Context, o Options) error {
	f, err := Open(ctx, o.DB, nil)
	if err != nil {
		return err
	}
	v := viewer{Options: o, feed: f}
	if v.Timeout == 0 {
		v.Timeout = DefaultTimeout
	}
	v.loop(ctx)
	return f.Close()
}

// viewer is a Run.
type viewer struct {
	Options
	feed  *Feed
	known *model.State
	next  time.Time // no look before
	again bool      // the last one failed
}

func (v *viewer) loop(ctx context.Context) {
	for v.feed.Wait(ctx, v.next) == nil {
		causes, connected := v.feed.Causes()
		if !connected || len(causes) == 0 && !v.again || time.Now().Before(v.next) {
			continue
		}
		focus := v.feed.Take(causes)
		if _, told := causes[SourceFirewall]; told && len(causes) == 1 && !v.again && !v.feed.RulesChanged(ctx) {
			continue
		}
		v.look(ctx, focus)
	}
}

// look compares, and says what it has seen.
func (v *viewer) look(ctx context.Context, focus Focus) {
	focus.Everything = true // to tell all that has drifted needs to see everything
	begin := time.Now()
	r, err := Look(ctx, switchmgr.Options{DB: v.DB, DryRun: true}, v.Timeout, v.known, focus)
	if v.again = err != nil; v.again {
		v.next = time.Now().Add(retryPause)
		if v.Failed != nil && ctx.Err() == nil {
			v.Failed(err)
		}
		return
	}
	v.next = time.Now().Add(min(time.Since(begin), longestBreath))
	v.known = r.Recorded
	v.feed.Learn(r.Recorded, false)
	v.Lab.Update(r.Recorded, r.Drift)
}

// Look compares what is with what is recorded, and repairs it unless it is a dry run,
// with what was recorded at the last look, nil if there was none. The Manager does not
// stay: it would keep namespaces alive.
func Look(ctx context.Context, o switchmgr.Options, timeout time.Duration, known *model.State, f Focus) (*switchmgr.Repair, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	m, err := switchmgr.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	r, err := m.Repair(ctx, switchmgr.Look{
		Known: known, Partly: !f.Everything, Namespaces: slices.Collect(maps.Keys(f.Namespaces)),
	})
	return r, errors.Join(err, m.Close())
}
