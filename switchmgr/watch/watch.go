package watch

import (
	"context"
	"errors"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/live"
)

// Options configure [Run]. The zero value repairs silently.
type Options struct {
	// DB says where the switch's database is.
	DB ovsdb.Options
	// Report only tells what has drifted; nothing is changed.
	Report bool
	// Timeout bounds each look with its repair; 0 means [live.DefaultTimeout].
	Timeout time.Duration
	// Lab, if not nil, is kept up to date.
	Lab *live.Lab
	// Tell, if not nil, is called with what happens, from one goroutine at a
	// time. It holds the watch up while it runs.
	Tell func(Event)
	// Metrics, if not nil, counts what happens.
	Metrics *Metrics
	// Notify, if not nil, tells a service manager how the watch is, and that
	// it is alive.
	Notify *Notifier
}

// EventKind says what an [Event] is about.
type EventKind string

// The kinds of events.
const (
	// EventReady: everything is watched, and the first look is over.
	EventReady EventKind = "ready"
	// EventRepaired: something had drifted and is as recorded again.
	EventRepaired EventKind = "repaired"
	// EventDrift: something has drifted; only with Options.Report, once for
	// each change of what has.
	EventDrift EventKind = "drift"
	// EventSettled: after EventDrift or EventFailed, all is as recorded again.
	EventSettled EventKind = "settled"
	// EventFailed: something cannot be repaired; once for each cause.
	EventFailed EventKind = "failed"
	// EventLost: the switch's database, or a source in the kernel, is gone. It
	// is tried again without end.
	EventLost EventKind = "lost"
	// EventFound: it is there again.
	EventFound EventKind = "found"
)

// Event is something that a watch tells.
type Event struct {
	Kind EventKind
	Time time.Time
	// Source is what was lost or found; else "".
	Source live.Source
	// Plan and Lost are those of [switchmgr.Repair].
	Plan model.Plan
	Lost []model.Key
	// Took is the time from the first news of a damage to the end of its
	// repair; 0 when there was no news.
	Took time.Duration
	// Objects is the number of recorded objects, with EventReady.
	Objects int
	// Err is why, with EventFailed and EventLost.
	Err error
}

// Run watches the host in whose network namespace it is called until ctx ends,
// which is no error. It fails at once when it cannot begin, with
// [model.ErrNotReady]: no database answers, or a privilege is missing.
func Run(ctx context.Context, o Options) error {
	if o.Timeout == 0 {
		o.Timeout = live.DefaultTimeout
	}
	if err := nsmgr.CheckPrivilege(); err != nil {
		return err
	}
	if err := probe(ctx, o); err != nil {
		return ended(ctx, err)
	}
	feed, err := live.Open(ctx, o.DB, o.Metrics.news)
	if err != nil {
		return err
	}
	w := watcher{Options: o, feed: feed, missing: map[live.Source]bool{}}
	err = ended(ctx, w.loop(ctx))
	o.Notify.stopping()
	return errors.Join(err, feed.Close())
}

// ended makes the end of ctx no error.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, ctx.Err())) {
		return nil
	}
	return err
}

// probe finds out whether the database answers.
func probe(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	c, err := ovsdb.Dial(ctx, o.DB)
	if err == nil {
		c.Close()
	}
	return err
}
