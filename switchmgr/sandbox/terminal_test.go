package sandbox_test

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty is a terminal with a program on it.
type pty struct {
	*testing.T
	master *os.File
	seen   bytes.Buffer
	outer  *exec.Cmd // of outerShell
}

func openPTY(t *testing.T) (p *pty, slave *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal("/dev/ptmx: ", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p = &pty{T: t, master: os.NewFile(uintptr(fd), "ptmx")}
	t.Cleanup(func() { p.master.Close(); slave.Close() })
	return p, slave
}

// expect reads until the text has come.
func (p *pty) expect(text string) {
	p.Helper()
	if err := p.master.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		p.Fatal(err)
	}
	chunk := make([]byte, 4096)
	for !bytes.Contains(p.seen.Bytes(), []byte(text)) {
		n, err := p.master.Read(chunk)
		p.seen.Write(chunk[:n])
		if err != nil {
			p.Fatalf("waiting for %q: %v; seen so far:\n%s", text, err, p.seen.String())
		}
	}
	rest := p.seen.Bytes()
	rest = rest[bytes.Index(rest, []byte(text))+len(text):]
	p.seen = *bytes.NewBuffer(bytes.Clone(rest))
}

func (p *pty) enter(text string) {
	p.Helper()
	if _, err := p.master.WriteString(text); err != nil {
		p.Fatal(err)
	}
}

// outerShell starts an ordinary shell with job control on a new terminal, in
// which $SELF is this program.
func outerShell(t *testing.T, env ...string) *pty {
	t.Helper()
	cmd := program(t)
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-i"}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "SELF="+self, "PS1=outer> ", "HOME="+t.TempDir(), "TERM=dumb")
	cmd.Env = append(cmd.Env, env...)
	return outerShellOf(t, cmd)
}

// outerShellOf does that with a shell of which the prompt is "outer> ".
func outerShellOf(t *testing.T, cmd *exec.Cmd) *pty {
	t.Helper()
	p, slave := openPTY(t)
	p.outer = cmd
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.expect("outer> ")
	return p
}

// stopAndEnd does to a sleep in the foreground what keys can do.
func (p *pty) stopAndEnd() {
	p.Helper()
	p.waitForeground("sleep")
	p.enter("\x1a") // Ctrl-Z
	p.expect("topped")
	p.enter("fg\n")
	p.waitForeground("sleep")
	p.enter("\x03") // Ctrl-C
}

// workAndLeave stops and ends commands in the shell with that prompt and, when
// it has ended, in the outer one.
func (p *pty) workAndLeave(prompt string) {
	p.Helper()
	p.enter("sleep 1000\n")
	p.stopAndEnd()
	p.expect(prompt)
	p.enter("echo b-$((6*7)); exit 3\n")
	p.expect("b-42")
	p.expect("outer> ")
	p.enter("echo status $?\n")
	p.expect("status 3")
	p.enter("$SELF sleep 1000\n")
	p.stopAndEnd()
	p.expect("outer> ")
	p.enter("exit 4\n")
	_ = p.outer.Wait()
	if code := p.outer.ProcessState.ExitCode(); code != 4 {
		p.Errorf("status %d", code)
	}
}

// resize gives the terminal another size, as moving the corner of its window
// does.
func (p *pty) resize(rows, columns uint16) {
	p.Helper()
	size := &unix.Winsize{Row: rows, Col: columns}
	if err := unix.IoctlSetWinsize(int(p.master.Fd()), unix.TIOCSWINSZ, size); err != nil {
		p.Fatal(err)
	}
	if err := unix.SetNonblock(int(p.master.Fd()), true); err != nil {
		p.Fatal(err)
	}
}

// TestInteractiveShell works in a shell as a person does, from within a shell
// that has job control itself.
func TestInteractiveShell(t *testing.T) {
	for _, shell := range []string{"/bin/bash", "/bin/sh"} {
		t.Run(shell, func(t *testing.T) {
			p := outerShell(t, "SHELL="+shell)
			p.enter("$SELF\n")
			p.expect("(test) ")
			p.enter("ovs-vsctl show && echo a-$OVSNS_SANDBOX\n")
			p.expect("a-test")
			p.workAndLeave("(test) ")
		})
	}
}

// waitForeground waits until a program of the terminal's foreground group runs.
func (p *pty) waitForeground(comm string) {
	p.Helper()
	eventually(p.T, comm+" is in the foreground", func() bool {
		group, err := unix.IoctlGetInt(int(p.master.Fd()), unix.TIOCGPGRP)
		return err == nil && named(membersOf(group), comm) != 0
	})
	if err := unix.SetNonblock(int(p.master.Fd()), true); err != nil {
		p.Fatal(err)
	}
}

// membersOf lists the running processes of a process group.
func membersOf(group int) []int {
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if g, err := unix.Getpgid(pid); err == nil && g == group && !stopped(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func stopped(pid int) bool {
	state := stateOf(pid)
	return state == 0 || state == 'T'
}

// stateOf returns field 3 of proc_pid_stat(5), 0 if there is no such process.
func stateOf(pid int) byte {
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 || i+2 >= len(stat) {
		return 0
	}
	return stat[i+2]
}
