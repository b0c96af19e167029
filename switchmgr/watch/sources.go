package watch

import (
	"context"
	"time"

	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb"
)

// dialTimeout bounds each attempt to reach the database again.
const dialTimeout = 5 * time.Second

// follow starts a goroutine for each source of news.
func (w *watcher) follow(ctx context.Context) {
	for source, run := range map[Source]func(context.Context) error{
		SourceDatabase: w.followDatabase,
		SourceKernel:   w.followKernel,
		SourceFirewall: w.followFirewall,
	} {
		w.sources.Go(func() { w.keep(ctx, source, run) })
	}
}

// keep runs a source again and again, after growing pauses.
func (w *watcher) keep(ctx context.Context, source Source, run func(context.Context) error) {
	const first, longest = 50 * time.Millisecond, 2 * time.Second
	pause := first
	for {
		begin := time.Now()
		err := run(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begin) > longest {
			pause = first
		}
		w.lose(source, err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longest)
	}
}

func (w *watcher) followDatabase(ctx context.Context) error {
	dial, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := ovsdb.Dial(dial, w.DB)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Watch(ctx, func() { w.news(SourceDatabase) })
}

func (w *watcher) followKernel(ctx context.Context) error {
	return w.host.Watch(ctx, func(n nsmgr.News) {
		if namespaces, concerns := w.concerns(n); concerns {
			w.mu.Lock()
			w.focus.everything = w.focus.everything || n.Kind == nsmgr.NewsMissed
			w.focus.add(namespaces...)
			w.mu.Unlock()
			w.news(SourceKernel)
		}
	})
}

// followFirewall stays on a thread in the host's network namespace: package
// nft works on that of its thread.
func (w *watcher) followFirewall(ctx context.Context) error {
	return w.host.Do("", func() error {
		return w.firewall.Watch(ctx, func() { w.news(SourceFirewall) })
	})
}

// news notes that a source has something to say, which also means that it is
// there.
func (w *watcher) news(source Source) {
	w.mu.Lock()
	w.alive[source] = true
	if _, ok := w.causes[source]; !ok {
		w.causes[source] = time.Now()
	}
	w.mu.Unlock()
	w.Metrics.news(source)
	select {
	case w.woken <- struct{}{}:
	default: // it is awake already
	}
}

// lose notes that a source is gone.
func (w *watcher) lose(source Source, err error) {
	w.mu.Lock()
	w.alive[source] = false
	w.lost[source] = err
	w.mu.Unlock()
	select {
	case w.woken <- struct{}{}:
	default:
	}
}
