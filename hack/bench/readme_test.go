package main

import (
	"strings"
	"testing"
)

func TestBetween(t *testing.T) {
	old := "# ovsns\n" + readmeBegin + "old\n" + readmeEnd + "\nmore\n"
	got, err := between(old, "new\n")
	if want := strings.Replace(old, "old\n", "new\n", 1); err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"", readmeBegin, readmeEnd + readmeBegin} {
		if got, err := between(text, "new\n"); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestSectionHasTableCommandAndMachine(t *testing.T) {
	r := someReport()
	r.Machine = machine{CPU: "A Processor", Kernel: "6.1", OpenVSwitch: "3.1.0"}
	text := r.section()
	for _, want := range []string{"\nsudo hack/bench.sh\n", "A Processor", "Linux 6.1", "Open vSwitch 3.1.0", "`ovsns apply -f FILE`", readmePlot} {
		if !strings.Contains(text, want) {
			t.Errorf("the section lacks %q:\n%s", want, text)
		}
	}
}

func TestTableIsAligned(t *testing.T) {
	got := table{{"", "n", "beside"}, {"floor", "12", "a"}, {"µ", stalled, "1"}, {"", unmeasured, ""}, {"", "", ""}}.String()
	want := "|       |      n | beside |\n|-------|-------:|--------|\n" +
		"| floor |     12 | a      |\n| µ     | stalls | 1      |\n|       |      - |        |\n|       |        |        |\n"
	if got != want {
		t.Errorf("the table is\n%s", got)
	}
}

func TestCellSaysHowOften(t *testing.T) {
	for _, c := range []struct {
		values []float64
		rounds int
		spread bool
		want   string
	}{
		{[]float64{1, 3, 2}, 3, true, "2.00 s (1.00 s ... 3.00 s)"},
		{[]float64{1, 3, 2}, 3, false, "2.00 s"},
		{[]float64{4}, 3, false, "4.00 s (1 x)"},
		{[]float64{4}, 1, true, "4.00 s"},
	} {
		if got := cell(&series{"s", c.values}, c.rounds, c.spread); got != c.want {
			t.Errorf("%v of %d rounds: %s, not %s", c.values, c.rounds, got, c.want)
		}
	}
	if got := cell(nil, 3, true); got != "-" {
		t.Errorf("nothing is %s", got)
	}
}

func TestFailureIsShown(t *testing.T) {
	r := someReport()
	r.Failures = []failure{{nameMininet, 1000, "no tags"}}
	if text := r.labTable(stepBuild, false).String(); strings.Count(text, failed) != 1 {
		t.Errorf("the table is\n%s", text)
	}
	if text := r.text(); !strings.Contains(text, "FAILED: mininet with 1000 namespaces: no tags") {
		t.Errorf("the report is\n%s", text)
	}
}
