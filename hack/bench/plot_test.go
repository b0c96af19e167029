package main

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func someReport() *report {
	r := &report{Command: "hack/bench.sh", Rounds: 2, Sizes: []int{10, 100, 1000}, FigureSize: 1000, Results: results{}}
	for i, c := range contestants() {
		for _, n := range r.Sizes {
			r.Results.add(labKey(c.name, n, stepBuild), "s", float64(n*(i+1))/1000, float64(n*(i+1))/900)
		}
	}
	r.Results.add(labKey(nameFloor, 1000, stepSwitch), "s", 0.3)
	return r
}

func TestPlotIsXMLWithACurveForEach(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(someReport().plot()))
	curves, names := 0, []string{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local == "polyline" {
			curves++
		}
		if start.Name.Local == "g" {
			names = append(names, start.Attr[0].Value)
		}
	}
	want := slices.DeleteFunc(append(contestantNames(), "switch"), func(name string) bool { return name == nameLibovsdb })
	if curves != len(want) || !slices.Equal(names, want) {
		t.Errorf("%d curves of %v, not of %v", curves, names, want)
	}
}

func TestAxisTime(t *testing.T) {
	for seconds, want := range map[float64]string{0.0005: "0.5 ms", 0.05: "50 ms", 1: "1 s", 200: "200 s", 2000: "2000 s"} {
		if got := axisTime(seconds); got != want {
			t.Errorf("axisTime(%v) is %q, not %q", seconds, got, want)
		}
	}
}

func TestNamesKeepApart(t *testing.T) {
	var curves []curve
	for range 8 { // all end at the very bottom
		curves = append(curves, curve{"a", "floor", []point{{10, 1}, {100, 2}}})
	}
	curves = append(curves, curve{"b", "ovsns", []point{{10, 5}, {100, 90}}})
	places := chartFor(curves).namePlaces(curves)
	slices.Sort(places)
	for i, y := range places {
		if y < plotTop || y > plotHeight-plotBottom || i > 0 && y-places[i-1] < nameHeight-0.001 {
			t.Errorf("the names are at %v", places)
			break
		}
	}
}

func TestPlotOfNothing(t *testing.T) {
	if got := (&report{Results: results{}}).plot(); got != "" {
		t.Errorf("a plot of nothing is %s", got)
	}
}
