package main

import "fmt"

// target is a promise as a ratio within one run, or as a figure.
type target struct {
	what    string
	limit   float64
	atLeast bool   // else at most
	unit    string // "x" for a ratio
	measure func(results) []float64
}

// over is the measure that divides one series by another, round by round.
func over(a, b string) func(results) []float64 {
	return func(r results) []float64 { return ratios(r[a], r[b]) }
}

// just is the measure that a series is.
func just(name string) func(results) []float64 {
	return func(r results) []float64 {
		if r[name] == nil {
			return nil
		}
		return r[name].Values
	}
}

func atMost(what string, limit float64, m func(results) []float64) target {
	return target{what: what, limit: limit, unit: "x", measure: m}
}

func atLeast(what string, limit float64, m func(results) []float64) target {
	return target{what: what, limit: limit, atLeast: true, unit: "x", measure: m}
}

// targets are what ovsns wants to reach.
func targets() []target {
	build := func(name string, n int) string { return labKey(name, n, stepBuild) }
	var list []target
	for _, n := range []int{100, 500, 1000} {
		list = append(list, atMost(fmt.Sprintf("apply of %d over the floor", n), 1.25, over(build(nameOvsns, n), build(nameFloor, n))))
	}
	for _, rival := range []struct {
		name  string
		limit float64
	}{{nameBatch, 5}, {nameMininet, 12}, {nameTutorial, 30}} {
		list = append(list, atLeast(fmt.Sprintf("%s over apply of 100", rival.name), rival.limit,
			over(build(rival.name, 100), build(nameOvsns, 100))))
	}
	for _, n := range []int{100, 500, 1000} {
		list = append(list, atMost(fmt.Sprintf("destroy of %d over the floor", n), 1.25,
			over(labKey(nameOvsns, n, stepDestroy), labKey(nameFloor, n, stepDestroy))))
	}
	return list
}

// verdict is what has become of a target.
type verdict struct {
	target
	value    float64
	measured bool
}

func (t target) judge(r results) verdict {
	values := t.measure(r)
	if len(values) == 0 {
		return verdict{target: t}
	}
	return verdict{target: t, value: median(values), measured: true}
}

func (v verdict) met() bool {
	if v.atLeast {
		return v.value >= v.limit
	}
	return v.value <= v.limit
}

// String says whether the target was met, or by how much it was missed.
func (v verdict) String() string {
	if !v.measured {
		return "not measured"
	}
	if v.met() {
		return "met"
	}
	return fmt.Sprintf("missed by %.3g %s", max(v.value-v.limit, v.limit-v.value), v.unit)
}

// targetTable shows all targets that were measured.
func (r *report) targetTable() table {
	t := table{{"target", "wanted", "measured", "verdict"}}
	for _, goal := range targets() {
		v := goal.judge(r.Results)
		if !v.measured {
			continue
		}
		sign := "<="
		if goal.atLeast {
			sign = ">="
		}
		t = append(t, []string{goal.what, fmt.Sprintf("%s %g %s", sign, goal.limit, goal.unit), fmt.Sprintf("%.3g %s", v.value, v.unit), v.String()})
	}
	return t
}
