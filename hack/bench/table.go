package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// table is rows of cells, the first row the heads.
type table [][]string

// String is the table in Markdown, with aligned columns so that it reads well
// as plain text too. All columns but the first are numbers.
func (t table) String() string {
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for n, row := range t {
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				cell, space = cell+space, ""
			}
			fmt.Fprintf(&b, "| %s%s ", space, cell)
		}
		b.WriteString("|\n")
		if n == 0 {
			b.WriteString("|" + strings.Repeat("-", widths[0]+2))
			for _, w := range widths[1:] {
				b.WriteString("|" + strings.Repeat("-", w+1) + ":")
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}

// labTable compares the contestants in one step, over the sizes.
func (r *report) labTable(step string) table {
	heads := []string{"namespaces"}
	for _, n := range r.Sizes {
		heads = append(heads, fmt.Sprint(n))
	}
	t := table{heads}
	for _, c := range contestants() {
		row, measured := []string{c.title}, false
		for _, n := range r.Sizes {
			s := r.Results[labKey(c.name, n, step)]
			row = append(row, cell(s, r.Rounds))
			measured = measured || s != nil
		}
		if measured {
			t = append(t, row)
		}
	}
	return t
}

// cell is a median with its spread, or with a star where it was measured less
// often than the others.
func cell(s *series, rounds int) string {
	if s == nil {
		return "-"
	}
	text := duration(median(s.Values))
	if len(s.Values) < rounds {
		return fmt.Sprintf("%s (%d x)", text, len(s.Values))
	}
	if rounds == 1 {
		return text
	}
	low, high := spread(s.Values)
	return fmt.Sprintf("%s (%s ... %s)", text, duration(low), duration(high))
}

// text is the whole report for a terminal.
func (r *report) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n%s\nmedian of %d rounds (smallest ... largest)\n", r.Command, r.Machine, r.Rounds)
	for _, step := range []struct{ name, title string }{
		{stepBuild, "Build N namespaces with a veth, an address and a port with a VLAN tag"},
		{stepVerify, "Verify: ports, tags, addresses, 20 pings"},
		{stepDestroy, "Destroy, until nothing is left in the kernel and in ovs-vswitchd"},
		{stepCommand, "Destroy, until the command returns"},
	} {
		if t := r.labTable(step.name); len(t) > 1 {
			fmt.Fprintf(&b, "\n%s\n\n%s", step.title, t)
		}
	}
	if t := r.targetTable(); len(t) > 1 {
		fmt.Fprintf(&b, "\nTargets: ratios within a round, their median\n\n%s", t)
	}
	return b.String()
}
