package main

import (
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		before := slices.Clone(c.values)
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v is %g, not %g", c.values, got, c.want)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("median has changed %v to %v", before, c.values)
		}
	}
}

func TestRatiosPairRounds(t *testing.T) {
	a, b := &series{Values: []float64{2, 9, 4}}, &series{Values: []float64{1, 3}}
	if got := ratios(a, b); !slices.Equal(got, []float64{2, 3}) {
		t.Errorf("ratios are %v", got)
	}
	if got := ratios(a, nil); got != nil {
		t.Errorf("ratios without a partner are %v", got)
	}
}

func TestMerge(t *testing.T) {
	r := results{}
	r.add("a", "s", 1)
	r.merge(results{"a": {Unit: "s", Values: []float64{2}}, "b": {Unit: "MiB", Values: []float64{3}}})
	if got := r["a"].Values; !slices.Equal(got, []float64{1, 2}) {
		t.Errorf("a is %v", got)
	}
	if got, ok := r.median("b"); !ok || got != 3 || r["b"].Unit != "MiB" {
		t.Errorf("b is %v", r["b"])
	}
	if _, ok := r.median("c"); ok {
		t.Error("there is a median of nothing")
	}
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{
		0.001234: "1.23 ms", 0.0421: "42.1 ms", 0.0999: "0.10 s", 0.5: "0.50 s", 9.99: "9.99 s", 9.999: "10.0 s", 45.67: "45.7 s", 123.4: "123 s",
	} {
		if got := duration(seconds); got != want {
			t.Errorf("%g s reads %s, not %s", seconds, got, want)
		}
	}
}
