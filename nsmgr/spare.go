package nsmgr

import (
	"errors"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// sparesAtMost is how many namespaces are made that nobody may want.
const sparesAtMost = 64

// spares are namespaces that have no name yet, see [Host.Prepare].
type spares struct {
	enough atomic.Bool   // begin no more
	done   chan struct{} // closed when no more come
	list   []*conn       // of done's closer; afterwards guarded by Host.mu
}

// Prepare begins to make namespaces without names, beside what the caller does
// meanwhile: the next [Host.CreateNamespaces] gives them names, and makes the
// rest. Call it when that will be called for these names, as far as one can
// tell. For names that are taken, and while some are left of an earlier call,
// Prepare does nothing. It changes nothing that others could see, a failure comes back
// from CreateNamespaces, and [Host.Close] drops what was not used.
func (h *Host) Prepare(names ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.spares != nil && !h.spares.used() {
		return
	}
	s := &spares{done: make(chan struct{})}
	h.spares = s
	go func() {
		defer close(s.done)
		_ = onThread(func() error { return s.make(h, names) }) // CreateNamespaces will fail likewise
	}()
}

func (s *spares) make(h *Host, names []string) error {
	for _, name := range names {
		if s.enough.Load() || len(s.list) == sparesAtMost {
			return nil
		}
		if _, err := lstat(netnsPath(name)); !errors.Is(err, unix.ENOENT) {
			continue
		}
		c, err := h.intoNewNamespace()
		if err != nil {
			return err
		}
		s.list = append(s.list, c)
	}
	return nil
}

// used reports whether nothing is to be had any more.
func (s *spares) used() bool {
	select {
	case <-s.done:
		return len(s.list) == 0
	default:
		return false
	}
}

// wait has no more made, and waits for the one that is being made.
func (s *spares) wait() {
	s.enough.Store(true)
	<-s.done
}

// takeSpares returns as many of what Prepare has made as there are, n at most.
func (h *Host) takeSpares(n int) []*conn {
	h.mu.Lock()
	s := h.spares
	h.mu.Unlock()
	if s == nil {
		return nil
	}
	s.wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	n = min(n, len(s.list))
	taken := s.list[:n:n]
	s.list = s.list[n:]
	return taken
}

func closeAll(conns []*conn) {
	for _, c := range conns {
		c.close()
	}
}
