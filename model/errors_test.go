package model_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestClasses(t *testing.T) {
	classes := []error{model.ErrInvalid, model.ErrNotFound, model.ErrConflict, model.ErrNotManaged, model.ErrNotReady}
	tests := []struct {
		err   *model.Error
		class error
	}{
		{model.Invalidf("no %s", "x"), model.ErrInvalid},
		{model.NotFoundf("no %s", "x"), model.ErrNotFound},
		{model.Conflictf("no %s", "x"), model.ErrConflict},
		{model.NotManagedf("no %s", "x"), model.ErrNotManaged},
		{model.NotReadyf("no %s", "x"), model.ErrNotReady},
		{model.Failedf("no %s", "x"), nil},
	}
	for _, tt := range tests {
		err := fmt.Errorf("attach red: %w", tt.err.WithHint("h").Because(fs.ErrExist))
		for _, class := range classes {
			if errors.Is(err, class) != (class == tt.class) {
				t.Errorf("%v: errors.Is %v is %v", tt.class, class, class != tt.class)
			}
		}
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("%v: the cause is lost", tt.class)
		}
		if want := "attach red: no x: file already exists"; err.Error() != want {
			t.Errorf("got %q; want %q", err, want)
		}
	}
}

func TestWithHintAndBecauseCopy(t *testing.T) {
	plain := model.Invalidf("bad")
	hinted, caused := plain.WithHint("try %d", 1), plain.Because(fs.ErrExist)
	if plain.Hint != "" || plain.Err != nil || hinted.Err != nil || caused.Hint != "" {
		t.Error("one error changed another")
	}
	if hinted.Hint != "try 1" || plain.Error() != "bad" {
		t.Errorf("got hint %q, message %q", hinted.Hint, plain)
	}
}

func TestHint(t *testing.T) {
	hinted := model.NotFoundf("no switch").WithHint("ovsns switch create")
	for name, err := range map[string]error{
		"itself":            hinted,
		"wrapped":           fmt.Errorf("attach: %w", hinted),
		"a cause":           model.Failedf("step 2").Because(hinted),
		"a deep cause":      model.Failedf("step 2").Because(fmt.Errorf("x: %w", model.Failedf("y").Because(hinted))),
		"joined":            errors.Join(fs.ErrExist, model.Failedf("first"), hinted),
		"the outermost one": model.Failedf("step 2").WithHint("ovsns switch create").Because(model.Invalidf("x").WithHint("inner")),
		"wrapped in two":    fmt.Errorf("%w and %w", fs.ErrExist, hinted),
	} {
		if got := model.Hint(err); got != "ovsns switch create" {
			t.Errorf("%s: the hint is %q", name, got)
		}
	}
	for _, err := range []error{nil, fs.ErrExist, model.Failedf("x"), model.Failedf("x").Because(fs.ErrExist), errors.Join(fs.ErrExist)} {
		if got := model.Hint(err); got != "" {
			t.Errorf("%v has the hint %q", err, got)
		}
	}
}
