package nsmgr

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Lock waits until no other holder, in this process or another, has the lock
// of this host's network namespace, and takes it. It is a flock(2) on the
// namespace itself: it leaves no file and ends with its process. Unlock may be
// called more than once. [model.ErrNotReady] when ctx ends first.
func (h *Host) Lock(ctx context.Context) (unlock func(), err error) {
	fd, err := h.reopen()
	if err != nil {
		return nil, err
	}
	unlock, err = lockFile(ctx, fd)
	if isContext(err) {
		return nil, model.NotReadyf("another command that changes this host is still running").Because(err)
	}
	return unlock, classify(err, "cannot lock the network namespace")
}

// lockFile waits for the flock of an open file, which unlock closes, as does a
// failure.
func lockFile(ctx context.Context, fd int) (unlock func(), err error) {
	release := sync.OnceFunc(func() { _ = unix.Close(fd) })
	if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == nil {
		return release, nil
	}
	taken := make(chan struct{ err error }, 1)
	go func() { taken <- struct{ err error }{flock(fd)} }()
	select {
	case got := <-taken:
		if got.err != nil {
			release()
			return nil, got.err
		}
		return release, nil
	case <-ctx.Done():
		// flock(2) cannot be called off; what it still gets is given back.
		go func() {
			<-taken // whether it was got or not
			release()
		}()
		return nil, ctx.Err()
	}
}

// reopen opens the host's namespace anew: flocks belong to open files.
func (h *Host) reopen() (int, error) {
	fd := -1
	err := h.with("", func(c *conn) (err error) {
		fd, err = unix.Open(fmt.Sprintf("/proc/self/fd/%d", c.fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return classify(err, "cannot open the network namespace")
	})
	return fd, err
}

func flock(fd int) error {
	for {
		err := unix.Flock(fd, unix.LOCK_EX)
		if err != unix.EINTR {
			return err
		}
	}
}
