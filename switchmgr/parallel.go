package switchmgr

import (
	"context"
	"runtime"
	"sync"
)

// inParallel calls f for each element, several at a time, and returns the
// first error when all calls that had begun are over. The kernel has one lock
// for its links, so more workers than processors would only wait.
func inParallel[T any](ctx context.Context, list []T, f func(context.Context, T) error) error {
	if len(list) == 1 {
		return f(ctx, list[0])
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan T)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(list)) {
		workers.Go(func() {
			for v := range work {
				if ctx.Err() != nil {
					continue
				}
				if err := f(ctx, v); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, v := range list {
		work <- v
	}
	close(work)
	workers.Wait()
	return context.Cause(ctx)
}
