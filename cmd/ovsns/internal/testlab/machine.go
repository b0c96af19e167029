package testlab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
	"github.com/ovsns/ovsns/switchmgr/sandbox/sandboxtest"
)

// machine is a private host in which a program starts as fast as outside: a thread
// of this process has moved in, and forks them there. [sandbox.Host.Command] has
// each one preceded by two copies of the test binary, which takes ten times as long.
type machine struct {
	*sandbox.Host
	inside chan func() // done by that thread; nil: there is none
}

// startMachine makes one, to be ended with Close.
func startMachine(ctx context.Context, o sandbox.Options) (*machine, error) {
	h, err := sandbox.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	m := &machine{Host: h}
	if m.foreign() {
		return m, nil
	}
	m.inside = make(chan func())
	moved := make(chan error)
	go m.stay(moved)
	if err := <-moved; err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return m, nil
}

// foreign reports whether the host has a user namespace of its own, as those of an
// ordinary user have. No thread alone may enter that.
func (m *machine) foreign() bool {
	ours, err := os.Readlink("/proc/self/ns/user")
	theirs, err2 := os.Readlink(fmt.Sprintf("/proc/%d/ns/user", m.PID()))
	return err != nil || err2 != nil || ours != theirs
}

// stay is the thread inside.
func (m *machine) stay(moved chan<- error) {
	runtime.LockOSThread() // for good: it ends with this goroutine
	err := moveInto(m.PID())
	moved <- err
	if err != nil {
		return
	}
	for do := range m.inside {
		do()
	}
}

// moveInto moves this thread into the namespaces of a process.
func moveInto(pid int) error {
	if unix.Gettid() == unix.Getpid() {
		return errors.New("the namespaces of the main thread are those of the process: the main goroutine has to keep it")
	}
	if err := unix.Unshare(unix.CLONE_FS); err != nil { // else it may not change its mount namespace
		return os.NewSyscallError("unshare", err)
	}
	for _, space := range []string{"net", "pid", "mnt"} { // from the last one on /proc is another
		f, err := os.Open(fmt.Sprintf("/proc/%d/ns/%s", pid, space))
		if err != nil {
			return err
		}
		err = unix.Setns(int(f.Fd()), 0)
		_ = f.Close()
		if err != nil {
			return os.NewSyscallError("setns "+space, err)
		}
	}
	return nil
}

// Close ends the host, and whatever runs in it.
func (m *machine) Close() error {
	if m.inside != nil {
		close(m.inside)
	}
	return m.Host.Close()
}

// Command returns a program that runs in the host as [sandbox.Host.Command] says,
// but that it does not start at all when there is none of that name.
func (m *machine) Command(ctx context.Context, name string, args ...string) *Cmd {
	entering := m.Host.Command(ctx, name, args...)
	if m.inside == nil {
		return &Cmd{Cmd: entering}
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Dir = entering.Env, entering.Dir
	return &Cmd{Cmd: cmd, inside: m.inside}
}

// Cmd is a program in a host, to be used like any other.
type Cmd struct {
	*exec.Cmd
	inside chan<- func()
}

// Start starts it.
func (c *Cmd) Start() error {
	if c.inside == nil {
		return c.Cmd.Start()
	}
	started := make(chan error)
	c.inside <- func() {
		own := filepath.Join(filepath.Dir(sandboxtest.Program), c.Args[0]) // comes first on the PATH inside
		if _, err := os.Stat(own); err == nil {
			c.Path, c.Err = own, nil
		}
		started <- c.Cmd.Start()
	}
	return <-started
}

// Run runs it to its end.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// CombinedOutput runs it and returns all that it prints.
func (c *Cmd) CombinedOutput() ([]byte, error) {
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.Bytes(), err
}

// Output runs it and returns what it prints to stdout.
func (c *Cmd) Output() ([]byte, error) {
	var out bytes.Buffer
	c.Stdout = &out
	err := c.Run()
	return out.Bytes(), err
}
