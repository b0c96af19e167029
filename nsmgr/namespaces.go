package nsmgr

import (
	"cmp"
	"context"
	"errors"
	"fmt"

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
	// ID is its identity, see [Host.NamespaceID].
	ID string
	// Managed says that ovsns made it: its lo is marked. It is false when the
	// process may not enter namespaces.
	Managed bool
}

// NamespaceID returns what tells a namespace from any other that had, or will
// have, its name: "4:4026532247:1796094111340712557", to be compared as a
// whole. These are device and inode of its file in nsfs, and since when, in
// nanoseconds of the clock, this file has been there: the kernel gives the
// inode of a namespace that is gone to the next one. Nothing inside a namespace
// can change it, and it holds until the name is taken away, at the latest until
// the machine stops. Reading it enters no namespace and needs no privilege.
// [model.ErrNotFound] when there is none of that name.
func (h *Host) NamespaceID(name string) (string, error) {
	if err := model.CheckNamespace(name); err != nil {
		return "", err
	}
	fd, err := openNS(netnsPath(name))
	if err != nil {
		return "", noNamespace(name, err)
	}
	defer unix.Close(fd)
	id, err := identityOf(fd)
	return id, classify(err, "cannot identify namespace %s", name)
}

// identityOf returns the [Host.NamespaceID] of a namespace that is open.
func identityOf(fd int) (string, error) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return fmt.Sprintf("%d:%d:%d", st.Dev, st.Ino, st.Ctim.Nano()), err
}

// Namespaces lists the named network namespaces by name. Files in /run/netns
// that are none are left out.
func (h *Host) Namespaces(ctx context.Context) ([]NamespaceInfo, error) {
	names, err := namesInDir()
	if err != nil {
		return nil, err
	}
	held, err := h.hold(ctx, names)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	return held.Namespaces(), nil
}

// numbered is a namespace and the number by which this one's kernel knows it
// (RTM_GETNSID), which it tells with each link that leads there; -1 for none.
type numbered struct {
	NamespaceInfo
	id     nsID
	number int
}

// identify opens a namespace and finds its mark and its ID. [model.ErrNotFound] when there is
// none of that name.
func (c *conn) identify(ctx context.Context, name string) (n numbered, fd int, err error) {
	if ctx.Err() != nil {
		return n, -1, classify(ctx.Err(), "cannot look at namespace %s", name)
	}
	if fd, err = openNS(netnsPath(name)); err != nil {
		return n, -1, noNamespace(name, err)
	}
	if n, err = c.identifyFD(ctx, name, fd); err != nil {
		_ = unix.Close(fd)
	}
	return n, fd, err
}

// identifyFD is identify of a namespace that is open. It does not go there if the
// namespace has a number.
func (c *conn) identifyFD(ctx context.Context, name string, fd int) (n numbered, err error) {
	n.Name = name
	if n.id, err = fstatNS(fd); err == nil {
		n.ID, err = identityOf(fd)
	}
	if err == nil {
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
	if isAny(err, unix.EPERM, unix.EACCES) {
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
