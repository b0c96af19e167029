package live_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/internal/labtest"
	"github.com/ovsns/ovsns/switchmgr/live"
)

func TestMain(m *testing.M) { os.Exit(labtest.Main(m, "live-test")) }

// TestRun follows a lab that is made, damaged and removed.
func TestRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	lab := live.NewLab()
	ended := make(chan error)
	go func() {
		ended <- live.Run(ctx, live.Options{Lab: lab, Failed: func(err error) { t.Error(err) }})
	}()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	m, err := switchmgr.Open(ctx, switchmgr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var revision uint64
	until := func(what string, seen func(live.Change) bool) {
		t.Helper()
		for {
			c, err := lab.Wait(ctx, revision)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if revision = c.Revision; seen(c) {
				return
			}
		}
	}
	if _, err := m.CreateNamespaces(ctx, switchmgr.NamespaceRequest{Names: []string{"red"}}); err != nil {
		t.Fatal(err)
	}
	until("made", func(c live.Change) bool {
		return len(c.Added) == 1 && c.Added[0].Key() == model.NamespaceKey("red")
	})
	if out, err := exec.CommandContext(ctx, "ip", "-n", "red", "link", "set", "lo", "down").CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	until("damaged", func(c live.Change) bool {
		return len(c.Drift) == 1 && strings.Contains(c.Drift[0].String(), "lo is down")
	})
	if _, err := m.Restore(ctx); err != nil {
		t.Fatal(err)
	}
	until("restored", func(c live.Change) bool { return c.Drift != nil && len(c.Drift) == 0 })
	if _, err := m.DestroyAll(ctx); err != nil {
		t.Fatal(err)
	}
	until("removed", func(c live.Change) bool { return len(c.Removed) == 1 })
}
