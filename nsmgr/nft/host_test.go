package nft

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// TestLegacyProgramMissing is not parallel: it changes PATH.
func TestLegacyProgramMissing(t *testing.T) {
	h := newHost(t)
	h.sh(iptables("-legacy", "-P FORWARD DROP"))
	before := h.ruleset()
	path := os.Getenv("PATH")
	t.Setenv("PATH", "/nonexistent")
	list := h.blockers()
	if len(list) != 2 || list[0].Amendable || !strings.Contains(list[0].Advice, "iptables-legacy") {
		t.Errorf("blockers %+v, want two that name the program", list)
	}
	err := h.fw.Apply(t.Context(), wholeLab(), Rules{})
	if !errors.Is(err, model.ErrNotReady) || model.Hint(err) == "" {
		t.Errorf("error %v, want ErrNotReady with a hint", err)
	}
	if err := h.fw.Apply(t.Context(), Rules{}, wholeLab()); err != nil {
		t.Errorf("removing nothing: %v", err)
	}
	t.Setenv("PATH", path)
	h.same("without the program", before)
}

// TestLegacyUntouched: no program is run that would bring the old filter table
// into use.
func TestLegacyUntouched(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.apply(wholeLab(), Rules{})
	h.observe()
	h.apply(Rules{}, wholeLab())
	for _, f := range []string{"ip_tables_names", "ip6_tables_names"} {
		if used, err := legacyInUse(f); used || err != nil {
			t.Errorf("%s: in use %v, error %v", f, used, err)
		}
	}
}

// TestUnprivileged drops every capability of one thread, which ends with its
// goroutine.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&header, &none[0]); err != nil {
			result <- err
			return
		}
		_, err := readAll(t.Context())
		result <- err
	}()
	err := <-result
	if !errors.Is(err, model.ErrNotReady) || !strings.Contains(model.Hint(err), "sudo") {
		t.Errorf("error %v with hint %q, want ErrNotReady with sudo", err, model.Hint(err))
	}
}

// TestOwnedTable: a table with the flag owner can be changed by its maker
// alone, and must not make the batch fail.
func TestOwnedTable(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	in := h.startNFT()
	_, err := fmt.Fprintln(in, "add table ip owned { flags owner; }\nadd chain ip owned f1 { type filter hook forward priority 0; policy drop; }")
	if err != nil {
		t.Fatal(err)
	}
	h.waitFor("policy drop")
	h.apply(wholeLab(), Rules{})
	list := h.blockers()
	if len(list) != 1 || list[0].Amendable || !strings.Contains(list[0].Advice, "owner") {
		t.Errorf("blockers %+v, want one that cannot be amended", list)
	}
}

// startNFT starts an interactive nft that lives as long as the test.
func (h *host) startNFT() io.Writer {
	h.Helper()
	cmd := exec.CommandContext(h.Context(), "nft", "-i")
	in, err := cmd.StdinPipe()
	if err != nil {
		h.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return in
}

// waitFor waits until the ruleset shows a text.
func (h *host) waitFor(text string) {
	h.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !strings.Contains(h.sh("nft list ruleset"), text) {
		select {
		case <-tick.C:
		case <-deadline:
			h.Fatalf("nft never showed %q", text)
		}
	}
}

// TestBrokenTableIsMended: a fixed rule that was taken out by hand is put back
// by the next edit, and until then its set is not reported.
func TestBrokenTableIsMended(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.apply(wholeLab(), Rules{})
	whole := h.sh("nft list ruleset")
	h.sh("nft flush chain inet ovsns forward")
	if o := h.observe(); len(o.Segments) != 0 || len(o.NAT) != 2 {
		t.Errorf("observed %+v, want NAT alone", o.Rules)
	}
	h.apply(wholeLab(), Rules{})
	if got := h.sh("nft list ruleset"); got != whole {
		t.Errorf("got\n%s\nwant\n%s", got, whole)
	}
}
