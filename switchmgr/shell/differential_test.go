package shell_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/shell"
)

// verb is one change of a lab.
type verb func(context.Context, *switchmgr.Manager) (*switchmgr.Result, error)

// step is a plan that was carried out, and the lab after it.
type step struct {
	plan   model.Plan
	before *model.State
	after  *model.State
}

// build carries out verbs on this host and returns the steps.
func build(t *testing.T, verbs []verb) []step {
	t.Helper()
	m, err := switchmgr.Open(t.Context(), switchmgr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := m.DestroyAll(context.Background()); err != nil {
			t.Error(err)
		}
		m.Close()
	})
	lab := model.NewState()
	var steps []step
	for i, v := range verbs {
		r, err := v(t.Context(), m)
		if err != nil {
			t.Fatalf("verb %d: %v", i, err)
		}
		s := step{r.Plan, lab, r.Plan.Apply(lab)}
		steps, lab = append(steps, s), s.after
	}
	return steps
}

// differ makes a lab with verbs here and by scripts on bare hosts: step by
// step, as a class would, at once, as a file would, and in two halves, as two
// files would. Then the scripts of the plans back make the hosts bare again.
func differ(t *testing.T, verbs []verb, tso bool) {
	t.Helper()
	differIn(t, world, unworld, verbs, tso)
}

// differIn is differ on hosts that world prepares and unworld puts back.
func differIn(t *testing.T, world, unworld string, verbs []verb, tso bool) {
	t.Helper()
	a, byStep, atOnce, inTwo := here(), bare(t, "by-step"), bare(t, "at-once"), bare(t, "in-two")
	all := []host{a, byStep, atOnce, inTwo}
	lookBare := func(h host) (snapshot, error) { return h.look(t.Context(), model.NewState()) }
	for _, h := range all {
		h.bash(t, world)
		if !tso {
			h.bash(t, "ovs-vsctl remove open . other_config userspace-tso-enable")
		}
	}
	t.Cleanup(func() { a.bash(t, unworld+"\novs-vsctl set open . other_config:userspace-tso-enable=true") })
	before := everywhere(t, all, lookBare)

	steps := build(t, verbs)
	for _, s := range steps {
		byStep.carryOut(t, s.plan, shell.Options{Wished: s.after, TSO: tso})
	}
	lab := steps[len(steps)-1].after
	whole := model.Diff(model.NewState(), lab)
	half := steps[len(steps)/2].after
	atOnce.carryOut(t, whole, shell.Options{TSO: tso})
	inTwo.carryOut(t, model.Diff(model.NewState(), half), shell.Options{TSO: tso})
	inTwo.carryOut(t, model.Diff(half, lab), shell.Options{Wished: lab, TSO: tso})

	looks := everywhere(t, all, func(h host) (snapshot, error) { return h.look(t.Context(), lab) })
	compare(t, "ovsns (-) and the scripts step by step (+)", looks[0], looks[1])
	compare(t, "ovsns (-) and the script of the whole (+)", looks[0].withoutHistory(), looks[2].withoutHistory())
	compare(t, "ovsns (-) and the scripts of two halves (+)", looks[0].withoutHistory(), looks[3].withoutHistory())
	// What is equal in all its parts pings alike; one script shows it.
	pings := everywhere(t, []host{a, atOnce}, func(h host) (snapshot, error) { return h.pings(t.Context(), lab) })
	compare(t, "pings with ovsns (-) and the script of the whole (+)", pings[0], pings[1])

	for _, s := range slices.Backward(steps) {
		byStep.carryOut(t, s.plan.Reverse(), shell.Options{Wished: s.before, TSO: tso})
	}
	atOnce.carryOut(t, whole.Reverse(), shell.Options{TSO: tso})
	inTwo.carryOut(t, model.Diff(lab, half), shell.Options{Wished: half, TSO: tso})
	inTwo.carryOut(t, model.Diff(half, model.NewState()), shell.Options{TSO: tso})
	after := everywhere(t, all[1:], lookBare)
	for i, look := range after {
		compare(t, "before (-) and after (+) the lab, "+all[i+1].name, before[i+1], look)
	}
	if t.Failed() {
		t.Logf("the whole lab:\n%s", script(t, whole, shell.Options{TSO: tso}))
	}
}

// pings tries who reaches whom in a lab and outside: "red -> 10.0.0.1: true".
func (h host) pings(ctx context.Context, lab *model.State) (snapshot, error) {
	places := []string{model.HostEnd, "outside"}
	for _, n := range model.All[model.Namespace](lab) {
		places = append(places, n.Name)
	}
	targets := []string{"198.51.100.2", "2001:db8:ff::2"}
	for _, o := range lab.Objects() {
		switch o := o.(type) {
		case model.Gateway:
			for _, p := range o.Addresses {
				targets = append(targets, p.Addr().String())
			}
		case model.Attachment:
			for _, p := range o.Addresses {
				targets = append(targets, p.Addr().String())
			}
		case model.Link:
			for _, p := range slices.Concat(o.A.Addresses, o.B.Addresses) {
				targets = append(targets, p.Addr().String())
			}
		}
	}
	slices.Sort(targets)
	var tries strings.Builder
	for _, from := range places {
		for _, to := range slices.Compact(targets) {
			fmt.Fprintf(&tries, "%s %s\n", from, to)
		}
	}
	// A burst may be lost in the switch: few at once, and more than one try.
	out, err := h.run(ctx, `
try() {
	in=(); [ "$1" = host ] || in=(ip netns exec "$1")
	"${in[@]}" ping -n -c 2 -i 0.4 -W 1 "$2" > /dev/null 2>&1 && r=true || r=false
	printf '%s -> %s: %s\n' "$1" "$2" "$r"
}
export -f try
xargs -P 24 -d '\n' -L 1 bash -c 'try $1' - <<'END'
`+tries.String()+"END\n")
	s := snapshot(strings.Split(strings.TrimSpace(out), "\n"))
	slices.Sort(s)
	return s, err
}
