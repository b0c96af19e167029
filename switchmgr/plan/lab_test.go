package plan_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/internal/labtest"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// labPairs is how many times rapid's usual number of draws (100) is run: a
// pair of random labs each.
const labPairs = 5

func applied(l *model.Lab) edit {
	return func(e *plan.Editor) error { return e.Lab(l, true) }
}

// TestLabPairs applies random labs A and B to a host: the second application
// of one has nothing to do, B after A is as B from nothing, and each plan
// reversed leads back.
func TestLabPairs(t *testing.T) {
	for i := range labPairs {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a, b := labtest.Lab().Draw(t, "A"), labtest.Lab().Draw(t, "B")
				host, bare := newLab(t), newLab(t)
				for step, l := range []*model.Lab{a, b} {
					before := host.state.Clone()
					p, err := host.try(applied(l))
					if err != nil {
						t.Fatalf("step %d: %v", step, err)
					}
					if d := model.Diff(before, p.Reverse().Apply(host.state)); len(d) > 0 {
						t.Fatalf("the plan of step %d does not reverse:\n%s", step, text(d))
					}
					if again := host.must(applied(l)); again != "" {
						t.Fatalf("step %d, once more:\n%s", step, again)
					}
				}
				bare.must(applied(b))
				if d := model.Diff(bare.state, host.state); len(d) > 0 {
					t.Fatalf("B after A differs from B:\n%s", text(d))
				}
				host.must(destroyAll)
				if host.state.Len() > 0 {
					t.Fatalf("something is left: %v", host.state.Objects())
				}
			})
		})
	}
}

// TestExportedLab applies what was exported to a bare host.
func TestExportedLab(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host, bare := newLab(t), newLab(t)
		host.must(applied(labtest.Lab().Draw(t, "lab")))
		bare.must(applied(plan.Export(host.state)))
		if d := model.Diff(host.state, bare.state); len(d) > 0 {
			t.Fatalf("the exported lab differs:\n%s", text(d))
		}
	})
}
