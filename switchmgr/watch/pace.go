package watch

import (
	"fmt"
	"slices"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/live"
)

// pace decides when to look again.
//
// After an attempt that was in vain the next one waits longer and longer; news
// that comes soon, which may be that attempt's own, only makes the watch find
// out whether there is anything else to repair. When somebody undoes the same
// repair again and again, it is repeated ever more seldom as well.
type pace struct {
	ended    time.Time // of the last look; zero: there was none
	checked  time.Time // when news came last while an attempt had failed
	took     time.Duration
	failures int        // in a row
	left     model.Plan // what could not be repaired

	repair   string // what was repaired last
	repaired time.Time
	fights   int // how often in a row it was the same
}

const (
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
	// longestBreath bounds the pause after a look: as long as that took, so
	// that a host in turmoil is left half of a processor.
	longestBreath = 300 * time.Millisecond
	// echoTime is how long an attempt that failed may still make news.
	echoTime = time.Second
	// fairRepeats of the same repair, each within fightTime of the last one,
	// may be chance.
	fairRepeats = 5
	fightTime   = 40 * time.Second
)

// next returns when to look because of these causes; zero is never.
func (p *pace) next(c live.Causes) time.Time {
	breath := min(p.took, longestBreath)
	switch {
	case p.failures > 0 && len(c) == 0:
		return p.retry()
	case p.failures > 0:
		return earlier(p.retry(), later(p.ended, p.checked).Add(breath))
	case len(c) == 0:
		return time.Time{}
	case p.ended.IsZero():
		return time.Now()
	case p.fighting():
		return p.ended.Add(backOff(firstPause, p.fights-fairRepeats))
	}
	return p.ended.Add(breath)
}

// retry returns when to try again what has failed.
func (p *pace) retry() time.Time { return p.ended.Add(backOff(firstPause, p.failures-1)) }

func (p *pace) fighting() bool { return p.fights > fairRepeats }

// looked notes the outcome of a look.
func (p *pace) looked(begin, end time.Time, r *switchmgr.Repair, err error) {
	p.ended, p.took = end, end.Sub(begin)
	if err != nil {
		p.failures++
	} else {
		p.failures = 0
	}
	if r == nil {
		return
	}
	p.left = r.Left
	if r.Clean() {
		return
	}
	text := summary(r)
	if text == p.repair && end.Sub(p.repaired) < fightTime {
		p.fights++
	} else {
		p.fights = 0
	}
	p.repair, p.repaired = text, end
}

// backOff doubles a pause n times.
func backOff(pause time.Duration, n int) time.Duration {
	return min(pause<<min(max(n, 0), 20), longestPause)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// summary names what was found and repaired, or would be.
func summary(r *switchmgr.Repair) string { return fmt.Sprint(r.Plan, r.Lost) }

// within reports whether all changes of one plan are in another one.
func within(p, q model.Plan) bool {
	lines := map[string]bool{}
	for _, c := range q {
		lines[c.String()] = true
	}
	return !slices.ContainsFunc(p, func(c model.Change) bool { return !lines[c.String()] })
}
