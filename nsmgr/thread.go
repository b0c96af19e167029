package nsmgr

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// threadNetns is the network namespace of the thread that opens it.
const threadNetns = "/proc/thread-self/ns/net"

// Do runs fn on a thread inside the namespace ns ("" is the host) and returns
// its error. Goroutines that fn starts are outside. The thread, which fn may
// move, goes back before it serves other goroutines; one that cannot go back is
// ended. A panic in fn reaches the caller of Do. [model.ErrNotFound] when there
// is no such namespace.
func (h *Host) Do(ns string, fn func() error) error {
	return h.with(ns, func(c *conn) error { return onThreadIn(c.fd, fn) })
}

// inside runs fn on a thread in the namespace that fd refers to: the calling
// one when it is there, since to wake another takes longer than most fn do. fn
// must leave the thread where it is.
func inside(fd int, fn func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if isIn(fd) {
		return fn()
	}
	return onThreadIn(fd, fn)
}

// onThreadIn runs fn on a thread of its own, in the namespace that fd refers to.
func onThreadIn(fd int, fn func() error) error {
	return onThread(func() error {
		if err := enter(fd); err != nil {
			return err
		}
		return fn()
	})
}

// enter moves the calling thread, which must be one of onThread's. To stay
// where it is needs no privilege.
func enter(fd int) error {
	if isIn(fd) {
		return nil
	}
	return classify(unix.Setns(fd, unix.CLONE_NEWNET), "cannot enter the network namespace")
}

// isIn reports whether the calling thread is in the namespace of fd.
func isIn(fd int) bool {
	here, err := statNS(threadNetns)
	there, ferr := fstatNS(fd)
	return err == nil && ferr == nil && here == there
}

// outcome is how a function on another thread ended.
type outcome struct {
	err    error
	panics error
	exited bool // by runtime.Goexit
}

// onThread runs fn on a thread of its own, never the main one, and puts the
// thread's network namespace back afterwards.
func onThread(fn func() error) error {
	out := make(chan outcome, 1)
	go runOnThread(fn, out)
	o := <-out
	switch {
	case o.panics != nil:
		panic(o.panics)
	case o.exited:
		runtime.Goexit()
	}
	return o.err
}

// runOnThread does the work of onThread. A goroutine that ends while it is
// locked ends its thread, except the main thread, which would stay for ever in
// whatever namespace it is in. So the main thread is kept busy meanwhile.
func runOnThread(fn func() error, out chan<- outcome) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		inner := make(chan outcome, 1)
		go runOnThread(fn, inner)
		o := <-inner
		runtime.UnlockOSThread()
		out <- o
		return
	}
	home, err := unix.Open(threadNetns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		out <- outcome{err: classify(err, "cannot open %s", threadNetns)}
		return
	}
	o := outcome{exited: true}
	defer func() {
		if p := recover(); p != nil {
			o.panics = fmt.Errorf("%v\n\n%s", p, debug.Stack())
		}
		if enter(home) == nil {
			runtime.UnlockOSThread()
		}
		_ = unix.Close(home)
		out <- o
	}()
	o.err = fn()
	o.exited = false
}

// nsID identifies a namespace: the device and inode of its file in nsfs
// (namespaces(7)).
type nsID struct {
	dev, ino uint64
}

func statNS(path string) (nsID, error) {
	var st unix.Stat_t
	err := unix.Stat(path, &st)
	return nsID{st.Dev, st.Ino}, err
}

func fstatNS(fd int) (nsID, error) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return nsID{st.Dev, st.Ino}, err
}

// openNS opens the file of a namespace. Whatever else is there is not opened,
// which could wait for ever (fifo(7)) or fail (unix(7)): [model.ErrNotFound].
func openNS(path string) (int, error) {
	var st unix.Statfs_t
	err := unix.Statfs(path, &st)
	if err != nil && !errors.Is(err, unix.ELOOP) {
		return -1, err
	}
	if err != nil || st.Type != unix.NSFS_MAGIC {
		return -1, notNamespace(path)
	}
	return unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
}

func notNamespace(path string) error {
	return model.NotFoundf("%s is not a network namespace", path)
}
