package sandbox_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

func enterSandbox(name string, command []string) int {
	r, err := sandbox.Find(name)
	if err == nil {
		err = r.Exec(command)
	}
	fmt.Fprintln(os.Stderr, "error:", err)
	return 1
}

// uniqueName returns one that no other test on this machine uses.
func uniqueName(prefix string) string {
	return prefix + "-" + strconv.FormatUint(rand.Uint64(), 36)
}

// listed returns the running hosts of a name.
func listed(t *testing.T, name string) []sandbox.Running {
	t.Helper()
	list, err := sandbox.List()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(r sandbox.Running) bool { return r.Name != name })
}

func TestList(t *testing.T) {
	name := uniqueName("list")
	before := time.Now()
	h := start(t, sandbox.Options{Name: name, NoSwitch: true})
	list := listed(t, name)
	if len(list) != 1 {
		t.Fatalf("got %+v", list)
	}
	r := list[0]
	if r.PID != h.PID() || r.UID != os.Geteuid() || r.User == "" || len(r.Command) != 0 {
		t.Errorf("got %+v", r)
	}
	if age := r.Since.Sub(before); age < -2*time.Second || age > time.Minute {
		t.Errorf("since %v, not %v", r.Since, before)
	}
	h.Close()
	if list := listed(t, name); len(list) != 0 {
		t.Errorf("ended, but listed: %+v", list)
	}
}

// A process that only has the name of a host's is none.
func TestListIsNotFooled(t *testing.T) {
	name := uniqueName("fooled")
	cmd := exec.CommandContext(t.Context(), "/bin/sleep", "1000")
	cmd.Args = []string{"ovsns: sandbox", "1000"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	if list := listed(t, "1000"); len(list) != 0 {
		t.Errorf("got %+v", list)
	}
	if _, err := sandbox.Find(name); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestFind(t *testing.T) {
	name := uniqueName("find")
	h := start(t, sandbox.Options{Name: name, NoSwitch: true})
	for _, word := range []string{name, strconv.Itoa(h.PID())} {
		if r, err := sandbox.Find(word); err != nil || r.PID != h.PID() {
			t.Errorf("%s: %+v %v", word, r, err)
		}
	}
	_, err := sandbox.Find(name + "x")
	if !errors.Is(err, model.ErrNotFound) || model.Hint(err) != "ovsns sandbox enter "+name {
		t.Errorf("a mistyped name: %v; %s", err, model.Hint(err))
	}
	start(t, sandbox.Options{Name: name, NoSwitch: true}) // a library may
	if _, err = sandbox.Find(name); !errors.Is(err, model.ErrConflict) {
		t.Errorf("a name of two: %v", err)
	}
	if _, err = sandbox.Find(strconv.Itoa(h.PID())); err != nil {
		t.Errorf("one of two by its pid: %v", err)
	}
}

// TestUnique starts many at once: none may get the name of another.
func TestUnique(t *testing.T) {
	needRoot(t)
	name := uniqueName("unique")
	const total = 12
	var mu sync.Mutex
	var conflicts, wrong int
	var wg sync.WaitGroup
	for range total {
		wg.Go(func() {
			h, err := sandbox.Start(t.Context(), sandbox.Options{Name: name, Unique: true, NoSwitch: true})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				t.Cleanup(func() { h.Close() })
			case errors.Is(err, model.ErrConflict) && model.Hint(err) == "ovsns sandbox enter "+name:
				conflicts++
			default:
				wrong++
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if conflicts != total-1 || wrong != 0 || len(listed(t, name)) != 1 {
		t.Errorf("%d conflicts, %d running", conflicts, len(listed(t, name)))
	}
}

func TestUniqueDefault(t *testing.T) {
	needRoot(t)
	names := make(chan string, 8)
	var wg sync.WaitGroup
	for range cap(names) {
		wg.Go(func() {
			h, err := sandbox.Start(t.Context(), sandbox.Options{Unique: true, NoSwitch: true})
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { h.Close() })
			names <- shell(t, h, "echo $OVSNS_SANDBOX")
		})
	}
	wg.Wait()
	close(names)
	seen := map[string]bool{}
	for name := range names {
		if seen[name] || !strings.HasPrefix(name, "sandbox") {
			t.Errorf("%s, after %v", name, seen)
		}
		seen[name] = true
	}
}

// TestEnterTerminal joins a host from another terminal and works there as a
// person does.
func TestEnterTerminal(t *testing.T) {
	for _, shell := range []string{"/bin/bash", "/bin/sh"} {
		t.Run(shell, func(t *testing.T) {
			name := uniqueName("terminal")
			start(t, sandbox.Options{Name: name})
			p := outerShell(t, enterVariable+"="+name, "SHELL="+shell)
			p.enter("$SELF $SHELL\n")
			p.expect("(" + name + ") ")
			p.enter("ovs-vsctl show && echo a-$OVSNS_SANDBOX-$OVSNS_DB\n")
			p.expect("a-" + name + "-unix:/run/openvswitch/db.sock")
			p.resize(33, 111)
			p.enter("stty size\n")
			p.expect("33 111")
			p.workAndLeave("(" + name + ") ")
		})
	}
}

// enteredSleep starts a command in a new host from elsewhere.
func enteredSleep(t *testing.T) (h *sandbox.Host, cmd *exec.Cmd, alive func() bool) {
	t.Helper()
	name := uniqueName("sleep")
	h = start(t, sandbox.Options{Name: name, NoSwitch: true})
	cmd = program(t, "sleep", "1000")
	cmd.Env = append(cmd.Env, enterVariable+"="+name)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	alive = func() bool { return h.Command(t.Context(), "pgrep", "-x", "sleep").Run() == nil }
	eventually(t, "sleep runs", alive)
	return h, cmd, alive
}

// The command ends with the one who joined, whatever ends that.
func TestEnterKilled(t *testing.T) {
	_, cmd, alive := enteredSleep(t)
	_ = cmd.Process.Signal(syscall.SIGKILL)
	_ = cmd.Wait()
	eventually(t, "sleep is gone", func() bool { return !alive() })
}

// Who has joined goes with the host.
func TestEnterEndsWithTheHost(t *testing.T) {
	h, cmd, _ := enteredSleep(t)
	h.Close()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 128+9 {
		t.Errorf("%v", err)
	}
}
