package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// oddReport holds what could break a format.
func oddReport() *checkReport {
	expect := func(from, to string, is model.Verdict) model.Expectation {
		return model.Expectation{From: from, To: to, Is: is}
	}
	r := &checkReport{Name: `a<b> & "c" #1`, Outcomes: []switchmgr.Outcome{
		{Expectation: expect("red", "blue", model.ReachOK), Got: model.ReachOK, Pass: true, Seconds: 0.0012, Addresses: []switchmgr.AddressOutcome{
			{Address: netip.MustParseAddr("10.0.0.1"), Got: model.ReachOK, Requests: 1, Milliseconds: 0.4},
		}},
		{Expectation: model.Expectation{From: "red#1", To: `gr\een`, Is: model.ReachBlocked, TCP: 80}, Got: model.ReachOK,
			Reason: `a "cable" & <more>: # joins` + "\x01\u2028 them", Hint: "ovsns x 'y'"},
		{Expectation: expect("röd", "]]>", model.ReachOK), Got: "", Reason: "there is no namespace ]]>"},
		{Expectation: model.Expectation{From: "red", To: "2001:db8::1", Is: model.ReachBlocked, UDP: 53}, Got: model.ReachBlocked, Pass: true},
	}}
	r.count()
	return r
}

func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := writeJUnit(&b, oddReport()); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
	}
	var back junitSuites
	if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	s := back.Suites[0]
	if back.Tests != 4 || back.Failures != 1 || back.Errors != 1 || s.Name != `a<b> & "c" #1` || len(s.Cases) != 4 {
		t.Errorf("got %+v", back)
	}
	if s.Cases[0].Failure != nil || s.Cases[1].Failure == nil || s.Cases[2].Error == nil || s.Cases[1].Error != nil {
		t.Errorf("got %+v", s.Cases)
	}
	if c := s.Cases[1]; c.Name != `red#1 -> gr\een tcp 80 is blocked` || !strings.Contains(c.Failure.Text, "hint: ovsns x 'y'") {
		t.Errorf("got %+v %+v", c, c.Failure)
	}
}
