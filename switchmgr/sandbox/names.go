package sandbox

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

const defaultName = "sandbox"

// forkNamed settles the name and starts pid 1, from when on the name is seen.
// No other host is given one meanwhile.
func forkNamed(ctx context.Context, o Options, s *setup) (*Host, error) {
	if o.Unique {
		unlock, err := lockNames(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
		if o.Name, err = freeName(o.Name); err != nil {
			return nil, err
		}
	}
	if o.Name == "" {
		o.Name = defaultName
	}
	s.Name = o.Name
	h, err := fork(o, s.User)
	if err == nil && o.Unique {
		h.awaitListed()
	}
	return h, err
}

// awaitListed returns when [List] sees the host, or when it has ended: right
// after execve(2), which closes the pipe that tells of it, a process has no
// command line yet. Where /proc is not ours, no host is ever seen.
func (h *Host) awaitListed() {
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	enough := time.After(time.Second)
	for {
		if _, ok := lookAt(h.PID()); ok {
			return
		}
		select {
		case <-again.C:
		case <-h.done:
			return
		case <-enough:
			return
		}
	}
}

// freeName returns the name, or the first free one for none.
func freeName(name string) (string, error) {
	list, err := List()
	if err != nil {
		return "", err
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(list, func(r Running) bool { return r.Name == name && r.ours() })
	}
	switch {
	case name != "" && taken(name):
		return "", model.Conflictf("sandbox %s runs already", name).WithHint("ovsns sandbox enter %s", name)
	case name != "":
		return name, nil
	}
	name = defaultName
	for n := 2; taken(name); n++ {
		name = defaultName + strconv.Itoa(n)
	}
	return name, nil
}

// lockNames takes the lock under which names are given: a flock(2) on the pid
// namespace whose processes [List] sees. It leaves no file and ends with its
// process.
func lockNames(ctx context.Context) (unlock func(), err error) {
	f, err := os.Open("/proc/self/ns/pid")
	if err != nil {
		return nil, model.Failedf("cannot lock the names of sandboxes").Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := flock(ctx, f); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, model.NotReadyf("another sandbox is being started and does not get on").Because(ctx.Err())
		}
		return nil, model.Failedf("cannot lock the names of sandboxes").Because(err)
	}
	return func() {
		_ = unix.Flock(int(f.Fd()), unix.LOCK_UN) // a child being started may still have the file
		f.Close()
	}, nil
}
