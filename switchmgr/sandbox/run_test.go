package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRunExitStatus(t *testing.T) {
	for _, c := range []struct {
		command []string
		want    int
	}{
		{[]string{"true"}, 0},
		{[]string{"sh", "-c", "exit 7"}, 7},
		{[]string{"sh", "-c", "kill -TERM $$"}, 128 + 15},
		{[]string{"sh", "-c", "kill -KILL $$"}, 128 + 9},
		{[]string{"no-such-program"}, 127},
		{[]string{"/etc/passwd"}, 126},
	} {
		out, code := run(t, program(t, c.command...))
		if code != c.want {
			t.Errorf("%q: status %d, want %d\n%s", c.command, code, c.want, out)
		}
	}
}

func TestRunSwitch(t *testing.T) {
	out, code := run(t, program(t, "sh", "-ec", `
ovs-vsctl show
ovs-vsctl add-br s0 -- set bridge s0 datapath_type=netdev
echo "ofport $(ovs-vsctl get interface s0 ofport)"
echo "hostname $(ovs-vsctl get open_vswitch . external_ids:hostname)"
echo "id $(ovs-vsctl get open_vswitch . external_ids:system-id | wc -c)"
echo "version $(ovs-vsctl get open_vswitch . ovs_version)"
echo "types $(ovs-vsctl get open_vswitch . datapath_types)"
echo "pid $(cat /run/openvswitch/ovs-vswitchd.pid) $(ovs-appctl version)"
ls -d /var/run/openvswitch
`))
	if code != 0 {
		t.Fatalf("status %d\n%s", code, out)
	}
	host, _ := os.Hostname()
	for _, want := range []string{"ofport 65534", host, "id 39", "version \"", "netdev", "(Open vSwitch)", "/var/run/openvswitch"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestRunEnvironment(t *testing.T) {
	cmd := program(t, "sh", "-ec", `
test "$OVSNS_SANDBOX" = test
test "$OVSNS_DB" = unix:/run/openvswitch/db.sock
test "$OVS_RUNDIR$OVS_LOGDIR" = /run/openvswitch/run/log/openvswitch
test "$(command -v ovsns)" = /run/ovsns/bin/ovsns
cmp /run/ovsns/bin/ovsns "$SELF"
test "$(ls /sys/class/net)" = lo
test "$(cat /proc/sys/net/ipv4/ip_forward)" = 0
test "$(cat /sys/class/net/lo/flags)" = 0x9
ls -d /proc/[0-9]* | wc -l
cat
`)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "SELF="+self, "SANDBOX_TEST_NOSWITCH=1")
	cmd.Stdin = strings.NewReader("through standard input\n")
	out, code := run(t, cmd)
	if code != 0 || !strings.Contains(out, "through standard input") {
		t.Fatalf("status %d\n%s", code, out)
	}
}

func TestRunForwardsSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		cmd := program(t, "sh", "-c", `trap 'echo got it; exit 9' INT TERM HUP; echo ready; while :; do sleep 0.01; done`)
		cmd.Env = append(cmd.Env, "SANDBOX_TEST_NOSWITCH=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 6)
		if _, err := out.Read(line); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 9 {
			t.Errorf("%v: %v", s, err)
		}
	}
}

func TestRunInterruptedWhileItStarts(t *testing.T) {
	needRoot(t)
	started := filepath.Join(t.TempDir(), "started")
	fakeProgram(t, "ovs-vswitchd", `: >`+started+`; exec sleep 1000`)
	cmd := program(t, "true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "ovs-vswitchd is being started", func() bool { _, err := os.Stat(started); return err == nil })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 128+15 {
		t.Errorf("%v", err)
	}
}

func TestRunReapsOrphans(t *testing.T) {
	out, code := run(t, program(t, "sh", "-ec", `
for i in 1 2 3 4 5; do (sh -c 'sleep 0.01' & ); done
n=0; while [ $n -lt 200 ] && pgrep -x sleep >/dev/null; do n=$((n+1)); sleep 0.01; done
! grep -l '^State:.Z' /proc/[0-9]*/status
`))
	if code != 0 {
		t.Fatalf("status %d\n%s", code, out)
	}
}

func TestRunNested(t *testing.T) {
	out, code := run(t, program(t, "ovsns", "sh", "-ec", "ovs-vsctl show; command -v ovsns; ls /run/ovsns/bin"))
	if code != 0 {
		t.Fatalf("status %d\n%s", code, out)
	}
}

func TestRunWithoutOpenvSwitch(t *testing.T) {
	cmd := program(t, "true")
	cmd.Env = append(cmd.Env, "PATH=")
	out, code := run(t, cmd)
	if code != 5 || !strings.Contains(out, "apt-get install openvswitch-switch") {
		t.Fatalf("status %d\n%s", code, out)
	}
}

func TestRunWithoutPrivilege(t *testing.T) {
	needRoot(t)
	dir, err := os.MkdirTemp("", "sandbox")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	copied := filepath.Join(dir, "ovsns")
	binary, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(copied, binary, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), copied, "true")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), runVariable+"=1", "SANDBOX_TEST_ROOT=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, code := run(t, cmd)
	if code != 5 || !strings.Contains(out, "hint: sudo ovsns sandbox --root") {
		t.Fatalf("status %d\n%s", code, out)
	}
}
