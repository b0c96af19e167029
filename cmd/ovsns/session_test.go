package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func TestTimeLimitWithoutClassIsNotReady(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	s := &session{timeout: 0}
	if err := s.explain(ctx, errors.New("read: i/o timeout")); !errors.Is(err, model.ErrNotReady) {
		t.Errorf("got %v", err)
	}
	if err := s.explain(ctx, model.Conflictf("x")); cmdline.ExitCode(err) != cmdline.ExitConflict {
		t.Errorf("a class was lost: %v", err)
	}
}

func TestConfirmShowsThePlan(t *testing.T) {
	result := &switchmgr.Result{Plan: model.Plan{{Before: model.Namespace{Name: "red"}}}, Notes: []string{"process 7 stays"}}
	for typed, yes := range map[string]bool{"y\n": true, "n\n": false} {
		var errs bytes.Buffer
		s := &session{program: newProgram(nil, streams{in: strings.NewReader(typed), err: &errs}, nil)}
		if err := s.confirm(t.Context(), result); (err == nil) != yes {
			t.Errorf("%q: %v", typed, err)
		}
		if want := "- namespace red\nnote: process 7 stays\nDo this? [y/N] "; errs.String() != want {
			t.Errorf("asked %q", &errs)
		}
	}
}
