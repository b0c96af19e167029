package watch

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/live"
)

// watcher is a watch that runs.
type watcher struct {
	Options
	feed    *live.Feed
	known   *model.State
	missing map[live.Source]bool // told as lost
	pace    pace
	drift   string // told last
	failure string // told last
	ready   bool
}

// loop waits for news and looks, until ctx ends.
func (w *watcher) loop(ctx context.Context) error {
	var next time.Time
	for {
		w.Notify.alive()
		if err := w.feed.Wait(ctx, next); err != nil {
			return err
		}
		w.tellSources()
		c, at := w.due()
		if at.IsZero() || time.Until(at) > 0 {
			next = at
			continue
		}
		w.lookAt(ctx, c, w.feed.Take(c))
		next = time.Now() // there may be a retry to time
	}
}

// due returns what there is to look for, and when; zero is never.
func (w *watcher) due() (live.Causes, time.Time) {
	c, connected := w.feed.Causes()
	if !connected {
		return nil, time.Time{}
	}
	return c, w.pace.next(c)
}

// lookAt compares what is with what is recorded, and repairs.
func (w *watcher) lookAt(ctx context.Context, c live.Causes, f live.Focus) {
	if !w.rulesChanged(ctx, c) || !w.moreToDo(ctx, f) {
		return
	}
	// To try again, or to tell all that has drifted, needs to see everything.
	f.Everything = f.Everything || w.Report || w.pace.failures > 0
	begin := time.Now()
	r, err := w.repair(ctx, w.Report, f)
	if ctx.Err() != nil {
		return
	}
	if err != nil || !r.Clean() {
		w.feed.ForgetRules() // they may be others now
	}
	w.pace.looked(begin, time.Now(), r, err)
	w.learn(r, err == nil)
	w.tellRepair(r, err, c.Age())
	w.tellReady()
	if w.pace.took > largeLook {
		debug.FreeOSMemory() // it may be long until the next one
	}
}

// largeLook is what a look at a lab of some hundred ports takes.
const largeLook = 50 * time.Millisecond

// rulesChanged reports whether there is cause to look, if the firewall is the only
// one.
func (w *watcher) rulesChanged(ctx context.Context, c live.Causes) bool {
	if _, told := c[live.SourceFirewall]; !told {
		return true
	}
	changed := w.feed.RulesChanged(ctx)
	return changed || len(c) > 1 || w.pace.failures > 0
}

// moreToDo reports whether it is time for another attempt, or something has
// drifted that the last one did not fail at. Looking alone makes no news. News
// that comes so late that the last attempt did not make it may be that the
// obstacle is gone.
func (w *watcher) moreToDo(ctx context.Context, f live.Focus) bool {
	now := time.Now()
	if w.pace.failures == 0 || !now.Before(w.pace.retry()) || now.Sub(w.pace.ended) > echoTime {
		return true
	}
	w.pace.checked = now
	r, err := w.repair(ctx, true, f)
	return err == nil && !within(r.Left, w.pace.left)
}

// repair looks once.
func (w *watcher) repair(ctx context.Context, dry bool, f live.Focus) (*switchmgr.Repair, error) {
	return live.Look(ctx, switchmgr.Options{DB: w.DB, DryRun: dry}, w.Timeout, w.known, f)
}

// learn keeps what is recorded, for the next look and for what news matters.
func (w *watcher) learn(r *switchmgr.Repair, good bool) {
	if r == nil {
		return
	}
	w.known = r.Recorded
	w.feed.Learn(r.Recorded, good && !w.Report)
	if w.Lab != nil {
		w.Lab.Update(r.Recorded, r.Remaining())
	}
	w.Metrics.recorded(r.Recorded)
}
