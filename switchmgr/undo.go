package switchmgr

import (
	"context"
	"errors"
	"slices"
	"time"
)

// undoTimeout bounds the way back. It is apart from the command's own
// deadline, which may be what made the command fail.
const undoTimeout = 10 * time.Second

// undo collects how to take back what was done, in the order it was done.
type undo struct {
	steps []func(context.Context) error
}

func (u *undo) add(step func(context.Context) error) {
	u.steps = append(u.steps, step)
}

// run takes everything back, last step first, whatever fails on the way.
func (u *undo) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	var errs []error
	for _, step := range slices.Backward(u.steps) {
		errs = append(errs, step(ctx))
	}
	u.steps = nil
	return errors.Join(errs...)
}
