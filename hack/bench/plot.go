package main

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const plotFile = "growth.svg"

// curve is one line of the plot, with its name at its end.
type curve struct {
	name   string
	class  string // its colour
	points []point
}

// Measures of the plot in pixels. The names need the room on the right.
const (
	plotWidth, plotHeight = 860, 520
	plotLeft, plotRight   = 64, 280
	plotTop, plotBottom   = 56, 52
	nameHeight            = 17
)

// plotStyle is readable on a light page; plotDark is what is different on a
// dark one. The first colour of each curve is for the one, the second for the
// other; they keep their distance for those who see fewer of them.
const (
	plotStyle = ` text { font: 13px system-ui, sans-serif; fill: #1f2328; } .title { font-size: 16px; font-weight: 600; }
 .back { fill: #ffffff; } .grid { stroke: #d8dee4; stroke-width: 1; } .name { font-weight: 500; }
 .lead { stroke-width: 1; opacity: .5; fill: none; } .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
 .ovsns .curve { stroke-width: 3.5; } .switch .curve { stroke-dasharray: 2 4; } .floor .curve { stroke-dasharray: 7 4; }
`
	plotDark = ` text { fill: #e6edf3; } .back { fill: #0d1117; } .grid { stroke: #30363d; }
`
)

// plotColours are those of the contestants that are drawn: the curve of libovsdb
// would lie on the floor's.
var plotColours = [][3]string{
	{nameFloor, "#6e7781", "#9198a1"}, {nameOvsns, "#0969da", "#58a6ff"}, {nameAttach, "#1b9aaa", "#76e3ea"},
	{nameBatch, "#1a7f37", "#3fb950"}, {nameMininet, "#bc4c00", "#f0883e"}, {nameTutorial, "#8250df", "#bc8cff"},
	{"switch", "#9a6700", "#d29922"},
}

// style returns the style sheet. It names every colour where it is used: not
// every viewer knows variables.
func style() string {
	rules := func(which int) string {
		var b strings.Builder
		for _, c := range plotColours {
			fmt.Fprintf(&b, " .%s .curve, .%s .lead { stroke: %s; } .%s .dot, .%s .name { fill: %s; }\n",
				c[0], c[0], c[which], c[0], c[0], c[which])
		}
		return b.String()
	}
	return "\n" + plotStyle + rules(1) + " @media (prefers-color-scheme: dark) {\n" + plotDark + rules(2) + " }\n"
}

// plot draws the growth of all contestants.
func (r *report) plot() string {
	var curves []curve
	for _, c := range contestants() {
		if !slices.ContainsFunc(plotColours, func(colour [3]string) bool { return colour[0] == c.name }) {
			continue
		}
		curves = append(curves, curve{strings.ReplaceAll(c.title, "`", ""), c.name, r.growth(c.name)})
	}
	curves = append(curves, curve{"ovs-vswitchd's share of the floor", "switch", r.points(nameFloor, stepSwitch)})
	return draw("Time to build N namespaces on one switch", curves)
}

func (r *report) savePlot(dir string) error {
	return os.WriteFile(filepath.Join(dir, plotFile), []byte(r.plot()), 0o644)
}

// chart turns values into places on the picture; both axes are logarithmic.
type chart struct{ minX, maxX, minY, maxY float64 }

func draw(title string, curves []curve) string {
	curves = slices.DeleteFunc(curves, func(c curve) bool { return len(c.points) == 0 })
	if len(curves) == 0 {
		return ""
	}
	c := chartFor(curves)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n<title>%s</title>\n<style>%s</style>\n",
		plotWidth, plotHeight, plotWidth, plotHeight, html.EscapeString(title), style())
	fmt.Fprintf(&b, `<rect class="back" width="100%%" height="100%%"/>`+"\n")
	fmt.Fprintf(&b, `<text class="title" x="%d" y="28">%s</text>`+"\n", plotLeft, html.EscapeString(title))
	c.axes(&b, curves)
	names := c.namePlaces(curves)
	for i, line := range curves {
		c.curve(&b, line, names[i])
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// chartFor finds the range of all curves.
func chartFor(curves []curve) chart {
	c := chart{math.Inf(1), 0, math.Inf(1), 0}
	for _, line := range curves {
		for _, p := range line.points {
			c.minX, c.maxX = min(c.minX, p.n), max(c.maxX, p.n)
			c.minY, c.maxY = min(c.minY, p.seconds), max(c.maxY, p.seconds)
		}
	}
	if c.minX == c.maxX {
		c.maxX = c.minX * 10
	}
	c.minY, c.maxY = c.minY/1.3, c.maxY*1.3
	return c
}

func (c chart) x(n float64) float64 {
	return plotLeft + (plotWidth-plotLeft-plotRight)*math.Log(n/c.minX)/math.Log(c.maxX/c.minX)
}

func (c chart) y(seconds float64) float64 {
	return plotHeight - plotBottom - (plotHeight-plotTop-plotBottom)*math.Log(seconds/c.minY)/math.Log(c.maxY/c.minY)
}

func (c chart) place(p point) string { return fmt.Sprintf("%.1f,%.1f", c.x(p.n), c.y(p.seconds)) }

// axes draws the grid: a line for each size, and for 1, 2 and 5 times each
// power of ten seconds.
func (c chart) axes(b *strings.Builder, curves []curve) {
	for _, n := range sizesOf(curves) {
		fmt.Fprintf(b, `<path class="grid" d="M%.1f %d V%d"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n",
			c.x(n), plotTop, plotHeight-plotBottom, c.x(n), plotHeight-plotBottom+20, n)
	}
	for power := math.Floor(math.Log10(c.minY)); power <= math.Log10(c.maxY); power++ {
		for _, digit := range []float64{1, 2, 5} {
			s := digit * math.Pow(10, power)
			if s < c.minY || s > c.maxY {
				continue
			}
			fmt.Fprintf(b, `<path class="grid" d="M%d %.1f H%d"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
				plotLeft, c.y(s), plotWidth-plotRight, plotLeft-8, c.y(s)+4, axisTime(s))
		}
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">namespaces</text>`+"\n", (plotLeft+plotWidth-plotRight)/2, plotHeight-12)
}

// axisTime names a line of the axis: 1, 2 or 5 times a power of ten.
func axisTime(seconds float64) string {
	if seconds < 0.999 {
		return fmt.Sprintf("%.3g ms", seconds*1000)
	}
	return fmt.Sprintf("%.0f s", seconds)
}

func sizesOf(curves []curve) []float64 {
	var list []float64
	for _, line := range curves {
		for _, p := range line.points {
			list = append(list, p.n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// namePlaces returns the heights of the names: where the curves end, moved
// apart so that none covers another.
func (c chart) namePlaces(curves []curve) []float64 {
	order := make([]int, len(curves))
	places := make([]float64, len(curves))
	for i, line := range curves {
		order[i] = i
		places[i] = c.y(line.points[len(line.points)-1].seconds)
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(places[i], places[j]) })
	for i := 1; i < len(order); i++ { // downwards
		places[order[i]] = max(places[order[i]], places[order[i-1]]+nameHeight)
	}
	lowest := float64(plotHeight - plotBottom)
	for i := len(order) - 1; i >= 0; i-- { // and back up where it ran out of room
		places[order[i]] = min(places[order[i]], lowest)
		lowest = places[order[i]] - nameHeight
	}
	return places
}

// curve draws a line with its dots, and a thin one on to its name.
func (c chart) curve(b *strings.Builder, line curve, nameY float64) {
	var places []string
	fmt.Fprintf(b, `<g class="%s">`, line.class)
	for _, p := range line.points {
		places = append(places, c.place(p))
		fmt.Fprintf(b, `<circle class="dot" cx="%.1f" cy="%.1f" r="3.5"/>`, c.x(p.n), c.y(p.seconds))
	}
	last := line.points[len(line.points)-1]
	fmt.Fprintf(b, `<polyline class="curve" points="%s"/>`, strings.Join(places, " "))
	fmt.Fprintf(b, `<path class="lead" d="M%.1f %.1f L%d %.1f h6"/>`, c.x(last.n)+5, c.y(last.seconds), plotWidth-plotRight+10, nameY)
	fmt.Fprintf(b, `<text class="name" x="%d" y="%.1f">%s</text></g>`+"\n",
		plotWidth-plotRight+20, nameY+4, html.EscapeString(line.name))
}
