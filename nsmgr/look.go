package nsmgr

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Inside is a namespace with what it holds.
type Inside struct {
	NamespaceInfo
	Links  []Link  // as of [Host.Links]
	Routes []Route // as of [Host.Routes]

	closed error // why this process may not enter
}

// Look finds a namespace by its name with all that it holds, and reports
// whether it is there. It visits the namespace once, and keeps nothing open.
// [model.ErrNotReady] when this process may not enter.
func (h *Host) Look(ctx context.Context, name string) (Inside, bool, error) {
	if err := model.CheckNamespace(name); err != nil {
		return Inside{}, false, err
	}
	if _, err := os.Lstat(netnsPath(name)); errors.Is(err, os.ErrNotExist) {
		return Inside{}, false, nil // no thread needs to go and see
	}
	found, err := visit(ctx, []string{name}, (*conn).readAll)
	if err != nil || len(found) == 0 {
		return Inside{}, false, err
	}
	if err := found[0].closed; err != nil {
		return Inside{}, false, classify(err, "cannot enter namespace %s", name)
	}
	return found[0], true, nil
}

// LookAll lists the named network namespaces by name, with what those hold
// that ovsns has made. Those that this process may not enter seem not to be.
func (h *Host) LookAll(ctx context.Context) ([]Inside, error) {
	names, err := namesInDir()
	if err != nil {
		return nil, err
	}
	return visit(ctx, names, (*conn).readManaged)
}

// namesInDir lists what is in /run/netns, be it a namespace or not.
func namesInDir() ([]string, error) {
	entries, err := os.ReadDir(netnsDir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, classify(err, "cannot read %s", netnsDir)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// visit visits namespaces one after the other on one thread, without keeping
// them open, and returns those that exist. In each that it may enter it calls
// read.
func visit(ctx context.Context, names []string, read func(*conn, context.Context, *Inside) error) ([]Inside, error) {
	var found []Inside
	err := onThread(func() error {
		for _, name := range names {
			if ctx.Err() != nil {
				return classify(ctx.Err(), "cannot list the namespaces")
			}
			in := Inside{NamespaceInfo: NamespaceInfo{Name: name}}
			exists, err := visitOne(ctx, &in, read)
			if err != nil {
				return err
			}
			if exists {
				found = append(found, in)
			}
		}
		return nil
	})
	return found, err
}

// visitOne moves the calling thread into a namespace.
func visitOne(ctx context.Context, in *Inside, read func(*conn, context.Context, *Inside) error) (exists bool, err error) {
	fd, err := openNS(netnsPath(in.Name))
	if errors.Is(err, unix.ENOENT) || errors.Is(err, model.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, noNamespace(in.Name, err)
	}
	if in.ID, err = identityOf(fd); err == nil {
		err = enter(fd)
	}
	if err != nil {
		unix.Close(fd)
		switch {
		case errors.Is(err, unix.EPERM):
			in.closed = err
			return true, nil
		case errors.Is(err, unix.EINVAL): // a namespace of another kind
			return false, nil
		}
		return false, err
	}
	c, err := newConn(fd)
	if err != nil {
		return false, classify(err, "cannot enter namespace %s", in.Name)
	}
	defer c.close()
	return true, read(c, ctx, in)
}

// readMark reads whether ovsns has made the namespace.
func (c *conn) readMark(_ context.Context, in *Inside) error {
	lo, err := c.getLinks(loIndex, 0)
	if err != nil || len(lo) == 0 {
		return classify(err, "cannot read lo of namespace %s", in.Name)
	}
	in.Managed = strings.HasPrefix(lo[0].Alias, mark)
	return nil
}

// readAll reads all of any namespace, readManaged of those of ovsns.
func (c *conn) readAll(ctx context.Context, in *Inside) error {
	if err := c.readLinks(ctx, in); err != nil {
		return err
	}
	return c.readRoutes(ctx, in)
}

func (c *conn) readManaged(ctx context.Context, in *Inside) error {
	err := c.readLinks(ctx, in)
	if err == nil && in.Managed {
		return c.readRoutes(ctx, in)
	}
	in.Links = nil
	return err
}

// readLinks reads the interfaces, and from that of lo the mark.
func (c *conn) readLinks(ctx context.Context, in *Inside) (err error) {
	in.Links, err = c.links(ctx, in.Name)
	in.Managed = slices.ContainsFunc(in.Links, func(l Link) bool {
		return l.Index == loIndex && strings.HasPrefix(l.Alias, mark)
	})
	return err
}

func (c *conn) readRoutes(ctx context.Context, in *Inside) (err error) {
	names := map[int]string{}
	for _, l := range in.Links {
		names[l.Index] = l.Name
	}
	in.Routes, err = c.routesAlong(ctx, names)
	return classify(err, "cannot list the routes of %s", where(in.Name))
}
