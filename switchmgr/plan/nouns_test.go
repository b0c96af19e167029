package plan

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

// A kind without an entry would be planned, exported and found by nobody.
func TestEachKindHasAnEntry(t *testing.T) {
	table := nouns()
	for _, kind := range model.Kinds() {
		n, ok := table[kind]
		if !ok {
			t.Errorf("nothing is done for objects of kind %s", kind)
		}
		if follows := kind == model.KindSysctl; follows != (n.file == nil) {
			t.Errorf("kind %s can be asked for by a lab file: %v", kind, n.file != nil)
		}
	}
	if len(table) != len(model.Kinds()) {
		t.Errorf("there are %d entries for %d kinds", len(table), len(model.Kinds()))
	}
}
