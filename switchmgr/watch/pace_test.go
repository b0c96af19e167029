package watch

import (
	"errors"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/live"
)

var (
	noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	told = live.Causes{live.SourceKernel: noon}
	red  = model.Plan{{After: model.Namespace{Name: "red"}}}
	blue = model.Plan{{After: model.Namespace{Name: "blue"}}}
)

func TestPaceOfFailures(t *testing.T) {
	var p pace
	if !p.next(nil).IsZero() {
		t.Error("it looks without a cause")
	}
	now, before := noon, time.Duration(0)
	for range 12 {
		p.looked(now.Add(-20*time.Millisecond), now, &switchmgr.Repair{Left: red}, errors.New("no"))
		pause := p.next(nil).Sub(now)
		if pause < before || pause > longestPause {
			t.Errorf("a pause of %v after one of %v", pause, before)
		}
		if soon := p.next(told).Sub(now); soon > longestBreath {
			t.Errorf("news waits for %v", soon)
		}
		now, before = now.Add(pause), pause
	}
	if before != longestPause {
		t.Errorf("the pauses end at %v", before)
	}
	p.looked(now, now, &switchmgr.Repair{Plan: red}, nil)
	if !p.next(nil).IsZero() {
		t.Error("it tries again after a success")
	}
}

func TestPaceOfFights(t *testing.T) {
	var p pace
	now := noon
	for i := range 2 * fairRepeats {
		p.looked(now, now, &switchmgr.Repair{Plan: red}, nil)
		p.looked(now, now, &switchmgr.Repair{}, nil) // the look after the repair
		pause := p.next(told).Sub(now)
		if fair := i <= fairRepeats; fair != (pause < time.Millisecond) {
			t.Errorf("repair %d is repeated after %v", i, pause)
		}
		now = now.Add(pause)
	}
	p.looked(now, now, &switchmgr.Repair{Plan: blue}, nil)
	if pause := p.next(told).Sub(now); pause > 0 {
		t.Errorf("another repair waits for %v", pause)
	}
}

func TestWithin(t *testing.T) {
	both := append(append(model.Plan{}, red...), blue...)
	if !within(red, both) || !within(nil, red) || within(both, red) || within(blue, red) {
		t.Error("within is wrong")
	}
}
