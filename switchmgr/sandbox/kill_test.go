package sandbox_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ovsns/ovsns/switchmgr/sandbox/sandboxtest"
)

// TestKilledAtAnyMoment sends SIGKILL to one of the processes of a private
// host, at a random moment of its life, and looks for what is left behind.
func TestKilledAtAnyMoment(t *testing.T) {
	needRoot(t)
	before := lookAround(t)
	victims := []string{roleOuter, roleInit, roleOutside, "ovsdb-server", "ovs-vswitchd"}
	var times []time.Duration
	for i := range 40 {
		victim := victims[i%len(victims)]
		moment := time.Duration(rand.Int64N(int64(120 * time.Millisecond)))
		times = append(times, killOne(t, victim, moment, before))
		if t.Failed() {
			t.Fatalf("round %d: %s killed after %v", i, victim, moment)
		}
	}
	checkTimes(t, times)
}

// killOne returns how long it took until all was gone.
func killOne(t *testing.T, victim string, moment time.Duration, before machine) time.Duration {
	t.Helper()
	mark := newMark()
	temp := t.TempDir()
	cmd := program(t, "sh", "-c", "ip netns add red; ip link add a0 type veth peer name b0; exec sleep 1000")
	cmd.Env = append(cmd.Env, mark, "TMPDIR="+temp, "SANDBOX_TEST_OUTSIDE=1")
	cmd.Dir = temp
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	eventually(t, victim+" runs", func() bool {
		pid = playing(carriers(mark), victim)
		return pid != 0
	})
	<-time.After(moment) // the moment is what is being tested
	begin := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	eventually(t, "no process is left", func() bool { return len(carriers(mark)) == 0 })
	took := time.Since(begin)
	_ = cmd.Wait()
	if after := lookAround(t); after != before {
		t.Errorf("left behind:\nbefore %+v\nafter  %+v", before, after)
	}
	if files, err := os.ReadDir(temp); err != nil || len(files) != 0 {
		t.Errorf("files are left: %v %v", files, err)
	}
	return took
}

// newMark returns an entry for the environment of processes, to know them by.
func newMark() string {
	return "SANDBOX_TEST_MARK=" + strconv.FormatUint(rand.Uint64(), 36)
}

// killCarrier kills one of the processes that have the mark, and returns its
// role.
func killCarrier(t *testing.T, mark string) (role string) {
	t.Helper()
	eventually(t, "one is killed", func() bool {
		pids := carriers(mark)
		if len(pids) == 0 {
			return false
		}
		pid := pids[rand.IntN(len(pids))]
		role = roleOf(pid)
		return stopsThenDies(t, pid)
	})
	return role
}

// stopsThenDies kills a process unless it ends by itself. It may be about to,
// and dead ones take signals like living ones: so it is stopped before.
func stopsThenDies(t *testing.T, pid int) bool {
	t.Helper()
	if syscall.Kill(pid, syscall.SIGSTOP) != nil {
		return false
	}
	ended := false
	eventually(t, "it is stopped or has ended", func() bool {
		state := stateOf(pid)
		ended = state == 0 || state == 'Z' || state == 'X'
		return ended || state == 'T'
	})
	return !ended && syscall.Kill(pid, syscall.SIGKILL) == nil
}

// checkTimes tells how long it took until all was gone. A busy machine may be
// late at times, not half of the time.
func checkTimes(t *testing.T, times []time.Duration) {
	t.Helper()
	slices.Sort(times)
	middle := times[len(times)/2]
	t.Logf("all was gone after %v in the middle, %v at most", middle, times[len(times)-1])
	if middle > time.Second {
		t.Errorf("all was gone only after %v", middle)
	}
}

// Roles of processes, by the names under which this package starts them.
const (
	roleOuter   = "outer"
	roleInit    = "ovsns: sandbox"
	roleOutside = "ovsns: outside"
)

// roleOf returns one of the roles, else the name of the program.
func roleOf(pid int) string {
	argv, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	first, _, _ := strings.Cut(string(argv), "\x00")
	self, _ := os.Executable()
	switch {
	case strings.HasPrefix(first, "ovsns: "):
		return first
	case first == self || first == sandboxtest.Program || first == "/proc/self/exe":
		return roleOuter
	}
	return commandName(pid)
}

// playing returns the first of the processes that has the role, or 0.
func playing(pids []int, role string) int {
	for _, pid := range pids {
		if roleOf(pid) == role {
			return pid
		}
	}
	return 0
}

// TestServiceKilled: the host of a command ends with any of its services.
func TestServiceKilled(t *testing.T) {
	for kill, want := range map[string]string{
		"kill -KILL $(cat /run/openvswitch/ovsdb-server.pid)": "ovsdb-server was killed, and the sandbox with it\n",
		"kill -KILL $(cat /run/openvswitch/ovs-vswitchd.pid)": "ovs-vswitchd was killed, and the sandbox with it\n",
		"kill -ABRT $(cat /run/openvswitch/ovs-vswitchd.pid)": "ovs-vswitchd was ended by signal 6 (aborted), and the sandbox with it: its log: ",
		"kill -KILL $(pgrep -f '^ovsns: outside')":            "the outside was killed, and the sandbox with it\n",
	} {
		cmd := program(t, "sh", "-c", kill+"; sleep 1000")
		cmd.Env = append(cmd.Env, "SANDBOX_TEST_OUTSIDE=1")
		if out, code := run(t, cmd); code != 1 || !strings.HasPrefix(out, "error: "+want) {
			t.Errorf("%s: status %d\n%s", kill, code, out)
		}
	}
}

// TestServiceStopped: services that are asked to end do so, and may be
// started again.
func TestServiceStopped(t *testing.T) {
	cmd := program(t, "sh", "-ec", `
cd /run/openvswitch
gone() { while kill -0 $1 2>/dev/null; do sleep 0.01; done; }
for how in 'kill -TERM $pid' 'kill -INT $pid' 'kill -HUP $pid' 'ovs-appctl exit'; do
	pid=$(cat ovs-vswitchd.pid); eval "$how"; gone $pid
	ovs-vswitchd --detach --pidfile --no-chdir --log-file unix:db.sock
done
ovs-vsctl --may-exist add-br s0 -- set bridge s0 datapath_type=netdev
pid=$(pgrep -f '^ovsns: outside'); kill $pid; gone $pid
pid=$(cat ovsdb-server.pid); kill $pid; gone $pid
exit 7
`)
	cmd.Env = append(cmd.Env, "SANDBOX_TEST_OUTSIDE=1")
	if out, code := run(t, cmd); code != 7 {
		t.Errorf("status %d\n%s", code, out)
	}
}

// TestServiceKilledUnderShell: the terminal is again what it was.
func TestServiceKilledUnderShell(t *testing.T) {
	for _, shell := range []string{"/bin/bash", "/bin/sh"} {
		t.Run(shell, func(t *testing.T) {
			mark := newMark()
			p := outerShell(t, "SHELL="+shell, mark)
			p.enter("modes=$(stty -g); $SELF; echo status $?\n")
			p.expect("(test) ")
			p.enter("stty raw -echo; echo a-$((6*7)); cat\n")
			p.expect("a-42")
			if err := syscall.Kill(named(carriers(mark), "ovs-vswitchd"), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			p.expect("\r\nerror: ovs-vswitchd was killed, and the sandbox with it\r\n")
			p.expect("status 1\r\n")
			p.expect("outer> ")
			p.enter("test $modes = $(stty -g) && echo b-$((6*7))\n")
			p.expect("b-42")
			p.enter("sleep 1000\n")
			p.stopAndEnd()
			p.expect("outer> ")
		})
	}
}
