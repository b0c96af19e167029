package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// TestLab runs the scripts that need a real switch. Each has a private host
// of its own, in which its commands run as if typed there; see labCommands for
// the words that a shell does not have.
func TestLab(t *testing.T) {
	t.Parallel()
	runScripts(t, "lab")
}

// runScripts runs the scripts in a directory below testdata. Where the kernel
// has a datapath of Open vSwitch, their switches use it: a script of both can
// ask for [kernel]. One that takes long asks for [slow].
func runScripts(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", dir),
		Setup: setupLab,
		Cmds:  labCommands(),
		Condition: func(name string) (bool, error) {
			switch name {
			case "kernel":
				return nsmgr.HasKernelDatapath(), nil
			case "slow":
				return slow > 1, nil
			}
			return false, fmt.Errorf("no condition is named %s", name)
		},
	})
}

// slow is how many times longer than elsewhere something may take: on a machine
// in software, OVSNS_TEST_SLOW.
var slow = max(1, atoi(os.Getenv("OVSNS_TEST_SLOW")))

func atoi(s string) time.Duration {
	n, _ := strconv.Atoi(s) // unset is 0
	return time.Duration(n)
}

// patience bounds every wait for a condition. It is long because a loaded
// machine is no failure.
var patience = slow * time.Minute

// machines are the private hosts of one script, by name.
type machines struct {
	hosts  map[string]*sandbox.Host
	states map[string]string // what `remember` saw
}

type machinesKey struct{}

// home is the host in which a command runs that names none.
const home = "home"

func setupLab(env *testscript.Env) error {
	env.Setenv("SOON", (slow * time.Second).String())
	if slow > 1 { // else ovsns is patient enough
		env.Setenv("OVSNS_TIMEOUT", (slow * 30 * time.Second).String())
	}
	m := &machines{hosts: map[string]*sandbox.Host{}, states: map[string]string{}}
	env.Values[machinesKey{}] = m
	env.Defer(func() {
		for _, h := range m.hosts {
			_ = h.Close() // nothing a script could do about it
		}
	})
	return m.start(home, false)
}

func (m *machines) start(name string, plain bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h, err := sandbox.Start(ctx, sandbox.Options{Name: name, NoSwitch: plain})
	if err == nil {
		m.hosts[name] = h
	}
	return err
}

// labCommands are the words of the scripts:
//
//	ovsns, ip, ping, ... ARG...   run a program in the home host
//	on HOST CMD ARG...            run it in another
//	exits N CMD ARG...            its exit status is N
//	eventually CMD ARG...         it succeeds before long
//	background CMD ARG...         it runs until the script ends
//	machine HOST [plain]          one more private host; plain has no switch
//	cable HOST:IF HOST:IF         a veth between two of them
//	remember NAME                 the state of the home host
//	unchanged NAME                it is that again
//
// and those of trafficCommands. $SOON is a time that ovsns needs at most when
// all goes well and little else goes on.
func labCommands() map[string]func(*testscript.TestScript, bool, []string) {
	cmds := map[string]func(*testscript.TestScript, bool, []string){
		"on":         onHost,
		"exits":      exits,
		"eventually": eventually,
		"background": background,
		"machine":    newMachine,
		"cable":      cable,
		"remember":   remember,
		"unchanged":  unchanged,
	}
	addLabWords(cmds)
	maps.Copy(cmds, trafficCommands())
	for _, program := range []string{
		"ovsns", "ip", "ping", "sh", "ovs-vsctl", "ovs-appctl", "nft", "iptables", "ip6tables",
		"iptables-legacy", "sysctl", "tcpdump", "traceroute", "bash", "unshare", "setpriv", "ethtool", "tc",
	} {
		cmds[program] = func(ts *testscript.TestScript, neg bool, args []string) {
			onHost(ts, neg, append([]string{home, program}, args...))
		}
	}
	return cmds
}

func of(ts *testscript.TestScript) *machines { return ts.Value(machinesKey{}).(*machines) }

func (m *machines) get(ts *testscript.TestScript, name string) *sandbox.Host {
	h := m.hosts[name]
	if h == nil {
		ts.Fatalf("no machine is named %s", name)
	}
	return h
}

// command prepares a program in a host, with the script's directory and
// environment.
func command(ctx context.Context, ts *testscript.TestScript, host string, args []string) *exec.Cmd {
	if len(args) == 0 {
		ts.Fatalf("usage: CMD ARG...")
	}
	cmd := of(ts).get(ts, host).Command(ctx, args[0], args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"OVSNS_SWITCH", "OVSNS_OUTPUT", "OVSNS_TIMEOUT", "NO_COLOR"} {
		if value := ts.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

// runIn runs a program and returns its exit status.
func runIn(ts *testscript.TestScript, host string, args []string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	cmd := command(ctx, ts, host, args)
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		ts.Fatalf("%s did not end", strings.Join(args, " "))
	case errors.As(err, &exit):
		return exit.ExitCode()
	default:
		ts.Check(err)
	}
	return 0
}

func onHost(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: on HOST CMD ARG...")
	}
	status := runIn(ts, args[0], args[1:])
	if neg != (status != 0) {
		ts.Fatalf("exit status %d", status)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N CMD ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	host, args := home, args[1:]
	if args[0] == "on" {
		host, args = args[1], args[2:]
	}
	if got := runIn(ts, host, args); got != want {
		ts.Fatalf("exit status %d, not %d", got, want)
	}
}

// eventually runs a program again and again until it succeeds (or, with !,
// fails).
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	host := home
	if args[0] == "on" {
		host, args = args[1], args[2:]
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		cmd := command(ctx, ts, host, args)
		out, err := cmd.CombinedOutput()
		if neg == (err != nil) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			ts.Fatalf("not in %v: %s\n%s", patience, strings.Join(args, " "), out)
		}
	}
}

func background(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("! does not fit")
	}
	host := home
	if args[0] == "on" {
		host, args = args[1], args[2:]
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := command(ctx, ts, host, args)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cancel()
		_ = cmd.Wait() // killed, or ended before
	})
}

func newMachine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: machine HOST [plain]")
	}
	ts.Check(of(ts).start(args[0], len(args) > 1 && args[1] == "plain"))
}

func cable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cable HOST:IF HOST:IF")
	}
	a, ifA, _ := strings.Cut(args[0], ":")
	b, ifB, _ := strings.Cut(args[1], ":")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(of(ts).get(ts, a).Join(ctx, ifA, of(ts).get(ts, b), ifB))
}

func state(ts *testscript.TestScript) string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text, err := stateOf(ctx, of(ts).get(ts, home))
	ts.Check(err)
	return text
}

func remember(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: remember NAME")
	}
	of(ts).states[args[0]] = state(ts)
}

func unchanged(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: unchanged NAME")
	}
	before, now := of(ts).states[args[0]], state(ts)
	if before == "" {
		ts.Fatalf("nothing is remembered as %s", args[0])
	}
	if (before == now) == neg {
		ts.Fatalf("the host has changed (-before +now):\n%s", lineDiff(before, now))
	}
}

// lineDiff lists the lines that only one of two texts has.
func lineDiff(before, now string) string {
	var b strings.Builder
	only := func(sign, a, c string) {
		have := map[string]int{}
		for line := range strings.Lines(c) {
			have[line]++
		}
		for line := range strings.Lines(a) {
			if have[line]--; have[line] < 0 {
				b.WriteString(sign + line)
			}
		}
	}
	only("-", before, now)
	only("+", now, before)
	return b.String()
}
