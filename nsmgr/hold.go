package nsmgr

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Held are namespaces that were looked at. Those that ovsns made are held open, up to
// half as many as the process may have files: the kernel does not begin to remove
// them before Close, also if they lose their names.
type Held struct {
	spaces []numbered   // by name
	open   []int        // files of them
	most   int          // how many of these there may be
	links  []kernelLink // of the host, if they were listed
}

// newHeld reads how many files the process may have: RLIMIT_NOFILE, which Go's
// runtime has raised as far as it may be.
func newHeld() *Held {
	var limit unix.Rlimit
	_ = unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) // fails for no other argument
	return &Held{most: int(min(limit.Cur/2, 1<<20))}
}

// HoldNamespaces looks at all named network namespaces, as [Host.Namespaces] does,
// and at the host's interfaces. Close it when done.
func (h *Host) HoldNamespaces(ctx context.Context) (*Held, error) {
	names, err := namesInDir()
	if err != nil {
		return nil, err
	}
	held, err := h.hold(ctx, names)
	if err != nil {
		return nil, err
	}
	if err := held.listLinks(ctx, h); err != nil {
		held.Close()
		return nil, err
	}
	return held, nil
}

// hold looks at namespaces; those that are absent are left out.
func (h *Host) hold(ctx context.Context, names []string) (*Held, error) {
	held := newHeld()
	err := h.with("", func(c *conn) error {
		for _, name := range names {
			if err := held.add(ctx, c, name); err != nil && !errors.Is(err, model.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		held.Close()
		return nil, err
	}
	return held, nil
}

// listLinks fills links.
func (s *Held) listLinks(ctx context.Context, h *Host) error {
	return h.with("", func(c *conn) (err error) {
		s.links, err = c.list(ctx)
		return classify(err, "cannot list the interfaces of the host")
	})
}

func (s *Held) add(ctx context.Context, c *conn, name string) error {
	n, fd, err := c.identify(ctx, name)
	if err != nil {
		return err
	}
	s.spaces = append(s.spaces, n)
	if n.Managed && len(s.open) < s.most {
		s.open = append(s.open, fd)
	} else {
		_ = unix.Close(fd)
	}
	return nil
}

// Namespaces lists them by name.
func (s *Held) Namespaces() []NamespaceInfo {
	infos := make([]NamespaceInfo, len(s.spaces))
	for i, n := range s.spaces {
		infos[i] = n.NamespaceInfo
	}
	return infos
}

// Processes lists the processes that are in them, by namespace and pid, as
// [Host.ProcessesOf] does.
func (s *Held) Processes(ctx context.Context) (map[string][]Process, error) {
	in := map[nsID][]string{}
	for _, n := range s.spaces {
		in[n.id] = append(in[n.id], n.Name)
	}
	return processesIn(ctx, in)
}

// Close lets go of the namespaces. It may be called twice; of nil it does nothing.
func (s *Held) Close() {
	if s == nil {
		return
	}
	for _, fd := range s.open {
		_ = unix.Close(fd)
	}
	s.open = nil
}
