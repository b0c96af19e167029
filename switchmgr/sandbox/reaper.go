package sandbox

import (
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// reaper starts the children of pid 1 and collects them and every orphan of
// the pid namespace, which is pid 1's duty (pid_namespaces(7)).
type reaper struct {
	mu      sync.Mutex
	running map[int]*process
	lost    chan *process // the first service that was killed
}

// process is a child of pid 1. done is closed when it has ended; status is
// valid from then on.
type process struct {
	pid     int
	service string // its name and that of its log; "" when it is none
	done    chan struct{}
	status  syscall.WaitStatus
}

func newReaper() *reaper {
	r := &reaper{running: map[int]*process{}, lost: make(chan *process, 1)}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD)
	go func() {
		for range ended {
			r.collect()
		}
	}()
	return r
}

// start runs a program, as a service if it has a name. It holds the lock until
// the child is entered in the table, so that collect knows whom it has found.
func (r *reaper) start(service, path string, argv []string, attr *syscall.ProcAttr) (*process, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := forgetAmbient(); err != nil {
		return nil, err
	}
	pid, err := syscall.ForkExec(path, argv, attr)
	if err != nil {
		return nil, &os.PathError{Op: "exec", Path: path, Err: err}
	}
	p := &process{pid: pid, service: service, done: make(chan struct{})}
	r.running[pid] = p
	return p, nil
}

// signal sends to a child of ours that has not been collected.
func (r *reaper) signal(p *process, s unix.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[p.pid] == p {
		_ = unix.Kill(p.pid, s) // it may be a zombie: nothing to do
	}
}

func (r *reaper) collect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if pid <= 0 {
			return
		}
		if p := r.running[pid]; p != nil {
			delete(r.running, pid)
			p.status = status
			close(p.done)
			if p.service != "" && killed(status) {
				r.lose(p)
			}
		}
	}
}

func (r *reaper) lose(p *process) {
	select {
	case r.lost <- p:
	default: // there is one already
	}
}

// killed reports whether something has ended that did not mean to: whoever
// stops a service asks it to, by one of these signals or another way.
func killed(s syscall.WaitStatus) bool {
	if !s.Signaled() {
		return false
	}
	switch s.Signal() {
	case unix.SIGTERM, unix.SIGINT, unix.SIGHUP:
		return false
	}
	return true
}

// exitCode is the status as sh(1) has it: 128+N for signal N.
func exitCode(s syscall.WaitStatus) int {
	if s.Signaled() {
		return 128 + int(s.Signal())
	}
	return s.ExitStatus()
}
