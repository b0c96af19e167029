package watch

import (
	"errors"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr"
)

var (
	noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	told = causes{SourceKernel: noon}
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

func TestInterest(t *testing.T) {
	w := newWatcher(Options{}, nil, nil)
	missed := nsmgr.News{Kind: nsmgr.NewsMissed}
	if _, ok := w.concerns(nsmgr.News{Kind: nsmgr.NewsLink, Interface: "eth9"}); !ok {
		t.Error("before the first look not all news counts")
	}
	w.interest = newInterest(model.NewState(
		model.Switch{Name: "sw0"},
		model.Gateway{Switch: "sw0", VLAN: 100, Interface: "sw0.100"},
		model.Namespace{Name: "red"}, model.Namespace{Name: "blue"},
		model.Attachment{Namespace: "red", Ifname: "eth0", Switch: "sw0", Port: "red-eth0"},
		model.Link{A: model.LinkEnd{Namespace: "blue", Ifname: "eth0"}, B: model.LinkEnd{Namespace: model.HostEnd, Ifname: "blue-eth0"}},
		model.Route{Namespace: "blue"},
	))
	for _, c := range []struct {
		news  nsmgr.News
		want  bool
		where string
	}{
		{missed, true, ""},
		{nsmgr.News{Kind: nsmgr.NewsLink, Interface: "sw0.100"}, true, ""},
		{nsmgr.News{Kind: nsmgr.NewsLink, Interface: "red-eth0"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsAddress, Interface: "blue-eth0"}, true, "blue"},
		{nsmgr.News{Kind: nsmgr.NewsLink, Interface: "other", Managed: true}, true, ""},
		{nsmgr.News{Kind: nsmgr.NewsLink, Interface: "docker0"}, false, ""},
		{nsmgr.News{Kind: nsmgr.NewsForward}, false, ""}, // no setting is recorded
		{nsmgr.News{Kind: nsmgr.NewsLink, Namespace: "red", Interface: "eth0"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsLink, Namespace: "red", Interface: "lo"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsLink, Namespace: "red", Interface: "tun0"}, false, "red"},
		{nsmgr.News{Kind: nsmgr.NewsAddress, Namespace: "red"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsRoute, Namespace: "red"}, false, "red"}, // it has none
		{nsmgr.News{Kind: nsmgr.NewsRoute, Namespace: "blue"}, true, "blue"},
		{nsmgr.News{Kind: nsmgr.NewsNamespace, Namespace: "red"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsNamespace, Namespace: "green"}, false, "green"},
	} {
		where, got := w.concerns(c.news)
		if got != c.want || len(where) > 1 || len(where) == 1 && where[0] != c.where || got && c.where != "" && len(where) == 0 {
			t.Errorf("%+v: concerns %v in %v", c.news, got, where)
		}
	}
}
