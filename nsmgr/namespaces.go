package nsmgr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// mark is what the IFALIAS of everything that ovsns made begins with.
const mark = "ovsns"

// loIndex is the index of lo, the first interface of each namespace.
const loIndex = 1

// NamespaceInfo is a named network namespace.
type NamespaceInfo struct {
	Name string
	// Managed says that ovsns made it: its lo is marked. It is false when the
	// process may not enter namespaces.
	Managed bool
}

// Namespaces lists the named network namespaces by name. Files in /run/netns
// that are none are left out.
func (h *Host) Namespaces(ctx context.Context) ([]NamespaceInfo, error) {
	names, err := namesInDir()
	if err != nil {
		return nil, err
	}
	var infos []NamespaceInfo
	err = h.with("", func(c *conn) error {
		for _, name := range names {
			n, err := c.identify(ctx, name)
			if errors.Is(err, model.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			infos = append(infos, n.NamespaceInfo)
		}
		return nil
	})
	return infos, err
}

// numbered is a namespace and the number by which this one's kernel knows it
// (RTM_GETNSID), which it tells with each link that leads there; -1 for none.
type numbered struct {
	NamespaceInfo
	id     nsID
	number int
}

// identify finds a namespace and its mark, without going there if it has a
// number. [model.ErrNotFound] when there is none of that name.
func (c *conn) identify(ctx context.Context, name string) (numbered, error) {
	n := numbered{NamespaceInfo: NamespaceInfo{Name: name}}
	if ctx.Err() != nil {
		return n, classify(ctx.Err(), "cannot look at namespace %s", name)
	}
	fd, err := openNS(netnsPath(name))
	if err != nil {
		return n, noNamespace(name, err)
	}
	defer unix.Close(fd)
	if n.id, err = fstatNS(fd); err == nil {
		n.number, err = c.numberOf(fd)
	}
	switch {
	case errors.Is(err, unix.EINVAL) || err == nil && n.number < 0: // the former is of another kind
		found, err := visit(ctx, []string{name}, (*conn).readMark)
		if err != nil || len(found) == 0 {
			return n, cmp.Or(err, noNamespace(name, unix.ENOENT))
		}
		n.NamespaceInfo = found[0].NamespaceInfo
		return n, nil
	case err != nil:
		return n, classify(err, "cannot identify namespace %s", name)
	}
	n.Managed, err = c.marked(n.number)
	if errors.Is(err, unix.EPERM) {
		return n, nil
	}
	return n, classify(err, "cannot read lo of namespace %s", name)
}

// FindNamespace looks a namespace up by name and reports whether it is there.
func (h *Host) FindNamespace(ctx context.Context, name string) (NamespaceInfo, bool, error) {
	if err := model.CheckNamespace(name); err != nil {
		return NamespaceInfo{}, false, err
	}
	found, err := visit(ctx, []string{name}, (*conn).readMark)
	if err != nil || len(found) == 0 {
		return NamespaceInfo{}, false, err
	}
	return found[0].NamespaceInfo, true, nil
}

// CreateNamespaces makes named network namespaces as `ip netns add` does, with
// ovsns's mark, lo up and [QuietStart]. They are marked before others can see
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
	if err := h.prepareDir(); err != nil {
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
func (h *Host) prepareDir() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dirReady {
		return nil
	}
	if err := os.MkdirAll(netnsDir, 0o755); err != nil {
		return classify(err, "cannot make %s", netnsDir)
	}
	dir, err := os.Open(netnsDir)
	if err != nil {
		return classify(err, "cannot open %s", netnsDir)
	}
	defer dir.Close()
	if err := flock(int(dir.Fd())); err != nil {
		return classify(err, "cannot lock %s", netnsDir)
	}
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

// uniqueNames returns the names sorted, each once, or the first bad one's error.
func uniqueNames(names []string) ([]string, error) {
	for _, name := range names {
		if err := model.CheckNamespace(name); err != nil {
			return nil, err
		}
	}
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// removeName unmounts a namespace and removes its file; absent ok.
func removeName(name string) error {
	path := filepath.Join(netnsDir, name)
	err := unix.Unmount(path, unix.MNT_DETACH)
	if err != nil && !isAny(err, unix.EINVAL, unix.ENOENT) {
		return classify(err, "cannot unmount namespace %s", name)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return classify(err, "cannot remove namespace %s", name)
	}
	return nil
}
