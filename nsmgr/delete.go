package nsmgr

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// DeleteNamespaces removes named namespaces as `ip netns delete` does, all at
// once, and the host's ends of their veths, which are gone when it returns.
// Absent ones are no error. A namespace that a process still holds lives on
// without a name and without those veths, see [Host.Processes].
//
// [model.ErrNotManaged], and nothing is removed, when ovsns did not make one
// of them; [model.ErrNotReady] when ctx has ended.
func (h *Host) DeleteNamespaces(ctx context.Context, names ...string) error {
	d, err := h.FindDeletion(ctx, Going{Namespaces: names})
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.DeleteLinks(); err != nil {
		return err
	}
	return d.DeleteNames()
}

// Going is what a Deletion is to delete.
type Going struct {
	Namespaces []string
	// Held is what there was a moment ago, which need not be looked at again; nil if
	// it was not. It must stay open for as long as the Deletion.
	Held *Held
	// Taps are interfaces that ovs-vswitchd has made in the host for ports that will be
	// off the switch by then, with their MACs: it would delete one after the other,
	// and the kernel takes 20 ms for each. What has another MAC, or is of another
	// kind, is not touched.
	Taps map[string]model.MAC
}

// Deletion is DeleteNamespaces in steps, for those who have something to do in
// between or beside: FindDeletion, then DeleteLinks and DeleteNames in whichever
// order, then Close. From there on the kernel is busy with each of the namespaces for
// as long as it takes: until then they are open, see [Held].
type Deletion struct {
	host   *Host
	spaces []numbered
	held   *Held
	own    bool  // not held by the caller
	going  []int // the indexes of the host's interfaces that have to go
}

// FindDeletion looks for what is to be deleted, and deletes nothing. The errors are
// those of DeleteNamespaces. Close the Deletion when done.
func (h *Host) FindDeletion(ctx context.Context, g Going) (*Deletion, error) {
	names, err := uniqueNames(g.Namespaces)
	if err != nil {
		return nil, err
	}
	if err := CheckPrivilege(); err != nil {
		return nil, err // the marks could not be read
	}
	d := &Deletion{host: h, held: g.Held, own: g.Held == nil}
	if d.own {
		if d.held, err = h.hold(ctx, names); err != nil {
			return nil, err
		}
	}
	if err := d.find(ctx, names, g.Taps); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// find fills spaces and going.
func (d *Deletion) find(ctx context.Context, names []string, taps map[string]model.MAC) error {
	if err := d.findSpaces(names); err != nil {
		return err
	}
	if d.own && len(names)+len(taps) > 0 {
		if err := d.held.listLinks(ctx, d.host); err != nil {
			return err
		}
	}
	d.findLinks(taps)
	return nil
}

// findSpaces fills spaces with those of the names, which are sorted, and refuses
// namespaces that are not ours.
func (d *Deletion) findSpaces(names []string) error {
	for _, n := range d.held.spaces {
		if _, goes := slices.BinarySearch(names, n.Name); !goes {
			continue
		}
		if !n.Managed {
			return model.NotManagedf("namespace %s was not made by ovsns", n.Name)
		}
		d.spaces = append(d.spaces, n)
	}
	return nil
}

// findLinks fills going.
func (d *Deletion) findLinks(taps map[string]model.MAC) {
	spaces := map[int]bool{}
	for _, n := range d.spaces {
		spaces[n.number] = n.number >= 0
	}
	for _, l := range d.held.links {
		mac, tap := taps[l.Name]
		tap = tap && l.Kind == "tun" && l.MAC == mac
		if tap || spaces[l.nsid] && l.Kind == "veth" && l.Managed() {
			d.going = append(d.going, l.Index)
		}
	}
}

// DeleteLinks deletes the host's ends of the veths, and the taps. With the namespaces
// the veths would go as well, but later, and not at all while somebody holds the
// namespace.
func (d *Deletion) DeleteLinks() error {
	return d.host.with("", func(c *conn) error {
		return classify(c.deleteListed(d.held.links, d.going), "cannot delete the veths of namespaces")
	})
}

// DeleteNames takes their names from the namespaces. One that means another
// namespace by now is not touched.
func (d *Deletion) DeleteNames() error {
	for _, n := range d.spaces {
		if id, err := statNS(netnsPath(n.Name)); err != nil || id != n.id {
			continue
		}
		err := removeName(n.Name)
		d.host.drop(n.Name)
		if err != nil {
			return err
		}
	}
	return nil
}

// Close lets go of the namespaces. It may be called twice.
func (d *Deletion) Close() {
	if d.own {
		d.held.Close()
	}
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
