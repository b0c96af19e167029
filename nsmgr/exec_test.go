package nsmgr

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// execStage is the helper process: it runs its arguments in a namespace.
func execStage() int {
	runtime.LockOSThread()
	h, err := New()
	if err == nil {
		err = h.Exec(os.Args[1], os.Args[2:], os.Environ())
	}
	fmt.Println(err)
	switch {
	case errors.Is(err, os.ErrPermission):
		return 126
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return 127
	case errors.Is(err, model.ErrNotFound):
		return 3
	}
	return 1
}

// execIn runs Host.Exec in a process of its own.
func execIn(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), stageEnv+"="+stageExec)
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

func TestExec(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	must(t, os.MkdirAll("/etc/netns/red", 0o755))
	defer os.RemoveAll("/etc/netns")
	must(t, os.WriteFile("/etc/netns/red/hostname", []byte("red\n"), 0o644))
	must(t, os.WriteFile("/etc/netns/red/not-in-etc", []byte("x\n"), 0o644))
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	for _, c := range []struct {
		script, want string
	}{
		{"ls /sys/class/net", "eth0\nlo\n"},
		{"cat /etc/hostname", "red\n"},
		{"ip -br link show eth0 | cut -c1-4", "eth0\n"},
		{"readlink /proc/self/ns/net", readlink(t, h)},
	} {
		out, code := execIn(t, "red", "sh", "-c", c.script)
		theirs := ip(t, "netns", "exec", "red", "sh", "-c", c.script)
		if code != 0 || out != c.want || out != theirs {
			t.Errorf("%s: exit %d, %q; ip netns exec: %q", c.script, code, out, theirs)
		}
	}
	after, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	if string(after) != string(mounts) {
		t.Errorf("mounts leaked:\n%s", after)
	}
}

func readlink(t *testing.T, h *Host) (s string) {
	must(t, h.Do("red", func() (err error) {
		s, err = os.Readlink(threadNetns)
		return err
	}))
	return s + "\n"
}

func TestExecResults(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	must(t, os.WriteFile("/etc/plain-file", []byte("x"), 0o644))
	for _, c := range []struct {
		args []string
		code int
		out  string
	}{
		{[]string{"red", "sh", "-c", "exit 42"}, 42, ""},
		{[]string{"", "sh", "-c", "exit 7"}, 7, ""},
		{[]string{"red", "no-such-program"}, 127, "cannot run no-such-program"},
		{[]string{"red", "/no/such/program"}, 127, "cannot run /no/such/program: stat /no/such/program: no such file"},
		{[]string{"red", "/etc/plain-file"}, 126, "permission"},
		{[]string{"nobody", "true"}, 3, "no namespace nobody"},
	} {
		out, code := execIn(t, c.args...)
		if code != c.code || !strings.Contains(out, c.out) {
			t.Errorf("%q: exit %d, %s", c.args, code, out)
		}
	}
	wantClass(t, h.Exec("red", nil, nil), model.ErrInvalid)
}

func TestLookPath(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want error
	}{
		{[]string{"PATH=/nowhere:/bin"}, nil},
		{[]string{"PATH=/bin", "PATH=/nowhere"}, exec.ErrNotFound},
		{nil, nil},
	} {
		_, err := lookPath("sh", c.env)
		if !errors.Is(err, c.want) {
			t.Errorf("%q: %v", c.env, err)
		}
	}
}
