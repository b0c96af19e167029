package switchmgr

import (
	"context"
	"errors"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestUndoTellsAFewFailures(t *testing.T) {
	var u undo
	var order []int
	for i := range 5 {
		u.add(func(context.Context) error {
			order = append(order, i)
			if i == 2 {
				return nil
			}
			return model.NotFoundf("no thing %d", i)
		})
	}
	err := u.run(t.Context(), 5)
	if want := "no thing 4; no thing 3; no thing 1 (and 1 more)"; err == nil || err.Error() != want {
		t.Errorf("the way back says %q, not %q", err, want)
	}
	if !errors.Is(err, model.ErrNotFound) {
		t.Errorf("%v has lost its class", err)
	}
	if len(order) != 5 || order[0] != 4 {
		t.Errorf("the steps were taken back in the order %v", order)
	}
	if err := u.run(t.Context(), 0); err != nil {
		t.Errorf("a second run says %v", err)
	}
}
