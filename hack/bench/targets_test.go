package main

import "testing"

func TestJudge(t *testing.T) {
	r := results{}
	r.add("ours", "s", 1, 2, 30)
	r.add("floor", "s", 1, 1, 10)
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
	} {
		if got := c.judge(r).String(); got != c.want {
			t.Errorf("target %v %g: %s, not %s", c.atLeast, c.limit, got, c.want)
		}
	}
}
