package main

import "testing"

func TestJudge(t *testing.T) {
	rep := &report{Results: results{}}
	r := rep.Results
	r.add("ours", "s", 1, 2, 30)
	r.add("floor", "s", 1, 1, 10)
	r.add("stalls", "Mbit/s", 0, 0)
	for _, c := range []struct {
		target
		want string
	}{
		{atMost("", 2, over("ours", "floor")), "met"},
		{atMost("", 1.25, over("ours", "floor")), "missed by 0.75 x"},
		{atLeast("", 2, over("ours", "floor")), "met"},
		{atLeast("", 5, over("ours", "floor")), "missed by 3 x"},
		{target{limit: 1, unit: "MiB", measure: just("ours")}, "missed by 1 MiB"},
		{atMost("", 1, over("ours", "nobody")), "not measured"},
		{atMost("", 1, just("nobody")), "not measured"},
		{atLeast("", 5, over("ours", "stalls")), "met"},
		{atLeast("", 5, over("stalls", "ours")), "missed by 5 x"},
	} {
		if got := c.judge(rep).String(); got != c.want {
			t.Errorf("target %v %g: %s, not %s", c.atLeast, c.limit, got, c.want)
		}
	}
}

func TestStalledRivalIsNamed(t *testing.T) {
	r := &report{Results: results{}}
	r.Results.add("ours", "Mbit/s", 5000)
	r.Results.add("theirs", "Mbit/s", 0)
	if got := atLeast("", 5, over("ours", "theirs")).judge(r).reached(); got != "the other stalls" {
		t.Errorf("reached %s", got)
	}
}

func TestGrowthIsJudged(t *testing.T) {
	r := &report{Sizes: []int{10, 100, 1000}, Results: results{}}
	for n, seconds := range map[int]float64{10: 0.1, 100: 0.3, 1000: 9} {
		r.Results.add(labKey(nameOvsns, n, stepBuild), "s", seconds)
		r.Results.add(labKey(nameFloor, n, stepSwitch), "s", seconds-0.001*float64(n)-0.05)
	}
	whole, rest := bendOf(nameOvsns, false)(r), bendOf(nameOvsns, true)(r)
	if len(whole) != 1 || whole[0] < 20 || len(rest) != 1 || rest[0] > 0.001 {
		t.Errorf("off by %v as a whole, by %v without the switch", whole, rest)
	}
}
