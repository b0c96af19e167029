package local

import (
	"context"

	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

func (r *run) makeNamespaces(ctx context.Context, list []ops.MakeNamespace) error {
	names := make([]string, len(list))
	for i, o := range list {
		names[i] = o.Name
	}
	return r.Host.CreateNamespaces(ctx, names...)
}

func (r *run) deleteNamespaces(ctx context.Context, list []ops.DeleteNamespace) error {
	if list[0].Going {
		going, err := r.going.wait()
		if err != nil {
			return err
		}
		return going.DeleteNames()
	}
	names := make([]string, len(list))
	for i, o := range list {
		names[i] = o.Name
	}
	return r.Host.DeleteNamespaces(ctx, names...)
}

// going is the search for what is to be deleted, which runs beside the rest. The
// nil value has found nothing.
type going struct {
	done  chan struct{}
	found *nsmgr.Deletion
	err   error
}

func (r *run) findGoing(ctx context.Context, o ops.FindGoing) {
	g := &going{done: make(chan struct{})}
	r.going = g
	host, what := r.Host, nsmgr.Going{Namespaces: o.Namespaces, Taps: o.Taps, Held: r.Held}
	go func() {
		defer close(g.done)
		g.found, g.err = host.FindDeletion(ctx, what)
	}()
}

func (g *going) wait() (*nsmgr.Deletion, error) {
	if g == nil {
		return nil, nil
	}
	<-g.done
	return g.found, g.err
}

func (g *going) close() {
	if found, err := g.wait(); found != nil && err == nil {
		found.Close()
	}
}

func (r *run) deleteFound() error {
	going, err := r.going.wait()
	if err != nil {
		return err
	}
	return r.undo.after(r.along, going.DeleteLinks())
}
