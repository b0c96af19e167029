package live

import (
	"context"
	"time"

	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb"
)

// dialTimeout bounds each attempt to reach the database again.
const dialTimeout = 5 * time.Second

// follow starts a goroutine for each source of news.
func (f *Feed) follow(ctx context.Context) {
	for source, run := range map[Source]func(context.Context) error{
		SourceDatabase: f.followDatabase,
		SourceKernel:   f.followKernel,
		SourceFirewall: f.followFirewall,
	} {
		f.sources.Go(func() { f.keep(ctx, source, run) })
	}
}

// keep runs a source again and again, after growing pauses.
func (f *Feed) keep(ctx context.Context, source Source, run func(context.Context) error) {
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
		f.lose(source, err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longest)
	}
}

func (f *Feed) followDatabase(ctx context.Context) error {
	dial, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := ovsdb.Dial(dial, f.db)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Watch(ctx, func() { f.news(SourceDatabase) })
}

func (f *Feed) followKernel(ctx context.Context) error {
	return f.host.Watch(ctx, func(n nsmgr.News) {
		if namespaces, concerns := f.concerns(n); concerns {
			f.mu.Lock()
			f.focus.Everything = f.focus.Everything || n.Kind == nsmgr.NewsMissed
			f.focus.add(namespaces...)
			f.mu.Unlock()
			f.news(SourceKernel)
		}
	})
}

// concerns reports whether news is about something that is recorded, and which
// namespaces to look into.
func (f *Feed) concerns(n nsmgr.News) (namespaces []string, concerns bool) {
	f.mu.Lock()
	i := f.interest
	f.mu.Unlock()
	if i == nil {
		return nil, true // the first look is still to come
	}
	return i.Concerns(n)
}

func (f *Feed) followFirewall(ctx context.Context) error {
	return f.firewall.Watch(ctx, func() { f.news(SourceFirewall) })
}
