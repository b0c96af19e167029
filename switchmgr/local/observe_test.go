package local

import (
	"testing"

	"github.com/ovsns/ovsns/switchmgr/plan"
)

// A name that ovsns refuses is none that it has given: to remove such a namespace
// would stop a removal of everything.
func TestNamespaceOwner(t *testing.T) {
	for _, c := range []struct {
		name    string
		managed bool
		want    plan.Owner
	}{
		{"red", true, plan.TakenOurs},
		{"red", false, plan.TakenForeign},
		{"ev\x1b[31mil", true, plan.TakenForeign},
		{"a b", true, plan.TakenForeign},
		{"host", true, plan.TakenForeign},
	} {
		if got := namespaceOwner(c.name, c.managed); got != c.want {
			t.Errorf("the owner of %q, marked %v, is %v; want %v", c.name, c.managed, got, c.want)
		}
	}
}
