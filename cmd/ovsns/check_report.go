package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/switchmgr"
)

// Values of --output that check alone has.
const (
	formatJUnit = "junit"
	formatTAP   = "tap"
)

// The elements of JUnit's reports, as CI services read them.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes an XML report. What could not be measured is an error, the
// rest a failure.
func writeJUnit(w io.Writer, r *checkReport) error {
	suite := junitSuite{Name: suiteName(r), Tests: len(r.Outcomes)}
	longest := 0.0
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		c := junitCase{Name: output.Printable(title(o)), Class: suite.Name, Time: seconds(o.Seconds)}
		switch problem := junitProblemOf(o); {
		case o.Pass:
		case o.Got == "":
			c.Error = problem
			suite.Errors++
		default:
			c.Failure = problem
			suite.Failures++
		}
		suite.Cases = append(suite.Cases, c)
		longest = max(longest, o.Seconds)
	}
	suite.Time = seconds(longest)
	text, err := xml.MarshalIndent(junitSuites{
		Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Suites: []junitSuite{suite},
	}, "", "  ")
	if err != nil {
		return err
	}
	return output.WriteLine(w, xml.Header+string(text))
}

func junitProblemOf(o *switchmgr.Outcome) *junitProblem {
	text := o.Reason
	if o.Hint != "" {
		text += "\nhint: " + o.Hint
	}
	return &junitProblem{
		Message: output.Printable(fmt.Sprintf("expected %s, measured %s", o.Is, measured(o))), Type: "expectation", Text: text,
	}
}

func suiteName(r *checkReport) string {
	if r.Name == "" {
		return "ovsns"
	}
	return output.Printable(r.Name)
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }

// writeTAP writes version 13 of the Test Anything Protocol, which Perl's prove(1)
// reads; it knows no later one.
func writeTAP(w io.Writer, r *checkReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 13\n1..%d", len(r.Outcomes))
	if len(r.Outcomes) == 0 {
		b.WriteString(" # skip nothing is expected")
	}
	b.WriteByte('\n')
	for i := range r.Outcomes {
		writeTAPLine(&b, i+1, &r.Outcomes[i])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tapEscape keeps a description from being taken for a directive.
var tapEscape = strings.NewReplacer(`\`, `\\`, "#", `\#`)

func writeTAPLine(b *strings.Builder, number int, o *switchmgr.Outcome) {
	result := "ok"
	if !o.Pass {
		result = "not ok"
	}
	fmt.Fprintf(b, "%s %d - %s\n", result, number, tapEscape.Replace(output.Printable(title(o))))
	if o.Pass {
		return
	}
	b.WriteString("  ---\n")
	for _, line := range [][2]string{
		{"expected", string(o.Is)}, {"measured", measured(o)}, {"reason", o.Reason}, {"hint", o.Hint},
	} {
		if line[1] != "" {
			text, _ := json.Marshal(line[1]) // strings cannot fail; JSON is YAML
			fmt.Fprintf(b, "  %s: %s\n", line[0], text)
		}
	}
	b.WriteString("  ...\n")
}
