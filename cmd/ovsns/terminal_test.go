package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
)

// openTerminal returns both ends of a pseudo-terminal, see pts(4).
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	must(t, err)
	fd := int(master.Fd())
	must(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(t, err)
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { _, _ = master.Close(), slave.Close() })
	return master, slave
}

// typing runs ovsns in a host with a terminal as stdin and stderr, at which
// answer is typed. It returns the exit status and what the terminal showed.
func typing(t *testing.T, h *testlab.Host, answer string, args ...string) (int, string) {
	t.Helper()
	master, slave := openTerminal(t)
	_, err := master.WriteString(answer)
	must(t, err)
	cmd := h.Command(t.Context(), "ovsns", args...)
	cmd.Stdin, cmd.Stderr = slave, slave
	err = cmd.Run()
	must(t, slave.Close())
	shown, _ := io.ReadAll(master) // ends with EIO: nobody has the other end
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode(), string(shown)
	}
	must(t, err)
	return 0, string(shown)
}

func TestDeletingManyThingsAsks(t *testing.T) {
	h := testlab.Start(t, "terminal")
	names := func() string {
		out, err := h.Command(t.Context(), "ovsns", "ns", "list", "-q").Output()
		must(t, err)
		return string(out)
	}
	must(t, h.Command(t.Context(), "ovsns", "switch", "create").Run())
	must(t, h.Command(t.Context(), "ovsns", "attach", "red").Run())

	for _, args := range [][]string{
		{"destroy", "--all"}, {"ns", "delete", "--all"}, {"switch", "delete", "sw0", "--force"},
	} {
		code, shown := typing(t, h, "n\n", args...)
		if code != cmdline.ExitFailed || !strings.Contains(shown, "- attachment red/eth0") || !strings.Contains(shown, "[y/N]") {
			t.Errorf("%q: status %d, %s", args, code, shown)
		}
		if !strings.Contains(names(), "red") {
			t.Fatalf("%q: done although the answer was no", args)
		}
	}
	if code, shown := typing(t, h, "", "detach", "red"); code != 0 || strings.Contains(shown, "[y/N]") {
		t.Errorf("detach: status %d, %s", code, shown)
	}
	if code, shown := typing(t, h, "y\n", "ns", "delete", "--all"); code != 0 || names() != "" {
		t.Errorf("answer yes: status %d, %s", code, shown)
	}
	if code, shown := typing(t, h, "", "destroy", "--all", "--yes"); code != 0 || strings.Contains(shown, "[y/N]") {
		t.Errorf("--yes: status %d, %s", code, shown)
	}
}

func TestColourOnlyOnATerminal(t *testing.T) {
	_, slave := openTerminal(t)
	for _, tt := range []struct {
		out  io.Writer
		env  []string
		want bool
	}{
		{slave, nil, true},
		{slave, []string{"NO_COLOR=1"}, false},
		{slave, []string{"NO_COLOR="}, true},
		{slave, []string{"TERM=dumb"}, false},
		{&bytes.Buffer{}, nil, false},
	} {
		p := newProgram([]string{"show"}, streams{out: tt.out, err: io.Discard}, tt.env)
		if w := p.colourful(); w != tt.want {
			t.Errorf("%T %q: %v", tt.out, tt.env, w)
		}
	}
}
