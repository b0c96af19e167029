package nsmgr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

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
	found, err := visit(ctx, names, (*conn).readMark)
	infos := make([]NamespaceInfo, len(found))
	for i, in := range found {
		infos[i] = in.NamespaceInfo
	}
	return infos, err
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

// CreateNamespace makes a named network namespace as `ip netns add` does, with
// ovsns's mark, lo up and [QuietStart]. It is marked before others can see it.
// [model.ErrInvalid] for a bad name, [model.ErrConflict] when it exists. A
// failure leaves nothing behind; the file that a process leaves which is killed
// on the way is taken over.
func (h *Host) CreateNamespace(ctx context.Context, name string) error {
	if err := model.CheckNamespace(name); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return classify(ctx.Err(), "cannot make namespace %s", name)
	}
	if file, err := os.Lstat(netnsPath(name)); err == nil && !isLeftover(file) {
		return nameTaken(name)
	}
	if err := CheckPrivilege(); err != nil {
		return err
	}
	if err := h.prepareDir(); err != nil {
		return err
	}
	c, err := h.unnamed()
	if err != nil {
		return err
	}
	if err := c.bind(name); err != nil {
		c.close()
		return err
	}
	h.keep(name, c)
	h.release(c)
	return nil
}

// newNamespace makes a namespace that has no name yet, with ovsns's mark.
func (h *Host) newNamespace() (c *conn, err error) {
	err = onThread(func() (err error) {
		c, err = h.intoNewNamespace()
		return err
	})
	return c, err
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
	if err := c.setLink("lo", LinkChange{Alias: new(mark), Up: new(true)}, false); err != nil {
		c.close()
		return nil, classify(err, "cannot mark a new namespace")
	}
	return c, nil
}

// bind gives the namespace its name.
func (c *conn) bind(name string) error {
	f, err := claim(name)
	if err != nil {
		return err
	}
	defer f.Close()
	path := netnsPath(name)
	if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", c.fd), path, "none", unix.MS_BIND, ""); err != nil {
		_ = os.Remove(path)
		return classify(err, "cannot mount namespace %s", name)
	}
	return nil
}

// claim makes the file on which a namespace is to be mounted, or takes over
// the one that was left. Its lock keeps out others who see it before the mount.
func claim(name string) (*os.File, error) {
	path := netnsPath(name)
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, fileMode)
	if err != nil {
		if _, statErr := os.Lstat(path); statErr == nil {
			return nil, nameTaken(name)
		}
		return nil, classify(err, "cannot make namespace %s", name)
	}
	locked := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	file, err := os.Lstat(path)
	if locked != nil || err != nil || !isLeftover(file) {
		_ = f.Close()
		return nil, nameTaken(name)
	}
	return f, nil
}

// fileMode tells the file on which a namespace of ours is mounted from those
// of iproute2, whose mode is 0; a mounted namespace shows 0444.
const fileMode = 0o400

// isLeftover reports whether that is the file alone: of a process that was
// killed when it had not mounted the namespace yet, or no longer.
func isLeftover(file os.FileInfo) bool { return file.Mode() == fileMode && file.Size() == 0 }

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
