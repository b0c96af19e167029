package local

import (
	"errors"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestUndoTellsAFewFailures(t *testing.T) {
	var errs []error
	for i := range 5 {
		if i == 2 {
			errs = append(errs, nil)
			continue
		}
		errs = append(errs, model.NotFoundf("no thing %d", i))
	}
	err := Few(errs...)
	if want := "no thing 0; no thing 1; no thing 3 (and 1 more)"; err == nil || err.Error() != want {
		t.Errorf("several failures say %q, not %q", err, want)
	}
	if !errors.Is(err, model.ErrNotFound) {
		t.Errorf("%v has lost its class", err)
	}
	if err := Few(nil, nil); err != nil {
		t.Errorf("no failure says %v", err)
	}
}
