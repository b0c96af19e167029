package nsmgr

import (
	"errors"

	"golang.org/x/sys/unix"
)

// spare is a namespace that has no name yet, see [Host.Prepare].
type spare struct {
	ready chan struct{} // closed when the rest is known
	c     *conn
	err   error
}

// Prepare begins to make a namespace without a name, beside what the caller
// does meanwhile: the next [Host.CreateNamespaces] gives it a name. Call it when
// that will be called for this name, as far as one can tell; when the name is
// taken, or one is being made already, Prepare does nothing. It changes nothing
// that others could see, a failure comes back from CreateNamespaces, and
// [Host.Close] drops what was not used.
func (h *Host) Prepare(name string) {
	if _, err := lstat(netnsPath(name)); !errors.Is(err, unix.ENOENT) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.spare != nil {
		return
	}
	s := &spare{ready: make(chan struct{})}
	h.spare = s
	go func() {
		defer close(s.ready)
		s.err = onThread(func() (err error) {
			s.c, err = h.intoNewNamespace()
			return err
		})
	}()
}

// takeSpare returns the namespace that Prepare has begun to make, or nil.
func (h *Host) takeSpare() *spare {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.spare
	h.spare = nil
	return s
}

// drop lets the kernel have the namespace back.
func (s *spare) drop() {
	if <-s.ready; s.c != nil {
		s.c.close()
	}
}
