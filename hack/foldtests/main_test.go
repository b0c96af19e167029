package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// folded returns what is printed for a run in which one test passes, one
// fails, one is skipped and one is cut off, and the times.
func folded(t *testing.T, failing string) (said, times string) {
	t.Helper()
	var b strings.Builder
	f := newFold(&b)
	stream := `{"Action":"start","Package":"p"}
{"Action":"output","Package":"p","Test":"TestGood","Output":"a passing test talks\n"}
{"Action":"pass","Package":"p","Test":"TestGood/part","Elapsed":2.5}
{"Action":"pass","Package":"p","Test":"TestGood","Elapsed":2.5}
{"Action":"output","Package":"p","Test":"TestBad","Output":"=== RUN   TestBad\n"}
` + failing + `
{"Action":"output","Package":"p","Test":"TestBad","Output":"--- FAIL: TestBad (1.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestBad","Elapsed":1}
{"Action":"skip","Package":"p","Test":"TestSkipped","Elapsed":0}
{"Action":"output","Package":"p","Test":"TestCutOff","Output":"panic: test timed out\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t4.000s\n"}
{"Action":"fail","Package":"p","Elapsed":4}`
	for line := range strings.Lines(stream) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		f.add(e)
	}
	f.end()
	return b.String(), f.times()
}

func TestFold(t *testing.T) {
	want := `FAILED: p TestBad, see below
FAIL	p	4.000s
was skipped: p TestSkipped
FAILED: p TestBad
    x_test.go:7: got 1, want 2
FAILED: p TestCutOff
panic: test timed out
`
	failing := `{"Action":"output","Package":"p","Test":"TestBad","Output":"    x_test.go:7: got 1, want 2\n"}`
	got, times := folded(t, failing)
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if want := "0.0 p TestSkipped\n1.0 p TestBad\n2.5 p TestGood/part\n"; times != want {
		t.Errorf("got times\n%swant\n%s", times, want)
	}
}

func TestFoldLeavesOutTheMiddle(t *testing.T) {
	var lines []string
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf(`{"Action":"output","Package":"p","Test":"TestBad","Output":"line %d\n"}`, i))
	}
	got, _ := folded(t, strings.Join(lines, "\n"))
	if !strings.Contains(got, "line 0\n") || !strings.Contains(got, "line 999\n") || strings.Contains(got, "line 500\n") {
		t.Errorf("got\n%s", got)
	}
}
