package ops_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/ops"
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
	world := world
	if !tso {
		world += "\novs-vsctl remove open . other_config userspace-tso-enable"
	}
	a, byStep, atOnce, inTwo := here(), bare(t, "by-step"), bare(t, "at-once"), bare(t, "in-two")
	all := []host{a, byStep, atOnce, inTwo}
	t.Cleanup(func() { a.bash(t, unworld+"\novs-vsctl set open . other_config:userspace-tso-enable=true") })
	before := everywhere(t, all, func(_ int, h host) (snapshot, error) {
		if _, err := h.run(t.Context(), world); err != nil {
			return nil, err
		}
		return h.look(t.Context(), model.NewState())
	})

	steps := build(t, verbs)
	lab := steps[len(steps)-1].after
	there, back := scripts(t, steps, tso)
	carryOut(t, all[1:], there)
	alike(t, all, lab, func(looks []snapshot) string {
		return compare("ovsns (-) and the scripts step by step (+)", looks[0], looks[1]) +
			compare("ovsns (-) and the script of the whole (+)", looks[0], looks[2]) +
			compare("ovsns (-) and the scripts of two halves (+)", looks[0], looks[3])
	})
	// What is equal in all its parts pings alike; one script shows it.
	pingAlike(t, a, atOnce, lab)

	carryOut(t, all[1:], back)
	alike(t, all[1:], model.NewState(), func(looks []snapshot) (found string) {
		for i, look := range looks {
			found += compare("before (-) and after (+) the lab, "+all[i+1].name, before[i+1], look)
		}
		return found
	})
	if t.Failed() {
		t.Logf("the whole lab:\n%s", there[1][0])
	}
}

// scripts returns those that make the lab of some steps, and those that lead
// back, for each of the three ways.
func scripts(t *testing.T, steps []step, tso bool) (there, back [3][]string) {
	t.Helper()
	write := func(list *[]string, from, to *model.State) {
		*list = append(*list, script(t, model.Diff(from, to), ops.Facts{Wished: to, TSO: tso}))
	}
	for _, s := range steps {
		there[0] = append(there[0], script(t, s.plan, ops.Facts{Wished: s.after, TSO: tso}))
	}
	for _, s := range slices.Backward(steps) {
		back[0] = append(back[0], script(t, s.plan.Reverse(), ops.Facts{Wished: s.before, TSO: tso}))
	}
	nothing, half, lab := model.NewState(), steps[len(steps)/2].after, steps[len(steps)-1].after
	whole := model.Diff(nothing, lab) // says all that Wished could
	there[1] = []string{script(t, whole, ops.Facts{TSO: tso})}
	back[1] = []string{script(t, whole.Reverse(), ops.Facts{TSO: tso})}
	write(&there[2], nothing, half)
	write(&there[2], half, lab)
	write(&back[2], lab, half)
	write(&back[2], half, nothing)
	return there, back
}

// carryOut runs the scripts of each host, on all hosts at once.
func carryOut(t *testing.T, hosts []host, scripts [3][]string) {
	t.Helper()
	everywhere(t, hosts, func(i int, h host) (any, error) {
		for _, s := range scripts[i] {
			if _, err := h.run(t.Context(), s); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// pingAlike tries who reaches whom on two hosts. A ping may be lost: those that
// tell the hosts apart are tried again.
func pingAlike(t *testing.T, a, b host, lab *model.State) {
	t.Helper()
	tries := pings(lab)
	var diff string
	for range 5 {
		results := everywhere(t, []host{a, b}, func(_ int, h host) (snapshot, error) { return h.ping(t.Context(), tries) })
		if diff = compare("pings with ovsns (-) and the script of the whole (+)", results[0], results[1]); diff == "" {
			return
		}
		tries = slices.DeleteFunc(tries, func(try string) bool {
			same := func(s snapshot) bool { return slices.Contains(s, try+" true") }
			return same(results[0]) == same(results[1])
		})
	}
	t.Error(diff)
}

// pings lists who may reach whom in a lab and outside: "red 10.0.0.1".
func pings(lab *model.State) []string {
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
		default: // has no address
		}
	}
	slices.Sort(targets)
	targets = slices.Compact(targets)
	var tries []string
	for _, from := range places {
		for _, to := range targets {
			tries = append(tries, from+" "+to)
		}
	}
	return tries
}

// ping tries pings and adds the result to each: "red 10.0.0.1 true". A burst
// may be lost in the switch: few are under way at once.
func (h host) ping(ctx context.Context, tries []string) (snapshot, error) {
	out, err := h.run(ctx, `
try() {
	in=(); [ "$1" = host ] || in=(ip netns exec "$1")
	"${in[@]}" ping -n -c 1 -W 0.5 "$2" > /dev/null 2>&1 && r=true || r=false
	printf '%s %s %s\n' "$1" "$2" "$r"
}
while read -r from to; do
	(( ++n <= 24 )) || wait -n
	try "$from" "$to" &
done <<'END'
`+strings.Join(tries, "\n")+"\nEND\nwait\n")
	s := snapshot(strings.Split(strings.TrimSpace(out), "\n"))
	slices.Sort(s)
	return s, err
}
