package main

import (
	"fmt"
	"math"
)

// target is a promise, as a ratio within one run or as an amount.
type target struct {
	what    string
	limit   float64
	atLeast bool   // else at most
	unit    string // "x" for a ratio
	measure func(*report) []float64
	// floor is what the floor itself reaches, if that can be said; of a ratio to the
	// floor, what it reaches when it looks with libovsdb first.
	floor func(*report) []float64
}

// over is the measure that divides one series by another, round by round.
func over(a, b string) func(*report) []float64 {
	return func(r *report) []float64 { return ratios(r.Results[a], r.Results[b]) }
}

// just is the measure that a series is.
func just(name string) func(*report) []float64 {
	return func(r *report) []float64 {
		if r.Results[name] == nil {
			return nil
		}
		return r.Results[name].Values
	}
}

func atMost(what string, limit float64, m func(*report) []float64) target {
	return target{what: what, limit: limit, unit: "x", measure: m}
}

func atLeast(what string, limit float64, m func(*report) []float64) target {
	return target{what: what, limit: limit, atLeast: true, unit: "x", measure: m}
}

// targets are what ovsns wants to reach; n is the number of namespaces beside
// which single commands were measured.
func targets(n int) []target {
	list := append(buildTargets(), attachTargets(n)...)
	list = append(list,
		atMost(fmt.Sprintf("second `apply` of %d, nothing to do, over the first", n), 0.35, over(figureApplyAgain, figureApply)),
		atMost(fmt.Sprintf("`show -o json` of %d ports over `ovs-vsctl list port -- list interface`", n), 1.3, over(figureShow, figureShowVsctl)),
		target{what: fmt.Sprintf("peak memory of `apply` of %d", n), limit: 80, unit: "MiB", measure: just(figureApplyMemory)},
		target{what: fmt.Sprintf("peak memory of `watch` beside %d", n), limit: 40, unit: "MiB", measure: just(figureWatchMemory)},
		atMost("`ovsns --version` over `ovs-vsctl --version`", 3, over(figureStart, figureStartVsctl)),
		atMost("start of `sandbox` over the two daemons alone", 1.3, over(figureSandbox, figureDaemons)),
		target{
			what: "`apply` off a straight line", limit: 20, unit: "%",
			measure: bendOf(nameOvsns, false), floor: bendOf(nameFloor, false),
		},
		target{
			what: "`apply` less ovs-vswitchd's share off a straight line", limit: 20, unit: "%",
			measure: bendOf(nameOvsns, true), floor: bendOf(nameFloor, true),
		},
	)
	return append(list, throughputTargets()...)
}

func buildTargets() []target {
	build := func(name string, n int) string { return labKey(name, n, stepBuild) }
	list := overFloor("apply", stepBuild)
	for _, rival := range []struct {
		name  string
		limit float64
	}{{nameBatch, 5}, {nameMininet, 12}, {nameTutorial, 30}} {
		t := atLeast(findContestant(rival.name).title+" over `apply` of 100", rival.limit,
			over(build(rival.name, 100), build(nameOvsns, 100)))
		t.floor = over(build(rival.name, 100), build(nameFloor, 100))
		list = append(list, t)
	}
	return append(list, overFloor("destroy", stepDestroy)...)
}

// overFloor are the targets of a command beside the floor.
func overFloor(command, step string) (list []target) {
	for _, n := range []int{100, 500, 1000} {
		beside := func(name string) func(*report) []float64 {
			return over(labKey(name, n, step), labKey(nameFloor, n, step))
		}
		t := atMost(fmt.Sprintf("`%s` of %d over the floor", command, n), 1.25, beside(nameOvsns))
		t.floor = beside(nameLibovsdb)
		list = append(list, t)
	}
	return list
}

// attachTargets are those of one namespace more.
func attachTargets(n int) []target {
	full := func(way string) func(*report) []float64 { return over(attachKey(toFull, way), attachKey(toEmpty, way)) }
	beside := func(to, way string) func(*report) []float64 { return over(attachKey(to, way), attachKey(to, waySteps)) }
	list := []target{
		atMost(fmt.Sprintf("`attach` with %d ports present over one with none", n), 1.5, full(nameOvsns)),
		atMost("`attach` over `ip` and `ovs-vsctl`, beside none", 0.5, beside(toEmpty, nameOvsns)),
		atMost(fmt.Sprintf("`attach` over `ip` and `ovs-vsctl`, beside %d ports", n), 0.5, beside(toFull, nameOvsns)),
	}
	list[0].floor, list[1].floor, list[2].floor = full(nameFloor), beside(toEmpty, nameFloor), beside(toFull, nameFloor)
	return list
}

// bendOf is the measure of how far a contestant's growth is off a straight
// line, in per cent.
func bendOf(contestant string, lessSwitch bool) func(*report) []float64 {
	return func(r *report) []float64 {
		points := r.growth(contestant)
		if lessSwitch {
			points = less(points, r.points(nameFloor, stepSwitch))
		}
		worst, ok := bend(points)
		if !ok {
			return nil
		}
		return []float64{worst * 100}
	}
}

func throughputTargets() []target {
	var list []target
	for _, rival := range []string{lineMininet, lineTutorial} {
		for _, what := range []string{tcpOne, tcpFour} {
			list = append(list, atLeast(fmt.Sprintf("%s: sandbox over %s", what, findLine(rival).title), 5,
				over(lineKey(lineSandbox, what), lineKey(rival, what))))
		}
	}
	return list
}

// verdict is what has become of a target.
type verdict struct {
	target
	value    float64
	measured bool
}

func (t target) judge(r *report) verdict {
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
	switch {
	case !v.measured:
		return "not measured"
	case v.met():
		return "met"
	}
	return fmt.Sprintf("missed by %.3g %s", math.Abs(v.value-v.limit), v.unit)
}

// wanted and reached are the two sides of a verdict, for people.
func (v verdict) wanted() string {
	if v.atLeast {
		return fmt.Sprintf("at least %g %s", v.limit, v.unit)
	}
	return fmt.Sprintf("at most %g %s", v.limit, v.unit)
}

func (v verdict) reached() string {
	if math.IsInf(v.value, 1) {
		return "the other stalls"
	}
	return fmt.Sprintf("%.3g %s", v.value, v.unit)
}

// floors is what the floor reaches.
func (v verdict) floors(r *report) string {
	if v.floor == nil {
		return ""
	}
	values := v.floor(r)
	if len(values) == 0 {
		return unmeasured
	}
	return fmt.Sprintf("%.3g %s", median(values), v.unit)
}

// verdicts returns those of all targets that were measured.
func (r *report) verdicts() (list []verdict) {
	for _, t := range targets(r.FigureSize) {
		if v := t.judge(r); v.measured {
			list = append(list, v)
		}
	}
	return list
}
