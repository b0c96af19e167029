package sandbox_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/sandbox/sandboxtest"
)

// asUser returns the command line "ovsns sandbox -- argv" of an ordinary user.
func asUser(t *testing.T, m *sandboxtest.Machine, user string, argv ...string) *exec.Cmd {
	t.Helper()
	return asUserWith(t, m, user, nil, argv...)
}

func asUserWith(t *testing.T, m *sandboxtest.Machine, user string, env []string, argv ...string) *exec.Cmd {
	t.Helper()
	words := append([]string{"env", runVariable + "=1"}, env...)
	return m.As(t.Context(), user, "/tmp", append(append(words, sandboxtest.Program), argv...)...)
}

// forEachMachine runs a test on machines with and without /dev/net/tun for
// everybody, with and without ranges of users.
func forEachMachine(t *testing.T, test func(*testing.T, sandboxtest.Options)) {
	for _, taps := range []bool{true, false} {
		for _, ranges := range []bool{true, false} {
			t.Run(fmt.Sprintf("taps=%v,ranges=%v", taps, ranges), func(t *testing.T) {
				test(t, sandboxtest.Options{Users: []string{"lab"}, Taps: taps, Ranges: ranges})
			})
		}
	}
}

func TestOrdinaryUser(t *testing.T) {
	forEachMachine(t, func(t *testing.T, o sandboxtest.Options) {
		m := sandboxtest.New(t, o)
		before := traces(t, m)
		out, code := run(t, asUser(t, m, "lab", "bash", "-euc", `
			echo "i am $(id -u) at $PWD in $HOME"
			echo "users $(awk '{n += $3} END {print n}' /proc/self/uid_map)"
			echo "groups $(awk '{n += $3} END {print n}' /proc/self/gid_map)"
			echo "types $(ovs-vsctl get open_vswitch . datapath_types)"
			echo "caps $(grep -E 'CapInh|CapAmb' /proc/self/status | awk '{print $2}' | sort -u)"
			echo "processes $(ls -d /proc/[0-9]* | wc -l)"
			cat /proc/sys/net/ipv4/ping_group_range
			ip netns add red; ip netns exec red sysctl -qw net.ipv4.ip_forward=1
			nft add table inet mine; ping -c1 -W3 127.0.0.1 >/dev/null
			touch /run/file; ! chown 12345:12345 /run/file 2>/dev/null || echo chown`))
		if code != 0 {
			t.Fatalf("status %d\n%s", code, out)
		}
		wants := []string{"i am 0 at /tmp in /home/lab\n", "caps 0000000000000000\n"}
		if o.Ranges {
			wants = append(wants, "users 65537\n", "groups 65537\n", "0\t65536\n", "chown\n")
		} else {
			wants = append(wants, "users 1\n", "groups 1\n", "0\t0\n")
		}
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		if strings.Contains(out, "dummy") == o.Taps && !nsmgr.HasKernelDatapath() {
			t.Errorf("taps %v, but\n%s", o.Taps, out)
		}
		cleanSoon(t, m, before)
	})
}

// TestSameForOrdinaryUser runs the tests of commands, signals, terminals and
// names as an ordinary user.
func TestSameForOrdinaryUser(t *testing.T) {
	const same = "^(TestRun(ExitStatus|Switch|Environment|ForwardsSignals|InterruptedWhileItStarts|ReapsOrphans|Nested)" +
		"|TestCommand|TestCommandKilled|TestCommandAfterClose|TestFourSideBySide|TestDaemonsCanBeStopped" +
		"|TestService.*|TestInteractiveShell|TestEnter.*|TestUnique.*|TestFind.*|TestOutside.*|TestKeepDB.*)$"
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"lab"}, Taps: true, Ranges: true, Source: dir})
	before := traces(t, m)
	out, code := run(t, m.As(t.Context(), "lab", sandboxtest.Source,
		"env", ordinaryVariable+"=1", sandboxtest.Program, "-test.v", "-test.timeout", "10m", "-test.run", same))
	if code != 0 || strings.Count(out, "--- PASS: ") < 12 {
		t.Errorf("status %d\n%s", code, out)
	}
	cleanSoon(t, m, before)
}

// TestTraces leaves one thing of each sort behind: a leak of it would be seen.
func TestTraces(t *testing.T) {
	m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"lab"}})
	for _, c := range []struct{ leak, undo string }{
		{"sleep 1000 >/dev/null 2>&1 &", "kill $(pgrep -x sleep)"},
		{"mount -t tmpfs none /mnt", "umount /mnt"},
		{"ip link add a0 type dummy || ip link add a0 type veth peer name b0", "ip link delete a0"},
		{"touch /run/lock-file", "rm /run/lock-file"},
		{"mkdir /run/user/$(ls /run/user)/ovsns", "rmdir /run/user/*/ovsns"},
		{"touch /tmp/file", "rm /tmp/file"},
		{"mkdir /home/lab/.cache", "rmdir /home/lab/.cache"},
	} {
		before := traces(t, m)
		shell(t, m.Host, c.leak)
		if traces(t, m) == before {
			t.Errorf("not seen: %s", c.leak)
		}
		shell(t, m.Host, c.undo)
		cleanSoon(t, m, before)
	}
}

func traces(t *testing.T, m *sandboxtest.Machine) string {
	t.Helper()
	text, err := m.Traces()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// cleanSoon waits until nothing is left and returns how long that took.
func cleanSoon(t *testing.T, m *sandboxtest.Machine, before string) time.Duration {
	t.Helper()
	begin := time.Now()
	after := ""
	defer func() {
		if t.Failed() {
			t.Logf("before\n%s\nafter\n%s", before, after)
		}
	}()
	eventually(t, "nothing is left", func() bool {
		after, _ = m.Traces()
		return after == before
	})
	return time.Since(begin)
}

// TestOrdinaryUserKilled sends SIGKILL to any process of an ordinary user's
// sandbox at a random moment, a hundred times, and looks for what is left.
func TestOrdinaryUserKilled(t *testing.T) {
	rounds := 25 // on each of four machines
	if testing.Short() {
		rounds = 5
	}
	forEachMachine(t, func(t *testing.T, o sandboxtest.Options) {
		m := sandboxtest.New(t, o)
		before := traces(t, m)
		hit := map[string]int{}
		var times []time.Duration
		for range rounds {
			moment := time.Duration(rand.Int64N(int64(200 * time.Millisecond)))
			victim, took := killAny(t, m, before, moment)
			if t.Failed() {
				return
			}
			hit[victim]++
			times = append(times, took)
		}
		t.Logf("killed %v", hit)
		checkTimes(t, times)
		if out, code := run(t, asUser(t, m, "lab", "ovs-vsctl", "show")); code != 0 {
			t.Errorf("the next one does not start: %d %s", code, out)
		}
	})
}

// killAny kills one process, and returns which and how long it took until all
// was gone. The command ends with any part of it.
func killAny(t *testing.T, m *sandboxtest.Machine, before string, moment time.Duration) (string, time.Duration) {
	t.Helper()
	mark := newMark()
	cmd := asUserWith(t, m, "lab", []string{mark, "SANDBOX_TEST_OUTSIDE=1"}, "bash", "-ec",
		"ip netns add red; ip link add a0 type veth peer name b0; mount -t tmpfs none /tmp; sleep 1000 & wait $!")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it starts", func() bool { return len(carriers(mark)) > 0 })
	<-time.After(moment) // the moment is what is being tested
	victim := killCarrier(t, mark)
	t.Logf("%s killed after %v", victim, moment) // before it may take too long
	took := cleanSoon(t, m, before)
	_ = cmd.Wait()
	return victim, took
}

// TestOrdinaryUserMapper: a newuidmap that refuses leaves root alone inside,
// one that is killed takes the sandbox along like any other part of it.
func TestOrdinaryUserMapper(t *testing.T) {
	m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"lab"}, Ranges: true})
	for _, c := range []struct {
		does, out string
		code      int
	}{
		{"exit 1", "1\n", 0},
		{"kill -KILL $$", "error: cannot become root in a user namespace: newuidmap: signal: killed\n", 1},
	} {
		shell(t, m.Host, "mkdir -p /tmp/mapper; printf '#!/bin/sh\\n%s\\n' '"+c.does+"' >/tmp/mapper/newuidmap; chmod 755 /tmp/mapper/newuidmap")
		before := traces(t, m)
		out, code := run(t, asUserWith(t, m, "lab", []string{"PATH=/tmp/mapper:/usr/sbin:/usr/bin:/sbin:/bin"},
			"awk", "{n += $3} END {print n}", "/proc/self/uid_map"))
		if code != c.code || !strings.HasPrefix(out, c.out) {
			t.Errorf("%s: status %d\n%s", c.does, code, out)
		}
		cleanSoon(t, m, before)
	}
}

// TestOrdinaryUserDeathSignal stops pid 1, so that it does not see the control
// socket close, and kills its parent: the parent-death signal has outlived the
// change of credentials.
func TestOrdinaryUserDeathSignal(t *testing.T) {
	for _, ranges := range []bool{true, false} {
		m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"lab"}, Ranges: ranges})
		before := traces(t, m)
		mark := newMark()
		cmd := asUserWith(t, m, "lab", []string{mark}, "sleep", "1000")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "sleep runs", func() bool { return named(carriers(mark), "sleep") != 0 })
		for _, pid := range carriers(mark) {
			if argv, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); !strings.HasPrefix(string(argv), "ovsns: sandbox") {
				continue
			}
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(status), "PPid:")
			parent := 0
			if _, err := fmt.Sscan(rest, &parent); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(syscall.Kill(pid, syscall.SIGSTOP), syscall.Kill(parent, syscall.SIGKILL)); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Error("it was not killed")
		}
		cleanSoon(t, m, before)
	}
}

// TestTwoUsersAtOnce starts sandboxes of two users, and several of each, which
// all end only when all have run: none sees another, and root's is no obstacle.
func TestTwoUsersAtOnce(t *testing.T) {
	m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"ann", "bob"}, Taps: true, Ranges: true})
	before := traces(t, m)
	users := []string{"ann", "ann", "ann", "bob", "bob", "bob"}
	var here, done sync.WaitGroup
	here.Add(len(users))
	for i, user := range users {
		name := fmt.Sprintf("%s%d", user, i)
		done.Go(func() {
			out, err := untilAll(&here, asUser(t, m, user, "bash", "-euc", `
				ovs-vsctl add-br `+name+` -- set bridge `+name+` datapath_type=netdev
				ip netns add red; echo here; read all
				ovs-vsctl list-br; ip netns list; ls /run/netns; ls -d /proc/[0-9]* | wc -l`))
			if want := name + "\nred\nred\n"; err != nil || !strings.HasPrefix(out, want) {
				t.Errorf("%s: %v: %s", name, err, out)
			}
		})
	}
	done.Wait()
	cleanSoon(t, m, before)
}

// untilAll runs a command that says a line, waits until all the others have said
// theirs, and returns what it says when it is told so.
func untilAll(here *sync.WaitGroup, cmd *exec.Cmd) (string, error) {
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	var problems strings.Builder
	cmd.Stderr = &problems
	startErr := cmd.Start()
	if err := errors.Join(inErr, outErr, startErr); err != nil {
		here.Done()
		return "", err
	}
	lines := bufio.NewReader(out)
	_, lineErr := lines.ReadString('\n')
	here.Done()
	here.Wait()
	_, sayErr := io.WriteString(in, "all\n")
	rest, restErr := io.ReadAll(lines)
	return string(rest) + problems.String(), errors.Join(lineErr, sayErr, restErr, cmd.Wait())
}

// TestOrdinaryUserRefused: the setting that forbids it is named, with the
// command that allows it.
func TestOrdinaryUserRefused(t *testing.T) {
	m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"lab"}, Ranges: true})
	for _, setting := range []string{"user", "net", "mnt", "pid"} {
		// The limits are those of a user namespace: a sandbox in a sandbox.
		out, code := run(t, asUserWith(t, m, "lab", nil, "bash", "-euc", `
			echo 0 >/proc/sys/user/max_`+setting+`_namespaces
			status=0; setpriv --reuid 1000 --regid 1000 --clear-groups ovsns true || status=$?
			exit $status`))
		want := "hint: sudo sysctl -w user.max_" + setting + "_namespaces=10000"
		if code != 5 || !strings.Contains(out, want) {
			t.Errorf("%s: status %d, no %q in\n%s", setting, code, want, out)
		}
	}
	out, code := run(t, asUserWith(t, m, "lab", []string{"SANDBOX_TEST_ROOT=1"}, "true"))
	if code != 5 || !strings.Contains(out, "hint: sudo ovsns sandbox --root") {
		t.Errorf("--root: status %d\n%s", code, out)
	}
}
