package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// table is rows of cells, the first row the heads.
type table [][]string

// String is the table in Markdown, with aligned columns so that it reads well
// as plain text too. Amounts stand on the right.
func (t table) String() string {
	widths, right := make([]int, len(t[0])), make([]bool, len(t[0]))
	for i := range t[0] {
		right[i] = t.amounts(i)
		for _, row := range t {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var b strings.Builder
	for n, row := range t {
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right[i] {
				fmt.Fprintf(&b, "| %s%s ", space, cell)
			} else {
				fmt.Fprintf(&b, "| %s%s ", cell, space)
			}
		}
		b.WriteString("|\n")
		if n == 0 {
			b.WriteString(rule(widths, right))
		}
	}
	return b.String()
}

// rule is the line below the heads.
func rule(widths []int, right []bool) string {
	var b strings.Builder
	for i, w := range widths {
		if right[i] {
			b.WriteString("|" + strings.Repeat("-", w+1) + ":")
		} else {
			b.WriteString("|" + strings.Repeat("-", w+2))
		}
	}
	return b.String() + "|\n"
}

// amounts reports whether a column has nothing but amounts.
func (t table) amounts(column int) bool {
	for _, row := range t[1:] {
		if cell := row[column]; !slices.Contains([]string{"", stalled, unmeasured, failed}, cell) && strings.IndexAny(cell, "0123456789") != 0 {
			return false
		}
	}
	return true
}

// What stands in a cell in place of an amount.
const (
	stalled    = "stalls"
	unmeasured = "-"
	failed     = "failed"
)

// labTable compares the contestants in one step, over the sizes.
func (r *report) labTable(step string, withSpread bool) table {
	heads := []string{"namespaces"}
	for _, n := range r.Sizes {
		heads = append(heads, fmt.Sprint(n))
	}
	t := table{heads}
	for _, c := range contestants() {
		row, measured := []string{c.title}, false
		for _, n := range r.Sizes {
			s := r.Results[labKey(c.name, n, step)]
			text := cell(s, r.Rounds, withSpread)
			if r.failed(c.name, n) {
				text = failed
			}
			row = append(row, text)
			measured = measured || text != unmeasured
		}
		if measured {
			t = append(t, row)
		}
	}
	return t
}

// cell is a median, maybe with its spread, and with how often it was measured
// where that is less than the others.
func cell(s *series, rounds int, withSpread bool) string {
	if s == nil {
		return unmeasured
	}
	text := duration(median(s.Values))
	if len(s.Values) < rounds {
		return fmt.Sprintf("%s (%d x)", text, len(s.Values))
	}
	if rounds == 1 || !withSpread {
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
		if t := r.labTable(step.name, true); len(t) > 1 {
			fmt.Fprintf(&b, "\n%s\n\n%s", step.title, t)
		}
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "\nFAILED: %s with %d namespaces: %s\n", f.Contestant, f.Size, f.Reason)
	}
	for _, part := range []struct {
		title string
		table
	}{
		{fmt.Sprintf("One more namespace, beside none and beside %d", r.FigureSize), r.attachTable()},
		{fmt.Sprintf("Single commands, beside %d namespaces", r.FigureSize), r.figureTable()},
		{"Traffic between two namespaces", r.throughputTable()},
		{"Targets: ratios within a round, their median", r.targetTable()},
	} {
		if len(part.table) > 1 {
			fmt.Fprintf(&b, "\n%s\n\n%s", part.title, part.table)
		}
	}
	return b.String()
}

// figureTable shows single commands, each beside something to compare it with.
func (r *report) figureTable() table {
	t := table{{"", "", "beside it", ""}}
	for _, f := range []struct{ what, ours, other, theirs string }{
		{"`ovsns --version`", figureStart, "`ovs-vsctl --version`", figureStartVsctl},
		{"`show -o json`", figureShow, "`ovs-vsctl list port -- list interface`", figureShowVsctl},
		{"`apply` with nothing to do", figureApplyAgain, "the `apply` that made all", figureApply},
		{"start of `sandbox`", figureSandbox, "start of its daemons alone", figureDaemons},
		{"peak memory of `apply`", figureApplyMemory, "", ""},
		{"peak memory of `watch`", figureWatchMemory, "", ""},
	} {
		if r.Results[f.ours] == nil {
			continue
		}
		theirs := ""
		if f.theirs != "" {
			theirs = amount(r.Results[f.theirs])
		}
		t = append(t, []string{f.what, amount(r.Results[f.ours]), f.other, theirs})
	}
	return t
}

// attachTable compares the ways to put one more namespace on a switch.
func (r *report) attachTable() table {
	t := table{{"one more namespace", "beside none", fmt.Sprintf("beside %d", r.FigureSize)}}
	for _, w := range ways() {
		none, full := r.Results[attachKey(toEmpty, w.name)], r.Results[attachKey(toFull, w.name)]
		if none != nil || full != nil {
			t = append(t, []string{w.title, amount(none), amount(full)})
		}
	}
	return t
}

func (r *report) throughputTable() table {
	t := table{append([]string{""}, throughputs...)}
	for _, l := range lines() {
		row, measured := []string{l.title}, false
		for _, what := range throughputs {
			s := r.Results[lineKey(l.name, what)]
			row = append(row, amount(s))
			measured = measured || s != nil
		}
		if measured {
			t = append(t, row)
		}
	}
	return t
}

// targetTable shows all targets that were measured.
func (r *report) targetTable() table {
	t := table{{"target", "wanted", "measured", "the floor", "verdict"}}
	for _, v := range r.verdicts() {
		t = append(t, []string{v.what, v.wanted(), v.reached(), v.floors(r), v.String()})
	}
	return t
}
