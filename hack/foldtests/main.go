// Command foldtests reads what `go test -json` prints and says it in few lines:
// each package as it ends, with go's own line, and at last, where it is not cut
// off, what the failing tests said.
//
//	go test -json ./... | foldtests [TIMES]
//
// To the file TIMES it adds a line for each test that has no parts: the seconds it
// took, its package and name.
//
// It fails when a test has failed or was skipped, since that has tested
// nothing, and when no package has ended at all.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is a line of `go test -json` (go doc test2json), or of a build.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64 // in seconds
}

// What is shown of one test or package at the most. The beginning tells the
// cause, the end how it went out.
const (
	headLines = 45
	tailLines = 10
	lineWidth = 300 // in bytes
	shown     = 20  // tests and packages
)

func main() {
	f := newFold(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Fprintln(os.Stdout, in.Text()) // go says something of its own
			continue
		}
		f.add(e)
	}
	f.end()
	err := in.Err()
	if len(os.Args) > 1 {
		err = errors.Join(err, f.addTimes(os.Args[1]))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || len(f.failed)+len(f.skipped) > 0 || f.packages == 0 {
		os.Exit(1)
	}
}

// unit is a test, or a package where test is "".
type unit struct{ pkg, test string }

func (u unit) String() string { return strings.TrimSpace(u.pkg + " " + u.test) }

// fold collects the events of one run.
type fold struct {
	w               io.Writer
	said            map[unit][]string
	took            map[unit]float64
	failed, skipped []unit
	packages        int
}

func newFold(w io.Writer) *fold {
	return &fold{w: w, said: map[unit][]string{}, took: map[unit]float64{}}
}

func (f *fold) add(e event) {
	u := unit{e.Package, e.Test}
	if e.Package == "" {
		u.pkg = e.ImportPath
	}
	switch e.Action {
	case "output", "build-output":
		f.said[u] = append(f.said[u], e.Output)
		return
	case "fail", "build-fail":
		f.failed = append(f.failed, u)
		if u.test != "" {
			fmt.Fprintf(f.w, "FAILED: %s, see below\n", u)
		}
	case "skip":
		if u.test != "" {
			f.skipped = append(f.skipped, u)
		}
	case "pass":
		delete(f.said, u)
	default:
		return
	}
	if e.Test != "" {
		f.took[u] = e.Elapsed
		return
	}
	f.packages++
	if e.Action == "fail" {
		f.failed = append(f.failed, f.unfinished(e.Package)...)
	}
	if e.Action != "skip" && e.Elapsed > 0 { // else it has no tests, or did not build
		word := map[string]string{"pass": "ok  ", "fail": "FAIL"}[e.Action]
		fmt.Fprintf(f.w, "%s\t%s\t%.3fs\n", word, u.pkg, e.Elapsed)
	}
}

// unfinished returns the tests that were cut off, by a panic or a time limit.
func (f *fold) unfinished(pkg string) []unit {
	var list []unit
	for u := range f.said {
		if _, ended := f.took[u]; u.pkg == pkg && u.test != "" && !ended {
			list = append(list, u)
		}
	}
	slices.SortFunc(list, func(a, b unit) int { return strings.Compare(a.test, b.test) })
	return list
}

// times has a line for each test that is no sum of others.
func (f *fold) times() string {
	sums := map[unit]bool{}
	for u := range f.took {
		if i := strings.LastIndex(u.test, "/"); i >= 0 {
			sums[unit{u.pkg, u.test[:i]}] = true
		}
	}
	var lines []string
	for u, took := range f.took {
		if !sums[u] {
			lines = append(lines, fmt.Sprintf("%.1f %s\n", took, u))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func (f *fold) addTimes(name string) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(f.times())
	return errors.Join(err, file.Close())
}

// end prints what is known only when all is over.
func (f *fold) end() {
	for _, u := range f.skipped {
		fmt.Fprintf(f.w, "was skipped: %s\n", u)
	}
	for _, u := range f.failed[:min(shown, len(f.failed))] {
		f.tell(u)
	}
	if more := len(f.failed) - shown; more > 0 {
		fmt.Fprintf(f.w, "and %d more FAILED\n", more)
	}
}

// racesOf returns the first report of the race detector, where there is one:
// it is long, and the rest says nothing about it.
func racesOf(lines []string) []string {
	begin := slices.Index(lines, "WARNING: DATA RACE")
	if begin < 0 {
		return lines
	}
	var report []string
	for _, l := range lines[begin:] {
		if strings.HasPrefix(l, "=====") {
			break
		}
		// The lines of a stack that say where come after those that say what.
		if l = strings.TrimSpace(l); strings.Contains(l, ".go:") || strings.HasSuffix(l, ":") || strings.HasPrefix(l, "WARNING") {
			report = append(report, l)
		}
	}
	return report
}

// tell prints what a failing test said, but for the news of the testing
// package itself. Tests whose parts have failed say nothing more.
func (f *fold) tell(u unit) {
	var lines []string
	for l := range strings.Lines(strings.Join(f.said[u], "")) {
		l = strings.TrimRight(l, "\n")
		if news := strings.TrimSpace(l); news != "" && !strings.HasPrefix(news, "=== ") && !strings.HasPrefix(news, "--- FAIL") &&
			news != "FAIL" && !strings.HasPrefix(news, "FAIL\t") {
			lines = append(lines, l[:min(lineWidth, len(l))])
		}
	}
	if len(lines) == 0 && u.test == "" {
		return
	}
	fmt.Fprintf(f.w, "FAILED: %s\n", u)
	lines = racesOf(lines)
	if more := len(lines) - headLines - tailLines; more > 0 {
		lines = slices.Concat(lines[:headLines], []string{fmt.Sprintf("... %d more lines ...", more)}, lines[len(lines)-tailLines:])
	}
	for _, l := range lines {
		fmt.Fprintln(f.w, l)
	}
	delete(f.said, u)
}
