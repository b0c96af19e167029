package cmdline

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
)

func TestConfirm(t *testing.T) {
	tests := []struct {
		typed string
		yes   bool
	}{{"y\n", true}, {"YES\n", true}, {"\n", false}, {"n\n", false}, {"", false}, {"maybe\n", false}}
	for _, tt := range tests {
		var out bytes.Buffer
		err := Confirm(t.Context(), strings.NewReader(tt.typed), &out)
		if (err == nil) != tt.yes || err != nil && ExitCode(err) != ExitFailed {
			t.Errorf("%q: %v", tt.typed, err)
		}
		if out.String() != "Do this? [y/N] " {
			t.Errorf("asked %q", &out)
		}
	}
}

func TestConfirmEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Confirm(ctx, blocked{}, new(bytes.Buffer)); err == nil || ExitCode(err) != ExitFailed {
		t.Errorf("got %v", err)
	}
}

// blocked is a terminal at which nobody types.
type blocked struct{}

func (blocked) Read([]byte) (int, error) { select {} }

func TestReadFile(t *testing.T) {
	shown, data, err := ReadFile(t.Context(), "-", strings.NewReader("text"))
	if err != nil || shown != "stdin" || string(data) != "text" {
		t.Errorf("stdin: %q, %q, %v", shown, data, err)
	}
	_, _, err = ReadFile(t.Context(), "/does/not/exist", nil)
	if err == nil || err.Error() != "cannot read /does/not/exist: no such file or directory" || ExitCode(err) != ExitUsage {
		t.Errorf("no file: %v", err)
	}
	if _, _, err = ReadFile(t.Context(), "-", broken{}); !errors.Is(err, errBroken) {
		t.Errorf("an error was lost: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err = ReadFile(ctx, "-", blocked{}); err == nil || err.Error() != "cannot read stdin: interrupted" {
		t.Errorf("after an interrupt: %v", err)
	}
}

var errBroken = errors.New("x")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }
