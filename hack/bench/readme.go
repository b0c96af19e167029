package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Between these lines of the README the text is this program's.
const (
	readmeFile  = "README.md"
	readmeBegin = "<!-- bench: begin, written by hack/bench.sh --readme -->\n"
	readmeEnd   = "<!-- bench: end -->\n"
	readmePlot  = "hack/bench/" + plotFile
)

// rewriteReadme puts the results in dir into the README, and the plot beside
// this program's source.
func rewriteReadme(dir string) error {
	r, err := loadReport(dir)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(readmeFile)
	if err != nil {
		return err
	}
	after, err := between(string(text), r.section())
	if err != nil {
		return err
	}
	if err := r.savePlot(filepath.Dir(readmePlot)); err != nil {
		return err
	}
	return os.WriteFile(readmeFile, []byte(after), 0o644)
}

// between replaces what is between the two lines.
func between(text, section string) (string, error) {
	before, rest, begins := strings.Cut(text, readmeBegin)
	_, after, ends := strings.Cut(rest, readmeEnd)
	if !begins || !ends {
		return "", fmt.Errorf("%s lacks the lines\n%s%s", readmeFile, readmeBegin, readmeEnd)
	}
	return before + readmeBegin + section + readmeEnd + after, nil
}

// section is what the README says of a run.
func (r *report) section() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n```sh\nsudo %s\n```\n\n%s\n(%s, medians of %d rounds):\n",
		r.Command, r.Machine, r.Date[:min(10, len(r.Date))], r.Rounds)
	fmt.Fprintf(&b, "\n%s", r.labTable(stepBuild, false))
	fmt.Fprintf(&b, "\n![time against the number of namespaces](%s)\n", readmePlot)
	for _, part := range []struct {
		title string
		table
	}{
		{"And taken down again, until ovs-vswitchd has let go of the last port:", r.labTable(stepDestroy, false)},
		{"One namespace more, on a switch with none and with many:", r.attachTable()},
		{fmt.Sprintf("Single commands, with %d namespaces there:", r.FigureSize), r.figureTable()},
		{"What a lab carries between two namespaces:", r.throughputTable()},
	} {
		if len(part.table) > 1 {
			fmt.Fprintf(&b, "\n%s\n\n%s", part.title, part.table)
		}
	}
	return b.String() + "\n"
}
