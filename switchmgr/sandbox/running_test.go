package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
	"github.com/ovsns/ovsns/switchmgr/sandbox/sandboxtest"
)

func enterSandbox(name string, command []string) int {
	r, err := sandbox.Find(context.Background(), name)
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
	if _, err := sandbox.Find(t.Context(), name); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestFind(t *testing.T) {
	name := uniqueName("find")
	h := start(t, sandbox.Options{Name: name, NoSwitch: true})
	for _, word := range []string{name, strconv.Itoa(h.PID())} {
		if r, err := sandbox.Find(t.Context(), word); err != nil || r.PID != h.PID() {
			t.Errorf("%s: %+v %v", word, r, err)
		}
	}
	_, err := sandbox.Find(t.Context(), name+"x")
	if !errors.Is(err, model.ErrNotFound) || model.Hint(err) != "ovsns sandbox enter "+name {
		t.Errorf("a mistyped name: %v; %s", err, model.Hint(err))
	}
	start(t, sandbox.Options{Name: name, NoSwitch: true}) // a library may
	if _, err = sandbox.Find(t.Context(), name); !errors.Is(err, model.ErrConflict) {
		t.Errorf("a name of two: %v", err)
	}
	if _, err = sandbox.Find(t.Context(), strconv.Itoa(h.PID())); err != nil {
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
			p.joinAndLeave(name)
		})
	}
}

// TestOrdinaryUserEnterTerminal does the same from one user namespace to
// another.
func TestOrdinaryUserEnterTerminal(t *testing.T) {
	m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"ann"}})
	cmd := asUser(t, m, "ann", "sleep", "1000")
	must(t, cmd.Start())
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	eventually(t, "it has started", func() bool {
		return asUserWith(t, m, "ann", []string{enterVariable + "=test"}, "true").Run() == nil
	})
	p := outerShellOf(t, m.As(t.Context(), "ann", "/tmp", "env", enterVariable+"=test", "SELF="+sandboxtest.Program,
		"PS1=outer> ", "TERM=dumb", "bash", "--norc", "--noprofile", "-i"))
	p.joinAndLeave("test")
}

// joinAndLeave works in a host that is entered from the outer shell.
func (p *pty) joinAndLeave(name string) {
	p.Helper()
	p.enter("$SELF $SHELL\n")
	p.expect("(" + name + ") ")
	p.enter("ovs-vsctl show && echo a-$OVSNS_SANDBOX-$OVSNS_DB\n")
	p.expect("a-" + name + "-unix:/run/openvswitch/db.sock")
	p.resize(33, 111)
	// What is typed may overtake the news; the echo of this line does not match.
	p.enter("until stty size | grep '33 1[1]1'; do sleep 0.1; done\n")
	p.expect("33 111")
	p.workAndLeave("(" + name + ") ")
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

// startSlowly starts a host whose ovs-vswitchd waits until go is called, and
// returns once it is listed. It ends with ctx.
func startSlowly(ctx context.Context, t *testing.T, name string) (proceed func(), ended <-chan error) {
	t.Helper()
	needRoot(t)
	vswitchd, err := exec.LookPath("ovs-vswitchd")
	must(t, err)
	sign := filepath.Join(t.TempDir(), "sign")
	fakeProgram(t, "ovs-vswitchd", `while [ ! -e `+sign+` ]; do sleep 0.01; done; exec `+vswitchd+` "$@"`)
	end := make(chan error, 1)
	go func() {
		h, err := sandbox.Start(ctx, sandbox.Options{Name: name})
		if err == nil {
			<-ctx.Done()
			h.Close()
		}
		end <- err
	}()
	eventually(t, "it is listed", func() bool { return len(listed(t, name)) == 1 })
	return func() { must(t, os.WriteFile(sign, nil, 0o644)) }, end
}

// A host that is being started cannot be entered: who came too early would be
// on the machine itself.
func TestFindWaits(t *testing.T) {
	name := uniqueName("early")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	proceed, ended := startSlowly(ctx, t, name)

	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := sandbox.Find(short, name); !errors.Is(err, model.ErrNotReady) {
		t.Errorf("not ready: %v", err)
	}
	stop()
	given, stop := context.WithCancel(t.Context())
	stop()
	if _, err := sandbox.Find(given, name); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	entered := program(t, "ovs-appctl", "version")
	entered.Env = append(entered.Env, enterVariable+"="+name)
	must(t, entered.Start())
	proceed()
	if err := entered.Wait(); err != nil {
		t.Errorf("entering: %v", err)
	}
	cancel()
	must(t, <-ended)
}

// A host that ends before it was ready was there, and is no longer.
func TestFindWaitsInVain(t *testing.T) {
	name := uniqueName("vain")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, ended := startSlowly(ctx, t, name)
	found := make(chan error, 1)
	go func() {
		_, err := sandbox.Find(t.Context(), name)
		found <- err
	}()
	cancel()
	if err := <-found; !errors.Is(err, model.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if err := <-ended; err == nil {
		t.Error("it has started")
	}
}

// TestOrdinaryUsersEnter joins an ordinary user's host as that user, as
// another one and as root.
func TestOrdinaryUsersEnter(t *testing.T) {
	m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"ann", "bob"}, Ranges: true})
	cmd := asUserWith(t, m, "ann", []string{"SANDBOX_TEST_OUTSIDE=1", keepVariable + "=/home/ann/lab"}, "sleep", "1000")
	must(t, cmd.Start())
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	script := []string{"sh", "-ec", "id -u; cat /proc/self/uid_map; ip netns; curl -sS http://198.51.100.2; ovs-vsctl --no-wait add-br s0; exit 7"}
	want := "0\n         0      71001          1\n         1     700000      65536\noutside (id: 0)\nhello 198.51.100.1, this is the outside\n"

	as := func(user string, argv ...string) *exec.Cmd {
		return asUserWith(t, m, user, []string{enterVariable + "=test"}, argv...)
	}
	eventually(t, "it has started", func() bool { return as("ann", "true").Run() == nil })
	if out, code := run(t, as("ann", script...)); code != 7 || out != want {
		t.Errorf("herself: status %d\n%s", code, out)
	}
	if out, code := run(t, as("bob", script...)); code != 1 || !strings.Contains(out, "sandbox test belongs to ann") {
		t.Errorf("another: status %d\n%s", code, out)
	}
	root := m.Command(t.Context(), sandboxtest.Program, "sh", "-ec", strings.Replace(script[2], "add-br s0", "list-br", 1))
	root.Env = append(root.Env, enterVariable+"=test")
	if out, code := run(t, root); code != 7 || !strings.HasSuffix(out, "outside\ns0\n") || !strings.Contains(out, " 71001 ") {
		t.Errorf("root: status %d\n%s", code, out)
	}
	onlyDatabase(t, m.Path("/home/ann/lab"))
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
