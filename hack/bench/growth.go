package main

import "math"

// point is a size with what it costs.
type point struct{ n, seconds float64 }

// growth returns the medians of a contestant's builds, by size.
func (r *report) growth(contestant string) []point { return r.points(contestant, stepBuild) }

func (r *report) points(contestant, step string) []point {
	var list []point
	for _, n := range r.Sizes {
		if m, ok := r.Results.median(labKey(contestant, n, step)); ok {
			list = append(list, point{float64(n), m})
		}
	}
	return list
}

// less takes the costs of others away, size by size; sizes that others do not
// have are left out.
func less(points, others []point) []point {
	var list []point
	for _, p := range points {
		for _, o := range others {
			if o.n == p.n {
				list = append(list, point{p.n, p.seconds - o.seconds})
			}
		}
	}
	return list
}

// straight is seconds = base + each * n.
type straight struct{ base, each float64 }

func (s straight) at(n float64) float64 { return s.base + s.each*n }

// fit returns the line with the least squares of relative errors: being a
// second off at 2000 namespaces weighs as much as a hundredth at 20.
func fit(points []point) straight {
	var w, wx, wy, wxx, wxy float64
	for _, p := range points {
		weight := 1 / (p.seconds * p.seconds)
		w += weight
		wx += weight * p.n
		wy += weight * p.seconds
		wxx += weight * p.n * p.n
		wxy += weight * p.n * p.seconds
	}
	d := w*wxx - wx*wx
	if d == 0 {
		return straight{}
	}
	return straight{base: (wy*wxx - wx*wxy) / d, each: (w*wxy - wx*wy) / d}
}

// bend returns how far the points are off a straight line, at the worst, as a
// fraction of the line. It takes three points to say anything.
func bend(points []point) (worst float64, ok bool) {
	if len(points) < 3 {
		return 0, false
	}
	s := fit(points)
	for _, p := range points {
		worst = max(worst, math.Abs(p.seconds/s.at(p.n)-1))
	}
	return worst, true
}
