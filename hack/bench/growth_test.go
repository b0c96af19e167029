package main

import (
	"math"
	"slices"
	"testing"
)

func TestFitFindsALine(t *testing.T) {
	var points []point
	for _, n := range []float64{10, 100, 500, 2000} {
		points = append(points, point{n, 0.05 + 0.002*n})
	}
	s := fit(points)
	if math.Abs(s.base-0.05) > 1e-9 || math.Abs(s.each-0.002) > 1e-9 {
		t.Errorf("fit is %+v", s)
	}
	if worst, ok := bend(points); !ok || worst > 1e-6 {
		t.Errorf("bend is %g", worst)
	}
}

func TestBendSeesSquares(t *testing.T) {
	var points []point
	for _, n := range []float64{10, 100, 500, 1000, 2000} {
		points = append(points, point{n, 0.002*n + 0.00001*n*n})
	}
	if worst, ok := bend(points); !ok || worst < 0.2 {
		t.Errorf("bend is %g", worst)
	}
	if _, ok := bend(points[:2]); ok {
		t.Error("two points are always on a line")
	}
}

func TestLess(t *testing.T) {
	got := less([]point{{10, 5}, {20, 9}}, []point{{20, 4}, {30, 1}})
	if !slices.Equal(got, []point{{20, 5}}) {
		t.Errorf("less is %v", got)
	}
}
