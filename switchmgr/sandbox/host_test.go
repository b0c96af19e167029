package sandbox_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

func TestCommand(t *testing.T) {
	h := start(t, sandbox.Options{Name: "one", Env: append(os.Environ(), "EXTRA=yes")})
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got := shell(t, h, `echo "$OVSNS_SANDBOX $EXTRA $PWD"; tr '\0' ' ' </proc/1/cmdline`); got != "one yes "+dir+"\novsns: sandbox one" {
		t.Errorf("got %q", got)
	}
	for script, want := range map[string]int{"exit 7": 7, "kill -KILL $$": 137} {
		if _, code := run(t, h.Command(t.Context(), "sh", "-c", script)); code != want {
			t.Errorf("%s: status %d, want %d", script, code, want)
		}
	}
	if out, code := run(t, h.Command(t.Context(), "no-such-program")); code != 127 || !strings.Contains(out, "no such command: no-such-program") {
		t.Errorf("status %d: %s", code, out)
	}
	conn, err := net.Dial("unix", h.Path("/run/openvswitch/db.sock"))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestCommandKilled(t *testing.T) {
	h := start(t, sandbox.Options{NoSwitch: true})
	ctx, cancel := context.WithCancel(t.Context())
	cmd := h.Command(ctx, "sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	alive := func() bool { return h.Command(t.Context(), "pgrep", "-x", "sleep").Run() == nil }
	eventually(t, "sleep runs", alive)
	cancel()
	_ = cmd.Wait()
	eventually(t, "sleep is gone", func() bool { return !alive() })
}

// TestCommandKilledAtAnyMoment kills commands that may not have begun.
func TestCommandKilledAtAnyMoment(t *testing.T) {
	h := start(t, sandbox.Options{NoSwitch: true})
	times := 200
	if testing.Short() {
		times = 40
	}
	var all sync.WaitGroup
	begin := time.Now()
	shell(t, h, "true")
	whole := time.Since(begin)
	for range 4 {
		all.Go(func() {
			for range times / 4 {
				ctx, cancel := context.WithTimeout(t.Context(), rand.N(whole))
				_ = h.Command(ctx, "sleep", "1000").Run()
				cancel()
			}
		})
	}
	all.Wait()
	eventually(t, "no sleep is left", func() bool { return h.Command(t.Context(), "pgrep", "-x", "sleep").Run() != nil })
}

func TestCommandAfterClose(t *testing.T) {
	h := start(t, sandbox.Options{NoSwitch: true})
	h.Close()
	if out, code := run(t, h.Command(t.Context(), "true")); code != 1 {
		t.Fatalf("status %d: %s", code, out)
	}
	<-h.Done()
	h.Close()
}

func TestFourSideBySide(t *testing.T) {
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			h, err := sandbox.Start(t.Context(), sandbox.Options{Name: name})
			if err != nil {
				t.Error(err)
				return
			}
			defer h.Close()
			out, err := h.Command(t.Context(), "sh", "-ec", "ovs-vsctl add-br "+name+" -- set bridge "+name+" datapath_type=netdev; ovs-vsctl list-br").CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != name {
				t.Errorf("%s: %v: %s", name, err, out)
			}
		})
	}
	wg.Wait()
}

func TestJoin(t *testing.T) {
	a := start(t, sandbox.Options{Name: "inside"})
	b := start(t, sandbox.Options{Name: "outside", NoSwitch: true})
	if err := a.Join(t.Context(), "eth1", b, "eth0"); err != nil {
		t.Fatal(err)
	}
	shell(t, a, "ip addr add 198.51.100.1/24 dev eth1; ip addr add 2001:db8:ffff::1/64 dev eth1 nodad")
	shell(t, b, "ip addr add 198.51.100.2/24 dev eth0; ip addr add 2001:db8:ffff::2/64 dev eth0 nodad")
	shell(t, a, "ping -c1 -W3 198.51.100.2; ping -c1 -W3 2001:db8:ffff::2")
	if err := a.Join(t.Context(), "eth1", b, "eth7"); !errors.Is(err, model.ErrConflict) {
		t.Errorf("a name that is taken: %v", err)
	}
	b.Close()
	eventually(t, "the cable is gone", func() bool {
		return !strings.Contains(shell(t, a, "ls /sys/class/net"), "eth1")
	})
}

// The database is the one that ovsdb-tool makes, and its row is complete.
func TestDatabaseIsWhatTheToolMakes(t *testing.T) {
	h := start(t, sandbox.Options{})
	shell(t, h, `
schema=/usr/share/openvswitch/vswitch.ovsschema
ovsdb-tool create /run/made.db $schema
for what in db-name db-version db-cksum; do
	test "$(ovsdb-tool $what /run/openvswitch/conf.db)" = "$(ovsdb-tool $what /run/made.db)"
done
test "$(ovsdb-tool needs-conversion /run/openvswitch/conf.db $schema)" = no
test "$(ovs-vsctl get open_vswitch . ovs_version)" = "\"$(ovs-vswitchd --version | sed -n '1s/.* //p')\""
`)
}

func TestDaemonsCanBeStopped(t *testing.T) {
	h := start(t, sandbox.Options{})
	shell(t, h, `
kill -STOP $(cat /run/openvswitch/ovs-vswitchd.pid)
! timeout 0.3 ovs-vsctl add-br s0 -- set bridge s0 datapath_type=netdev
kill -CONT $(cat /run/openvswitch/ovs-vswitchd.pid)
ovs-vsctl --may-exist add-br s0
kill -KILL $(cat /run/openvswitch/ovsdb-server.pid)
while ovs-vsctl --timeout=1 show 2>/dev/null; do :; done
`)
}

// fakeProgram puts a script in front of the PATH.
func fakeProgram(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestStartShowsTheLog(t *testing.T) {
	needRoot(t)
	for _, name := range []string{"ovsdb-server", "ovs-vswitchd"} {
		t.Run(name, func(t *testing.T) {
			fakeProgram(t, name, `echo "the reason" >&2; exit 3`)
			_, err := sandbox.Start(t.Context(), sandbox.Options{})
			if err == nil || !strings.Contains(err.Error(), name+" did not start: it ended with status 3; its log: the reason") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Each program that must be waited for costs a sixth of the start.
func TestStartNeedsTwoPrograms(t *testing.T) {
	fakeProgram(t, "ovsdb-tool", "exit 3")
	start(t, sandbox.Options{KeepDB: t.TempDir()})
}

func TestStartTimeout(t *testing.T) {
	needRoot(t)
	fakeProgram(t, "ovs-vswitchd", `exec sleep 1000`)
	// What comes before it needs longer on a busy machine.
	for limit := 500 * time.Millisecond; ; limit *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		_, err := sandbox.Start(ctx, sandbox.Options{})
		cancel()
		if err != nil && strings.Contains(err.Error(), "ovs-vswitchd did not start: it does not answer") {
			return
		}
		if limit > 10*time.Second {
			t.Fatalf("after %v: %v", limit, err)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	if _, err := sandbox.Start(t.Context(), sandbox.Options{Command: []string{"true"}}); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("a command: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sandbox.Start(ctx, sandbox.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}
