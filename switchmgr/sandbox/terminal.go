package sandbox

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// terminal is the caller's terminal, if its standard input is one. A nil
// terminal does nothing.
type terminal struct {
	fd    int
	state *unix.Termios
}

// terminalOf remembers the state of the terminal r, or returns nil.
func terminalOf(r io.Reader) *terminal {
	f, ok := r.(*os.File)
	if !ok {
		return nil
	}
	state, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return nil
	}
	return &terminal{fd: int(f.Fd()), state: state}
}

// typed reports whether the signal comes from a key: the command, which shares
// our process group, has then got it as well. The kernel does not tell a Go
// program who sent a signal; being in the foreground is the next best.
func (t *terminal) typed(s unix.Signal) bool {
	if t == nil || s != unix.SIGINT && s != unix.SIGQUIT {
		return false
	}
	return t.foreground() == unix.Getpgrp()
}

// processGroup gives a shell on a terminal a process group with a number inside:
// it puts the terminal's group back when it exits. All other commands stay in
// the caller's, where one key stops or ends them together with the caller.
func processGroup(argv []string) *syscall.SysProcAttr {
	if !bareShell(argv) || terminalOf(os.Stdin) == nil {
		return nil
	}
	return &syscall.SysProcAttr{Foreground: true, Ctty: 0}
}

func (t *terminal) foreground() int {
	group, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	if err != nil {
		return -1
	}
	return group
}

// restore takes the terminal back after a shell with job control. That shell
// cannot return it: our process group has no number in its pid namespace. What
// was cut off has most likely left the cursor within a line.
func (t *terminal) restore(cut bool) {
	if t == nil || t.orphaned() {
		return
	}
	// Not being in the foreground, we would be stopped for touching it.
	signal.Ignore(unix.SIGTTOU)
	defer signal.Reset(unix.SIGTTOU)
	// A terminal that has gone away needs nothing.
	_ = unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, unix.Getpgrp())
	_ = unix.IoctlSetTermios(t.fd, unix.TCSETSW, t.state)
	if cut {
		_, _ = unix.Write(t.fd, []byte("\r\n"))
	}
}

// orphaned reports whether the terminal belongs to another living process
// group, as after the caller's shell put us in the background.
func (t *terminal) orphaned() bool {
	group := t.foreground()
	return group > 0 && group != unix.Getpgrp() && unix.Kill(-group, 0) == nil
}
