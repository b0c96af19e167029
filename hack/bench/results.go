package main

import (
	"fmt"
	"slices"
	"strconv"
)

// results are measured values by name, for instance "labs/ovsns/100/build".
type results map[string]*series

// series is one thing that was measured, once in a round.
type series struct {
	Unit   string // "s", "MiB", "Mbit/s" ...
	Values []float64
}

func (r results) add(name, unit string, values ...float64) {
	if r[name] == nil {
		r[name] = &series{Unit: unit}
	}
	r[name].Values = append(r[name].Values, values...)
}

// merge adds what one job has measured.
func (r results) merge(others results) {
	for name, s := range others {
		r.add(name, s.Unit, s.Values...)
	}
}

// median returns the median of a series; not ok when it was not measured.
func (r results) median(name string) (m float64, ok bool) {
	s := r[name]
	if s == nil || len(s.Values) == 0 {
		return 0, false
	}
	return median(s.Values), true
}

// Steps of a contestant's life, the last part of a name.
const (
	stepBuild   = "build"
	stepVerify  = "verify"
	stepDestroy = "destroy"  // until nothing is left in the kernel and the switch
	stepCommand = "returned" // until the command that destroys is back
	stepSwitch  = "switch"   // ovs-vswitchd's share of the floor's build
)

func labKey(contestant string, n int, step string) string {
	return partLabs + "/" + contestant + "/" + strconv.Itoa(n) + "/" + step
}

// median returns the middle of values, which must not be empty.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// spread returns the smallest and the largest of values, which must not be
// empty.
func spread(values []float64) (low, high float64) { return slices.Min(values), slices.Max(values) }

// ratios divides the values of the same round; those without a partner are
// left out. Rounds are minutes apart on a machine that others use too, so
// their ratios are steadier than the ratio of the medians.
func ratios(a, b *series) []float64 {
	if a == nil || b == nil {
		return nil
	}
	var list []float64
	for i := range min(len(a.Values), len(b.Values)) {
		list = append(list, a.Values[i]/b.Values[i])
	}
	return list
}

// duration formats seconds with three digits that mean something.
func duration(seconds float64) string {
	switch {
	case seconds < 0.0995:
		return fmt.Sprintf("%.3g ms", seconds*1000)
	case seconds < 9.995:
		return fmt.Sprintf("%.2f s", seconds)
	case seconds < 99.95:
		return fmt.Sprintf("%.1f s", seconds)
	}
	return fmt.Sprintf("%.0f s", seconds)
}
