package testlab

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// Host is a private host of one test, with a switch daemon; it ends with the test.
type Host struct {
	*testing.T
	*machine
}

// Start makes a host.
func Start(t *testing.T, name string) *Host {
	t.Helper()
	return StartWith(t, sandbox.Options{Name: name})
}

// StartWith makes one that is described further.
func StartWith(t *testing.T, o sandbox.Options) *Host {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	m, err := startMachine(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Host{t, m}
}

// Shell runs a line in the host's shell and returns how it ended.
func (h *Host) Shell(line string) End {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), 3*Patience)
	defer cancel()
	e, err := finish(h.Command(ctx, "sh", "-c", line))
	if err != nil {
		h.Fatalf("%s: %v", line, err)
	}
	return e
}

// Must runs a script, of which every line must succeed, and returns what it prints.
func (h *Host) Must(script string) string {
	h.Helper()
	out, err := h.Try(script)
	if err != nil {
		h.Fatalf("%s: %v: %s", script, err, out)
	}
	return out
}

// Try is Must for what may fail.
func (h *Host) Try(script string) (string, error) { return h.try(script, 3*Patience) }

func (h *Host) try(script string, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(h.Context(), limit)
	defer cancel()
	cmd := h.Command(ctx, "sh", "-ec", script)
	cmd.WaitDelay = time.Second // a daemon that keeps the output open fails, and does not hang
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Eventually waits until a script succeeds.
func (h *Host) Eventually(script string) {
	h.Helper()
	limit := time.After(Patience)
	for {
		out, err := h.try(script, Patience)
		if err == nil {
			return
		}
		select {
		case <-limit:
			h.Fatalf("never: %s: %s", script, out)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// passing differs between two makings of the same interface: the order, the
// random MAC of a switch's own and what follows from it, the carrier.
var passing = regexp.MustCompile(`(?m)^ +inet6 fe80.*\n|^ +link/ether .*\n|^fe80.*\n| state [A-Z]+| linkdown`)

// State is the state of the host, less what is passing.
func (h *Host) State() string {
	h.Helper()
	text, err := stateOf(h.Context(), h.machine)
	if err != nil {
		h.Fatal(err)
	}
	lines := strings.Split(passing.ReplaceAllString(text, ""), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Settles reports how the state differs from another one for good: when
// ovs-vswitchd lets go of interfaces is its own affair.
func (h *Host) Settles(want string) string {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), Patience/4)
	defer cancel()
	for {
		now := h.State()
		if now == want || ctx.Err() != nil {
			return lineDiff(want, now)
		}
	}
}
