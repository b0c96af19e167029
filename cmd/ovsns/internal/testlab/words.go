package testlab

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// words are what the scripts can say:
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
//	refused N CMD ARG...          its exit status is N, it prints nothing but
//	                              one error, and perhaps one hint, to stderr
//	together N CMD ARG...         N of it at the same moment, all succeed; % in
//	                              an argument is the number, from 1
//
// and packetWords. $SOON is a time that ovsns needs at most when all goes well and
// little else goes on.
func words() map[string]func(*testscript.TestScript, bool, []string) {
	cmds := map[string]func(*testscript.TestScript, bool, []string){
		"on":         onHost,
		"exits":      exits,
		"eventually": eventually,
		"background": background,
		"machine":    newMachine,
		"cable":      cable,
		"remember":   remember,
		"unchanged":  unchanged,
		"refused":    refused,
		"together":   together,
	}
	maps.Copy(cmds, packetWords())
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

// command prepares a program in a host, with the script's directory and
// environment.
func command(ctx context.Context, ts *testscript.TestScript, host string, args []string) *Cmd {
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
	ctx, cancel := context.WithTimeout(context.Background(), 3*Patience)
	defer cancel()
	cmd := command(ctx, ts, host, args)
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	status, err := statusOf(cmd.Run())
	if ctx.Err() != nil {
		ts.Fatalf("%s did not end", strings.Join(args, " "))
	}
	ts.Check(err)
	return status
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
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
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
			ts.Fatalf("not in %v: %s\n%s", Patience, strings.Join(args, " "), out)
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
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	ts.Check(of(ts).get(ts, a).Join(ctx, ifA, of(ts).get(ts, b).Host, ifB))
}

func state(ts *testscript.TestScript) string {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
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

func refused(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: refused N CMD ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	e, err := finish(command(ctx, ts, home, args[1:]))
	ts.Check(err)
	_, _ = ts.Stderr().Write([]byte(e.Stderr)) // a buffer
	if problem := e.Refusal(want); problem != "" {
		ts.Fatalf("%s\nstdout:\n%s", problem, e.Stdout)
	}
}

func together(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: together N CMD ARG...")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 3*Patience)
	defer cancel()
	ends, errs := make([]End, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		line := make([]string, len(args)-1)
		for j, word := range args[1:] {
			line[j] = strings.ReplaceAll(word, "%", strconv.Itoa(i+1))
		}
		cmd := command(ctx, ts, home, line)
		all.Go(func() { ends[i], errs[i] = finish(cmd) })
	}
	all.Wait()
	for i, e := range ends {
		ts.Check(errs[i])
		_, _ = ts.Stdout().Write([]byte(e.Stdout)) // buffers
		_, _ = ts.Stderr().Write([]byte(e.Stderr))
		if e.Status != 0 {
			ts.Fatalf("number %d: exit status %d: %s", i+1, e.Status, e.Stderr)
		}
	}
}
