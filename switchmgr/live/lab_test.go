package live

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/local"
)

var (
	red   = model.Namespace{Name: "red"}
	blue  = model.Namespace{Name: "blue"}
	green = model.Namespace{Name: "green"}
	drift = []local.Drift{{Key: red.Key(), Text: "lo is down"}}
)

func expect(t *testing.T, c Change, want string) {
	t.Helper()
	if got := fmt.Sprint(c.Revision, c.Whole, c.Added, c.Changed, c.Removed, len(c.Drift), c.Drift == nil); got != want {
		t.Errorf("changed %s, want %s", got, want)
	}
}

func TestSince(t *testing.T) {
	l := NewLab()
	expect(t, l.Since(0), "0 true [] [] [] 0 false")
	l.Update(model.NewState(red, blue), nil)
	expect(t, l.Since(0), "1 true [{blue false } {red false }] [] [] 0 false")
	l.Update(model.NewState(red, blue), nil)
	expect(t, l.Since(1), "1 false [] [] [] 0 true")
	router := blue
	router.Forward = true
	l.Update(model.NewState(router, green), drift)
	expect(t, l.Since(1), "2 false [{green false }] [{blue true }] [namespace red] 1 false")
	l.Update(model.NewState(router, green, red), nil)
	expect(t, l.Since(2), "3 false [{red false }] [] [] 0 false")
	expect(t, l.Since(1), "3 false [{green false } {red false }] [{blue true }] [] 0 false")
	expect(t, l.Since(9), "3 true [{blue true } {green false } {red false }] [] [] 0 false")
}

func TestForgotten(t *testing.T) {
	l := NewLab()
	l.Update(model.NewState(red), nil)
	for i := range mostGone + 10 {
		l.Update(model.NewState(red, model.Namespace{Name: fmt.Sprint("n", i)}), nil)
	}
	if len(l.gone) > mostGone {
		t.Errorf("%d that went are remembered", len(l.gone))
	}
	if c := l.Since(1); !c.Whole || len(c.Added) != 2 {
		t.Errorf("since long ago %+v", c)
	}
	if c := l.Since(l.revision - 1); c.Whole || len(c.Added) != 1 || len(c.Removed) != 1 {
		t.Errorf("since a moment ago %+v", c)
	}
}

func TestWait(t *testing.T) {
	l := NewLab()
	l.Update(model.NewState(red), nil)
	if c, err := l.Wait(t.Context(), 0); err != nil || c.Revision != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	go l.Update(model.NewState(red, blue), nil)
	c, err := l.Wait(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, c, "2 false [{blue false }] [] [] 0 true")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Wait(ctx, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("waited: %v", err)
	}
}

// TestBeforeTheFirstLook: all news counts until it is known what is recorded.
func TestBeforeTheFirstLook(t *testing.T) {
	f := &Feed{}
	other := nsmgr.News{Kind: nsmgr.NewsLink, Interface: "eth9"}
	if _, concerns := f.concerns(other); !concerns {
		t.Error("it does not")
	}
	f.Learn(model.NewState(red), true)
	if _, concerns := f.concerns(other); concerns {
		t.Error("it does for ever")
	}
}
