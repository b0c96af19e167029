package local

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

// TestKinds: no kind is forgotten, and there is none that does not exist.
func TestKinds(t *testing.T) {
	for _, k := range model.Kinds() {
		entry, ok := kinds[k]
		if !ok {
			t.Errorf("kind %s has no entry", k)
			continue
		}
		if entry.observe == nil || entry.gone == nil || entry.survives == nil || entry.obstacle == nil || entry.interest == nil || entry.place == nil {
			t.Errorf("the entry of kind %s is not complete", k)
		}
	}
	if len(kinds) != len(model.Kinds()) {
		t.Errorf("%d entries for %d kinds", len(kinds), len(model.Kinds()))
	}
}
