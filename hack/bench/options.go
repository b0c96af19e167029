package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// options are what the command line says.
type options struct {
	quick     bool
	rounds    int
	sizes     []int
	only      []string // names of contestants; empty means all
	parts     []string
	dir       string // where the results go
	readme    bool   // measure nothing: tell the README what is in dir
	tools     tools
	arguments []string
}

// tools are the programs that are measured, by their paths.
type tools struct{ Ovsns, Floor, FloorLibovsdb string }

// Parts of a run.
const (
	partLabs       = "labs"       // every contestant, every size
	partFigures    = "figures"    // single commands
	partThroughput = "throughput" // between two namespaces
	partDaemons    = "daemons"    // of figures: only Open vSwitch itself
)

// allParts in their order: what is short comes first. An interrupt during the
// labs leaves what was measured until then.
var allParts = []string{partFigures, partThroughput, partLabs}

func parseOptions(args []string, usage io.Writer) (options, error) {
	o := options{arguments: args}
	f := flag.NewFlagSet("hack/bench.sh", flag.ContinueOnError)
	f.SetOutput(usage)
	f.IntVar(&o.rounds, "rounds", 5, "how often everything is measured")
	sizes := f.String("sizes", "10,100,500,1000,2000", "numbers of namespaces")
	only := f.String("only", "", "contestants to measure, by name: "+strings.Join(contestantNames(), ","))
	parts := f.String("parts", strings.Join(allParts, ","), "what to measure")
	throughput := f.Bool("throughput", false, "the same as --parts throughput")
	f.BoolVar(&o.quick, "quick", false, "a few minutes: sizes 10 and 100, 3 rounds")
	f.StringVar(&o.dir, "out", ".build/bench", "directory for results.json and growth.svg")
	f.BoolVar(&o.readme, "readme", false, "measure nothing: write the results in --out into README.md")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("surplus argument %s", f.Arg(0))
	}
	given := map[string]bool{}
	f.Visit(func(g *flag.Flag) { given[g.Name] = true })
	if o.quick && !given["rounds"] {
		o.rounds = 3
	}
	if o.quick && !given["sizes"] {
		*sizes = "10,100"
	}
	if *throughput {
		*parts = partThroughput
	}
	o.only, o.parts = list(*only), list(*parts)
	if err := o.check(); err != nil {
		return o, err
	}
	var err error
	if o.sizes, err = numbers(*sizes); err != nil {
		return o, err
	}
	o.tools, err = findTools()
	return o, err
}

func (o options) check() error {
	for _, name := range o.only {
		if !slices.Contains(contestantNames(), name) {
			return fmt.Errorf("no contestant is named %s: there are %s", name, strings.Join(contestantNames(), ", "))
		}
	}
	for _, part := range o.parts {
		if !slices.Contains(allParts, part) {
			return fmt.Errorf("no part is named %s: there are %s", part, strings.Join(allParts, ", "))
		}
	}
	if o.rounds < 1 {
		return fmt.Errorf("--rounds %d: at least 1", o.rounds)
	}
	return nil
}

// list splits what commas separate.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}

func numbers(s string) ([]int, error) {
	var out []int
	for _, field := range list(s) {
		n, err := strconv.Atoi(field)
		if err != nil || n < minSize || n > maxSize {
			return nil, fmt.Errorf("--sizes %s: numbers from %d to %d", field, minSize, maxSize)
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// findTools looks beside this program, where hack/bench.sh builds them.
func findTools() (tools, error) {
	self, err := os.Executable()
	if err != nil {
		return tools{}, err
	}
	dir := filepath.Dir(self)
	t := tools{filepath.Join(dir, "ovsns"), filepath.Join(dir, "floor"), filepath.Join(dir, "floor-libovsdb")}
	for _, path := range []string{t.Ovsns, t.Floor, t.FloorLibovsdb} {
		if _, err := os.Stat(path); err != nil {
			return t, fmt.Errorf("%w (start hack/bench.sh, which builds it)", err)
		}
	}
	return t, nil
}
