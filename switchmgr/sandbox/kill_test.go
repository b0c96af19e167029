package sandbox_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilledAtAnyMoment sends SIGKILL to one of the processes of a private
// host at a random moment and looks for what is left behind.
func TestKilledAtAnyMoment(t *testing.T) {
	needRoot(t)
	before := lookAround(t)
	victims := []string{"outer", "pid 1", "ovsdb-server", "ovs-vswitchd"}
	for i := range 40 {
		victim := victims[i%len(victims)]
		moment := time.Duration(rand.Int64N(int64(120 * time.Millisecond)))
		killOne(t, victim, moment, before)
		if t.Failed() {
			t.Fatalf("round %d: %s killed after %v", i, victim, moment)
		}
	}
}

func killOne(t *testing.T, victim string, moment time.Duration, before machine) {
	t.Helper()
	mark := "SANDBOX_TEST_MARK=" + strconv.FormatUint(rand.Uint64(), 36)
	temp := t.TempDir()
	cmd := program(t, "sh", "-c", "ip netns add red; ip link add a0 type veth peer name b0; exec sleep 1000")
	cmd.Env = append(cmd.Env, mark, "TMPDIR="+temp, "SANDBOX_TEST_OUTSIDE=1")
	cmd.Dir = temp
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(moment) // the moment is what is being tested
	pids := carriers(mark)
	killed := cmd.Process.Pid
	switch victim {
	case "outer":
	case "pid 1":
		killed = childOf(cmd.Process.Pid)
	default:
		killed = named(pids, victim)
	}
	if killed != 0 {
		_ = syscall.Kill(killed, syscall.SIGKILL)
	}
	if victim != "outer" {
		// With a daemon gone the rest may live on, as on any host.
		_ = cmd.Process.Signal(syscall.SIGTERM)
		stubborn := time.AfterFunc(2*time.Second, func() { _ = cmd.Process.Kill() })
		defer stubborn.Stop()
	}
	_ = cmd.Wait()
	eventually(t, "no process is left", func() bool { return len(carriers(mark)) == 0 })
	if after := lookAround(t); after != before {
		t.Errorf("left behind:\nbefore %+v\nafter  %+v", before, after)
	}
	if files, err := os.ReadDir(temp); err != nil || len(files) != 0 {
		t.Errorf("files are left: %v %v", files, err)
	}
}

// childOf returns the first child of a process, or 0.
func childOf(pid int) int {
	tasks, _ := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	for _, task := range tasks {
		text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + task.Name() + "/children")
		if fields := strings.Fields(string(text)); len(fields) > 0 {
			child, _ := strconv.Atoi(fields[0])
			return child
		}
	}
	return 0
}
