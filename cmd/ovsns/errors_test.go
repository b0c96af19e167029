package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func TestExitCode(t *testing.T) {
	tests := []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("x"), 1},
		{model.Failedf("x"), 1},
		{model.Invalidf("x"), 2},
		{model.NotFoundf("x"), 3},
		{model.Conflictf("x"), 4},
		{model.NotManagedf("x"), 4},
		{model.NotReadyf("x"), 5},
		{fmt.Errorf("step: %w", model.NotFoundf("x")), 3},
		{errors.Join(model.Conflictf("x"), errors.New("y")), 4},
		{model.Failedf("x").Because(model.NotReadyf("y")), 5},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), 5},
		{context.Canceled, 1},
		{exitStatus(42), 42},
		{programError{err: &exec.Error{Name: "nope", Err: exec.ErrNotFound}}, 127},
		{programError{err: &fs.PathError{Op: "exec", Path: "/nope", Err: fs.ErrNotExist}}, 127},
		{programError{err: &fs.PathError{Op: "exec", Path: "/etc/passwd", Err: fs.ErrPermission}}, 126},
		{programError{err: model.NotFoundf("cannot run nope").Because(exec.ErrNotFound)}, 127},
		{programError{err: model.NotFoundf("cannot run /etc/passwd").Because(fs.ErrPermission)}, 126},
		{programError{err: model.Failedf("cannot run it").Because(syscall.ENOEXEC)}, 126},
		{programError{err: model.NotFoundf("no namespace red")}, 3},
		{programError{err: model.NotReadyf("needs root").Because(fs.ErrPermission)}, 5},
		{fs.ErrNotExist, 1},
	}
	for _, tt := range tests {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.err, got, tt.want)
		}
	}
}

func TestReportIsOneLineEach(t *testing.T) {
	var errs bytes.Buffer
	p := newProgram(nil, streams{err: &errs}, nil)
	code := p.report(model.NotFoundf("no namespace %s", "a\nb\x1b[31m\xff").WithHint("ovsns\tns list\r\n"))
	want := `error: no namespace a\nb\x1b[31m\xff` + "\n" + `hint: ovsns\tns list\r\n` + "\n"
	if code != exitNotFound || errs.String() != want {
		t.Errorf("status %d\n got %q\nwant %q", code, &errs, want)
	}
	errs.Reset()
	if p.report(exitStatus(3)); errs.Len() > 0 {
		t.Errorf("a passed-on status says %q", &errs)
	}
}

func TestTimeLimitWithoutClassIsNotReady(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	s := &session{timeout: 0}
	if err := s.explain(ctx, errors.New("read: i/o timeout")); !errors.Is(err, model.ErrNotReady) {
		t.Errorf("got %v", err)
	}
	if err := s.explain(ctx, model.Conflictf("x")); exitCode(err) != exitConflict {
		t.Errorf("a class was lost: %v", err)
	}
}

func TestConfirm(t *testing.T) {
	result := &switchmgr.Result{Plan: model.Plan{{Before: model.Namespace{Name: "red"}}}, Notes: []string{"process 7 stays"}}
	tests := []struct {
		typed string
		yes   bool
	}{{"y\n", true}, {"YES\n", true}, {"\n", false}, {"n\n", false}, {"", false}, {"maybe\n", false}}
	for _, tt := range tests {
		var errs bytes.Buffer
		s := &session{program: newProgram(nil, streams{in: strings.NewReader(tt.typed), err: &errs}, nil)}
		err := s.confirm(t.Context(), result)
		if (err == nil) != tt.yes || err != nil && exitCode(err) != exitFailed {
			t.Errorf("%q: %v", tt.typed, err)
		}
		if want := "- namespace red\nnote: process 7 stays\nDo this? [y/N] "; errs.String() != want {
			t.Errorf("asked %q", &errs)
		}
	}
}

func TestConfirmEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errs bytes.Buffer
	s := &session{program: newProgram(nil, streams{in: blocked{}, err: &errs}, nil)}
	if err := s.confirm(ctx, &switchmgr.Result{}); err == nil {
		t.Error("no error")
	}
}

// blocked is a terminal at which nobody types.
type blocked struct{}

func (blocked) Read([]byte) (int, error) { select {} }

func TestHintsBecomeLines(t *testing.T) {
	tests := []struct{ typed, message, hint, want string }{
		{"attach red", "several switches", "-s sw0", "ovsns attach red -s sw0"},
		{"exec red -- ls", "x", "--db unix:/x", "ovsns exec red --db unix:/x -- ls"},
		{"attach red -s a", "x", "-s sw0", "ovsns attach red -s sw0"},
		{"attach red -sa", "x", "-s sw0", "ovsns attach red -ssw0"},
		{"attach red --mac=X", "MAC x", "--mac Y", "ovsns attach red --mac=Y"},
		{"link add a b --mac-b=X", "MAC x is bad", "--mac Y", "ovsns link add a b --mac-b=Y"},
		{"link add a b --mac-b=X", "MAC z is bad", "--mac Y", ""},
		{"addr add red 10.0.0.1/24", "address 10.0.0.1 is taken", "--ip auto", ""},
		{"attach red", "x", "--vlan 5 for an access port", "--vlan 5 for an access port"},
		{"addr add red 10.0.0.1", "address 10.0.0.1 has none", "10.0.0.1/24", "ovsns addr add red 10.0.0.1/24"},
		{"attach red --ip 10.0.0.1 --ip 10.0.0.2", "address 10.0.0.2 has none", "10.0.0.2/24", "ovsns attach red --ip 10.0.0.1 --ip 10.0.0.2/24"},
		{"attach red --ip 10.0.0.1 --ip 10.0.0.1", "address 10.0.0.1 has none", "10.0.0.1/24", "10.0.0.1/24"},
		{"attach red", "x", "ovsns switch create", "ovsns switch create"},
		{"attach red", "x", "", ""},
	}
	for _, tt := range tests {
		p := newProgram(nil, streams{}, nil)
		l, err := parse(p.app(), strings.Fields(tt.typed))
		if err != nil {
			t.Fatal(err)
		}
		p.line = l
		if got := p.hint(model.Invalidf("%s", tt.message).WithHint("%s", tt.hint)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.typed, got, tt.want)
		}
	}
}
