package nsmgr

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// patience is how long DeleteNamespaces waits without any news before it
// deletes by hand what is kept alive: by somebody's open file, or by a packet
// that still waits for an ARP answer.
const patience = 200 * time.Millisecond

// DeleteNamespaces removes named namespaces as `ip netns delete` does, all at
// once, and returns when the host's ends of their veths are gone. Absent ones
// are no error. A namespace that a process still holds lives on without a name
// and without those veths, see [Host.Processes].
//
// [model.ErrNotManaged], and nothing is removed, when ovsns did not make one
// of them; [model.ErrNotReady] when ctx ends first.
func (h *Host) DeleteNamespaces(ctx context.Context, names ...string) error {
	names, err := uniqueNames(names)
	if err != nil {
		return err
	}
	if err := CheckPrivilege(); err != nil {
		return err // the marks could not be read
	}
	return h.with("", func(c *conn) error {
		d := deletion{host: c, ends: map[int]nsID{}}
		if err := d.find(ctx, names); err != nil || len(d.spaces) == 0 {
			return err
		}
		if d.events, err = c.watchLinks(ctx); err != nil {
			return err
		}
		defer d.events.close()
		return d.run(ctx, h)
	})
}

// deletion is one call of DeleteNamespaces.
type deletion struct {
	host   *conn
	spaces []numbered // what is to be deleted
	events *linkEvents
	// ends are the marked veth ends in the host that have to go, by index, and
	// the namespace of their other end.
	ends map[int]nsID
}

func (d *deletion) run(ctx context.Context, h *Host) error {
	if err := d.findEnds(ctx); err != nil {
		return err
	}
	for _, n := range d.spaces {
		h.drop(n.Name)
		if err := removeName(n.Name); err != nil {
			return err
		}
		h.drop(n.Name) // somebody may have looked in between
	}
	if err := d.cutHeld(ctx); err != nil {
		return err
	}
	return classify(d.wait(ctx), "the veths of deleted namespaces are still there")
}

// find fills spaces, and refuses namespaces that are not ours.
func (d *deletion) find(ctx context.Context, names []string) error {
	for _, name := range names {
		n, err := d.host.identify(ctx, name)
		if errors.Is(err, model.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !n.Managed {
			return model.NotManagedf("namespace %s was not made by ovsns", name)
		}
		d.spaces = append(d.spaces, n)
	}
	return nil
}

// findEnds fills ends.
func (d *deletion) findEnds(ctx context.Context) error {
	links, err := d.host.list(ctx)
	if err != nil {
		return classify(err, "cannot list the interfaces of the host")
	}
	ids := map[int]nsID{}
	for _, n := range d.spaces {
		ids[n.number] = n.id
	}
	for _, l := range links {
		if id, ok := ids[l.nsid]; ok && l.nsid >= 0 && l.Kind == "veth" && l.Managed() {
			d.ends[l.Index] = id
		}
	}
	return nil
}

// cutHeld deletes the ends whose namespaces live on because of a process.
func (d *deletion) cutHeld(ctx context.Context) error {
	if len(d.ends) == 0 {
		return nil
	}
	held := map[nsID]bool{}
	err := eachProcess(ctx, func(_ int, _ string, ns nsID) { held[ns] = true })
	if err != nil {
		return err
	}
	return d.cut(ctx, func(id nsID) bool { return held[id] })
}

// cut deletes the ends whose namespaces the test accepts.
func (d *deletion) cut(ctx context.Context, accept func(nsID) bool) error {
	if ctx.Err() != nil {
		return classify(ctx.Err(), "cannot delete the veths of a namespace that is in use")
	}
	var indexes []int
	for index, id := range d.ends {
		if accept(id) {
			indexes = append(indexes, index)
			delete(d.ends, index)
		}
	}
	return classify(d.host.deleteLinks(ctx, indexes), "cannot delete the veths of a namespace that is in use")
}

// wait returns when all ends are gone.
func (d *deletion) wait(ctx context.Context) error {
	d.events.patience = patience
	for len(d.ends) > 0 {
		list, err := d.events.next()
		if errors.Is(err, errMissed) {
			err = d.cut(ctx, func(nsID) bool { return true })
		}
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.deleted {
				delete(d.ends, e.index)
			}
		}
	}
	return nil
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
