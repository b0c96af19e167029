package nsmgr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// CreateNamespaces makes named network namespaces as `ip netns add` does, with
// ovsns's mark, lo up and [model.QuietStart]. They are marked before others can see
// them. [model.ErrInvalid] for a bad name, [model.ErrConflict] when one exists. A
// failure leaves none of them behind; the file that a process leaves which is
// killed on the way is taken over.
func (h *Host) CreateNamespaces(ctx context.Context, names ...string) error {
	for _, name := range names {
		if err := model.CheckNamespace(name); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return classify(ctx.Err(), "cannot make namespaces")
	}
	if len(names) == 0 {
		return nil
	}
	for _, name := range names {
		if file, err := lstat(netnsPath(name)); err == nil && !isLeftover(file) {
			return nameTaken(name)
		}
	}
	if err := CheckPrivilege(); err != nil {
		return err
	}
	if err := h.prepareDir(ctx); err != nil {
		return err
	}
	m := making{host: h, names: names, spares: h.takeSpares(len(names))}
	if err := m.run(ctx); err != nil {
		return m.abandon(ctx, err)
	}
	return nil
}

// making is one call of CreateNamespaces.
type making struct {
	host *Host

	mu     sync.Mutex
	names  []string // of those that are still to be made
	spares []*conn  // made already, of no name
	made   []string
}

// makersAtOnce is how many threads make namespaces. With one, 100 took a third
// longer on two processors; more were not tried.
const makersAtOnce = 2

func (m *making) run(ctx context.Context) error {
	defer func() { closeAll(m.spares) }() // those that an error has left
	if len(m.spares) == len(m.names) {
		return m.work(ctx)
	}
	group, ctx := errgroup.WithContext(ctx)
	for range min(makersAtOnce, len(m.names)) {
		// A thread that is in a namespace already goes on to the next.
		group.Go(func() error { return onThread(func() error { return m.work(ctx) }) })
	}
	return group.Wait()
}

// work makes one after the other. It needs a thread of its own unless all are
// made already.
func (m *making) work(ctx context.Context) error {
	for ctx.Err() == nil {
		name, c := m.next()
		if name == "" {
			return nil
		}
		if c == nil {
			var err error
			if c, err = m.host.intoNewNamespace(); err != nil {
				return err
			}
		}
		if err := m.give(c, name); err != nil {
			return err
		}
	}
	return classify(ctx.Err(), "cannot make namespaces")
}

// next returns the next name, "" after the last, and the namespace that is to
// have it if that is made already.
func (m *making) next() (name string, c *conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.names) == 0 {
		return "", nil
	}
	name, m.names = m.names[0], m.names[1:]
	if len(m.spares) > 0 {
		c, m.spares = m.spares[0], m.spares[1:]
	}
	return name, c
}

// give gives a namespace its name, and closes it when that fails.
func (m *making) give(c *conn, name string) error {
	if err := c.bind(name); err != nil {
		c.close()
		return err
	}
	m.host.keep(name, c)
	m.host.release(c)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made = append(m.made, name)
	return nil
}

// abandon removes what was made, because of err.
func (m *making) abandon(ctx context.Context, err error) error {
	if len(m.made) == 0 {
		return err
	}
	if failure := m.host.DeleteNamespaces(context.WithoutCancel(ctx), m.made...); failure != nil {
		return model.Failedf("%v; and what was made before could not be removed again", err).Because(failure)
	}
	return err
}

// intoNewNamespace moves the calling thread into a new namespace.
func (h *Host) intoNewNamespace() (*conn, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, classify(err, "cannot make a network namespace")
	}
	fd, err := openNS(threadNetns)
	if err != nil {
		return nil, classify(err, "cannot open the new namespace")
	}
	c, err := newConn(fd)
	if err != nil {
		return nil, err
	}
	h.proc.quietStart()
	if err := c.setLink("lo", LinkChange{Alias: new(mark), Up: new(true)}); err != nil {
		c.close()
		return nil, classify(err, "cannot mark a new namespace")
	}
	return c, nil
}

// bind gives the namespace its name.
func (c *conn) bind(name string) error {
	file, err := claim(name)
	if err != nil {
		return err
	}
	defer unix.Close(file)
	path := netnsPath(name)
	if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", c.fd), path, "none", unix.MS_BIND, ""); err != nil {
		_ = os.Remove(path)
		return classify(err, "cannot mount namespace %s", name)
	}
	return nil
}

// claim makes the file on which a namespace is to be mounted, or takes over
// the one that was left. Its lock keeps out others who see it before the mount.
func claim(name string) (fd int, err error) {
	path := netnsPath(name)
	fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, fileMode)
	if err != nil {
		if _, statErr := lstat(path); statErr == nil {
			return -1, nameTaken(name)
		}
		return -1, classify(err, "cannot make namespace %s", name)
	}
	locked := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	file, err := lstat(path)
	if locked != nil || err != nil || !isLeftover(file) {
		_ = unix.Close(fd)
		return -1, nameTaken(name)
	}
	return fd, nil
}

// fileMode tells the file on which a namespace of ours is mounted from those
// of iproute2, whose mode is 0; a mounted namespace shows 0444.
const fileMode = 0o400

// isLeftover reports whether that is the file alone: of a process that was
// killed when it had not mounted the namespace yet, or no longer.
func isLeftover(file unix.Stat_t) bool { return file.Mode == unix.S_IFREG|fileMode && file.Size == 0 }

func lstat(path string) (file unix.Stat_t, err error) {
	err = unix.Lstat(path, &file)
	return file, err
}

func nameTaken(name string) error {
	path := netnsPath(name)
	if fd, err := openNS(path); err == nil {
		_ = unix.Close(fd)
		return model.Conflictf("namespace %s exists already", name)
	}
	return model.Conflictf("%s is in the way of namespace %s and is not a namespace", path, name).
		WithHint("rm %s", path)
}

// prepareDir makes /run/netns and lets mounts in it propagate to other mount
// namespaces, as iproute2 does (ip/ipnetns.c, create_netns_dir and netns_add);
// the lock on the directory is the one that it takes.
func (h *Host) prepareDir(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dirReady {
		return nil
	}
	if err := os.MkdirAll(netnsDir, 0o755); err != nil {
		return classify(err, "cannot make %s", netnsDir)
	}
	dir, err := unix.Open(netnsDir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return classify(err, "cannot open %s", netnsDir)
	}
	unlock, err := lockFile(ctx, dir)
	if err != nil {
		return classify(err, "cannot lock %s", netnsDir)
	}
	defer unlock()
	if err := shareDir(); err != nil {
		return classify(err, "cannot share the mounts of %s", netnsDir)
	}
	h.dirReady = true
	return nil
}

func shareDir() error {
	err := unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, "")
	if !errors.Is(err, unix.EINVAL) { // EINVAL: it is not a mount point yet
		return err
	}
	if err := unix.Mount(netnsDir, netnsDir, "none", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	return unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, "")
}

// quietStart gives the calling thread's namespace the settings of
// [model.QuietStart]. Where /proc/sys is read-only, or the kernel has no IPv6, it
// does without.
func (p *procfs) quietStart() {
	dir, err := p.open(ipv6Conf + "/default")
	if err != nil {
		return
	}
	defer unix.Close(dir)
	for path, value := range model.QuietStart {
		_ = writeSetting(dir, filepath.Base(path), value)
	}
}
