package watch

import (
	"fmt"
	"time"

	"github.com/ovsns/ovsns/switchmgr"
)

// pace decides when to look again.
//
// After a look that was in vain it waits longer and longer. News that comes
// while it runs, or directly after it, is most likely its own, and does not
// shorten the pause; later news does, but never to less than hurriedPause at
// last. When somebody undoes the same repair again and again, it is repeated
// ever more seldom as well.
type pace struct {
	ended    time.Time // of the last look; zero: there was none
	took     time.Duration
	failures int // in a row

	repair   string // what was repaired last
	repaired time.Time
	fights   int // how often in a row it was the same
}

const (
	echoTime     = 300 * time.Millisecond
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
	hurriedPause = 2 * time.Second
	// longestBreath bounds the pause after a look that went well: as long as
	// that took, so that a host in turmoil is left half of a processor.
	longestBreath = 300 * time.Millisecond
	// fairRepeats of the same repair, each within fightTime of the last one,
	// may be chance.
	fairRepeats = 5
	fightTime   = 40 * time.Second
)

// next returns when to look because of these causes; zero is never.
func (p *pace) next(causes map[Source]time.Time) time.Time {
	switch {
	case p.failures > 0:
		pause := backOff(firstPause, p.failures-1)
		if p.foreign(causes) {
			pause = min(pause, hurriedPause)
		}
		return p.ended.Add(pause)
	case len(causes) == 0:
		return time.Time{}
	case p.ended.IsZero():
		return time.Now()
	case p.fighting():
		return p.ended.Add(backOff(firstPause, p.fights-fairRepeats))
	}
	return p.ended.Add(min(p.took, longestBreath))
}

// foreign reports whether any of the causes is not our own doing.
func (p *pace) foreign(causes map[Source]time.Time) bool {
	for _, since := range causes {
		if since.After(p.ended.Add(echoTime)) {
			return true
		}
	}
	return false
}

func (p *pace) fighting() bool { return p.fights > fairRepeats }

// looked notes the outcome of a look.
func (p *pace) looked(begin, end time.Time, r *switchmgr.Repair, err error) {
	p.ended, p.took = end, end.Sub(begin)
	if err != nil {
		p.failures++
	} else {
		p.failures = 0
	}
	if r == nil || r.Clean() {
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

// summary names what was found.
func summary(r *switchmgr.Repair) string { return fmt.Sprint(r.Plan, r.Reset, r.Lost) }
