package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/switchmgr"
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
