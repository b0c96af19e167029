package watch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/live"
)

func (w *watcher) tell(e Event) {
	e.Time = time.Now()
	w.Metrics.event(e)
	if w.Tell != nil {
		w.Tell(e)
	}
}

// tellSources says which sources have gone and which have come back.
func (w *watcher) tellSources() {
	alive, lost := w.feed.Alive()
	for _, s := range live.Sources {
		if err := lost[s]; err != nil && !w.missing[s] {
			w.missing[s] = true
			w.tell(Event{Kind: EventLost, Source: s, Err: err})
		}
		if alive[s] && w.missing[s] {
			w.missing[s] = false
			w.tell(Event{Kind: EventFound, Source: s})
		}
	}
}

// tellRepair says what a look has found.
func (w *watcher) tellRepair(r *switchmgr.Repair, err error, took time.Duration) {
	w.Metrics.looked(err)
	if r != nil {
		e := Event{Kind: EventRepaired, Plan: r.Plan, Lost: r.Lost, Took: took}
		if w.Report {
			w.tellDrift(e, r)
		} else if !r.Clean() {
			w.tell(e)
			w.tellFight(e)
		}
	}
	switch {
	case err == nil && w.failure != "":
		w.failure = ""
		w.tell(Event{Kind: EventSettled})
	case err != nil:
		w.tellFailure(err)
	}
}

// tellDrift says what has drifted when it is not what was said last.
func (w *watcher) tellDrift(e Event, r *switchmgr.Repair) {
	text := ""
	if !r.Clean() {
		text = summary(r)
	}
	if text == w.drift {
		return
	}
	w.drift = text
	e.Kind = EventDrift
	if text == "" {
		e = Event{Kind: EventSettled}
	}
	w.tell(e)
}

// tellFight says once that somebody else is at work.
func (w *watcher) tellFight(e Event) {
	if w.pace.fights == fairRepeats+1 {
		err := model.Conflictf("somebody undoes the same repair again and again; it is repeated more seldom now")
		w.tell(Event{Kind: EventFailed, Plan: e.Plan, Err: err})
	}
}

// tellFailure says why something cannot be repaired, once for each reason. A
// switch that is being restarted gets a moment.
func (w *watcher) tellFailure(err error) {
	if errors.Is(err, model.ErrNotReady) && w.pace.failures == 1 {
		return
	}
	cause := withoutNumbers(err.Error())
	if cause == w.failure {
		return
	}
	w.failure = cause
	w.tell(Event{Kind: EventFailed, Err: err})
}

// withoutNumbers makes messages equal that differ in durations or counts.
func withoutNumbers(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, s)
}

// tellReady says once that all is watched and was looked at.
func (w *watcher) tellReady() {
	if !w.ready {
		w.ready = !slices.ContainsFunc(live.Sources, func(s live.Source) bool { return !w.feed.Has(s) })
		if !w.ready {
			return
		}
		e := Event{Kind: EventReady}
		if w.known != nil {
			e.Objects = w.known.Len()
		}
		w.tell(e)
		w.Notify.ready()
	}
	w.Notify.status(w.status())
}

func (w *watcher) status() string {
	objects := 0
	if w.known != nil {
		objects = w.known.Len()
	}
	switch {
	case w.failure != "":
		return fmt.Sprintf("%d objects; not all can be repaired", objects)
	case w.drift != "":
		return fmt.Sprintf("%d objects; not all are as recorded", objects)
	}
	return fmt.Sprintf("%d objects, all as recorded", objects)
}
