package nsmgr

import (
	"errors"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// netnsDir is where ip-netns(8) keeps its namespaces.
const netnsDir = "/run/netns"

func netnsPath(name string) string { return filepath.Join(netnsDir, name) }

// Host is the network namespace in which ovsns works, and the door to the
// named namespaces beside it. Its methods may be called by several goroutines
// at once. Make it with [New]; the zero value is not usable.
//
// In all methods ns is the name of a namespace, "" the host itself.
type Host struct {
	host *conn
	proc procfs

	mu       sync.Mutex
	conns    map[string]*conn
	closed   bool
	dirReady bool
	spares   *spares // nil unless [Host.Prepare] has begun to make some
}

// New returns the host as the calling thread sees it: its network namespace,
// whatever thread uses the Host later. Reading the host needs no privilege;
// entering namespaces and changing anything does, see [CheckPrivilege].
func New() (*Host, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	fd, err := openNS(threadNetns)
	if err != nil {
		return nil, classify(err, "cannot open the network namespace of this thread")
	}
	c, err := newConn(fd)
	if err != nil {
		return nil, err
	}
	return &Host{host: c, conns: map[string]*conn{}}, nil
}

// Close releases all sockets and namespaces. Calls in progress end first;
// later ones fail. It always returns nil, and may be called twice.
func (h *Host) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	for name := range h.conns {
		h.dropLocked(name)
	}
	h.retireLocked(h.host)
	if h.spares == nil {
		h.proc.close()
		return nil
	}
	go func() {
		closeAll(h.takeSpares(sparesAtMost)) // the kernel has them back
		h.proc.close()
	}()
	return nil
}

// with calls fn with the connection to ns.
func (h *Host) with(ns string, fn func(*conn) error) error {
	c, err := h.acquire(ns)
	if err != nil {
		return err
	}
	defer h.release(c)
	return fn(c)
}

// acquire returns the connection to ns, made when there is none or when the
// name belongs to another namespace by now.
func (h *Host) acquire(ns string) (*conn, error) {
	if ns == "" {
		return h.use("", func(*conn) bool { return true })
	}
	if err := model.CheckNamespace(ns); err != nil {
		return nil, err
	}
	id, err := statNS(netnsPath(ns))
	if err != nil {
		h.drop(ns)
		return nil, noNamespace(ns, err)
	}
	c, err := h.use(ns, func(c *conn) bool { return c.id == id })
	if c != nil || err != nil {
		return c, err
	}
	return h.connect(ns)
}

// noNamespace classifies the failure to open the file of a namespace.
func noNamespace(ns string, err error) error {
	switch {
	case errors.Is(err, unix.ENOENT):
		return model.NotFoundf("there is no namespace %s", ns)
	case errors.Is(err, unix.ELOOP):
		return notNamespace(netnsPath(ns))
	case errors.Is(err, model.ErrNotFound):
		return err
	}
	return classify(err, "cannot open namespace %s", ns)
}

// connect enters ns and keeps the connection.
func (h *Host) connect(ns string) (*conn, error) {
	fd, err := openNS(netnsPath(ns))
	if err != nil {
		return nil, noNamespace(ns, err)
	}
	var c *conn
	entered := false
	err = inside(fd, func() (err error) {
		entered = true
		c, err = newConn(fd)
		return err
	})
	if err != nil {
		if !entered {
			_ = unix.Close(fd)
		}
		return nil, classify(err, "cannot enter namespace %s", ns)
	}
	h.keep(ns, c)
	return c, nil
}

// use returns the cached connection to ns that the caller must release, nil
// when there is none that fits.
func (h *Host) use(ns string, fits func(*conn) bool) (*conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, model.Failedf("the host is closed")
	}
	c := h.host
	if ns != "" {
		c = h.conns[ns]
	}
	if c == nil || !fits(c) {
		return nil, nil
	}
	c.users++
	return c, nil
}

// keep caches a connection, which the caller must release.
func (h *Host) keep(ns string, c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.users++
	if h.closed {
		c.dropped = true
		return
	}
	h.dropLocked(ns)
	h.conns[ns] = c
}

// release ends the use of a connection.
func (h *Host) release(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.users--
	if c.dropped && c.users == 0 {
		c.close()
	}
}

// drop forgets the connection to ns: while it is open the namespace lives.
func (h *Host) drop(ns string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dropLocked(ns)
}

func (h *Host) dropLocked(ns string) {
	if c := h.conns[ns]; c != nil {
		delete(h.conns, ns)
		h.retireLocked(c)
	}
}

func (h *Host) retireLocked(c *conn) {
	c.dropped = true
	if c.users == 0 {
		c.close()
	}
}
