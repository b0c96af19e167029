package nsmgr

import (
	"errors"
	"os"
)

// spare is a namespace that has no name yet, see [Host.Prepare].
type spare struct {
	ready chan struct{} // closed when the rest is known
	c     *conn
	err   error
}

// Prepare begins to make a namespace without a name, beside what the caller
// does meanwhile: the next [Host.CreateNamespace] gives it a name. Call it when
// that will be called for this name, as far as one can tell; when the name is
// taken, or one is being made already, Prepare does nothing. It changes nothing
// that others could see, a failure comes back from CreateNamespace, and
// [Host.Close] drops what was not used.
func (h *Host) Prepare(name string) {
	if _, err := os.Lstat(netnsPath(name)); !errors.Is(err, os.ErrNotExist) {
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
		s.c, s.err = h.newNamespace()
	}()
}

// unnamed returns a namespace without a name, the spare one if there is.
func (h *Host) unnamed() (*conn, error) {
	h.mu.Lock()
	s := h.spare
	h.spare = nil
	h.mu.Unlock()
	if s == nil {
		return h.newNamespace()
	}
	<-s.ready
	return s.c, s.err
}

// drop lets the kernel have the namespace back.
func (s *spare) drop() {
	if <-s.ready; s.c != nil {
		s.c.close()
	}
}
