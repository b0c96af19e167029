package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// tapLine is a test line of TAP 13; what follows an unescaped # is a directive.
var tapLine = regexp.MustCompile(`^(not )?ok (\d+) - ((?:[^#\\]|\\[#\\])*)$`)

func TestTAP(t *testing.T) {
	var b strings.Builder
	if err := writeTAP(&b, oddReport()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if lines[0] != "TAP version 13" || lines[1] != "1..4" {
		t.Errorf("begins %q", lines[:2])
	}
	results, diagnostics := "", ""
	for _, line := range lines[2:] {
		if m := tapLine.FindStringSubmatch(line); m != nil {
			results += fmt.Sprintf("%s%s ", m[1], m[2])
		} else if strings.HasPrefix(line, "  ") {
			diagnostics += strings.TrimPrefix(line, "  ") + "\n"
		} else {
			t.Errorf("neither a result nor a diagnostic: %q", line)
		}
	}
	if results != "1 not 2 not 3 4 " {
		t.Errorf("results %q", results)
	}
	dec := yaml.NewDecoder(strings.NewReader(diagnostics))
	for _, want := range []string{"ok", "nothing"} {
		var d map[string]string
		if err := dec.Decode(&d); err != nil || d["measured"] != want || d["reason"] == "" {
			t.Errorf("diagnostic %v, %v of\n%s", d, err, diagnostics)
		}
	}
	b.Reset()
	if err := writeTAP(&b, &checkReport{}); err != nil || b.String() != "TAP version 13\n1..0 # skip nothing is expected\n" {
		t.Errorf("of nothing: %q, %v", b.String(), err)
	}
}
