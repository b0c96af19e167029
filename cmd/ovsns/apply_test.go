package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
)

func TestProgressLine(t *testing.T) {
	tests := []struct {
		done, total int
		step        string
		width       int
		want        string
	}{
		{0, 12, "namespaces", 80, "[                    ]  0/12 namespaces"},
		{6, 12, "links", 80, "[##########          ]  6/12 links"},
		{12, 12, "done", 80, "[####################] 12/12 done"},
		{0, 0, "", 80, "[####################] 0/0 "},
		{1, 2, "ünïcode", 30, "[##########          ] 1/2 ünï"},
		{1, 2, "x", 0, ""},
	}
	for _, tt := range tests {
		got := progressLine(tt.done, tt.total, tt.step, tt.width)
		if got != tt.want || utf8.RuneCountInString(got) > tt.width {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestProgressClearsItsLine(t *testing.T) {
	var b bytes.Buffer
	bar := &progressBar{w: &b, width: 40}
	bar.clear() // nothing there yet
	bar.show(0, 2, "one")
	bar.show(1, 2, "too soon")
	bar.clear()
	const want = "\r[                    ] 0/2 one\x1b[K\r\x1b[K"
	if b.String() != want {
		t.Errorf("got %q, want %q", &b, want)
	}
	var none *progressBar
	none.show(1, 2, "x")
	none.clear()
}

func TestReadingEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := readUntil(ctx, func() ([]byte, error) { select {} })
	if err == nil {
		t.Error("no error")
	}
	if _, err := readUntil(t.Context(), func() ([]byte, error) { return nil, errors.New("x") }); err == nil {
		t.Error("an error was lost")
	}
}

func TestApplyOnATerminal(t *testing.T) {
	h := testlab.Start(t, "apply")
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		must(t, os.WriteFile(path, []byte("version: 1\n"+text), 0o666))
		return path
	}
	two := file("two.yaml", "switches: {sw0: }\nnamespaces: {red: {interfaces: [{}]}, blue: }\n")
	one := file("one.yaml", "switches: {sw0: }\nnamespaces: {red: {interfaces: [{}]}, green: }\n")

	code, shown := typing(t, h, "", "apply", "-f", two)
	if code != exitOK || !strings.Contains(shown, "[#") || !strings.HasSuffix(shown, "\r\x1b[K") || strings.Contains(shown, "[y/N]") {
		t.Errorf("apply: status %d, %q", code, shown)
	}
	if code, shown := typing(t, h, "", "apply", "-q", "-f", one); code != exitOK || shown != "" {
		t.Errorf("quiet: status %d, %q", code, shown)
	}
	code, shown = typing(t, h, "n\n", "apply", "--prune", "-f", one)
	if code != exitFailed || !strings.Contains(shown, "- namespace blue") || !strings.Contains(shown, "[y/N]") {
		t.Errorf("prune, no: status %d, %q", code, shown)
	}
	if code, shown := typing(t, h, "y\n", "apply", "--prune", "-f", one); code != exitOK {
		t.Errorf("prune, yes: status %d, %q", code, shown)
	}
	if code, shown := typing(t, h, "", "apply", "--prune", "-f", one); code != exitOK || strings.Contains(shown, "[y/N]") {
		t.Errorf("nothing to prune: status %d, %q", code, shown)
	}
	code, shown = typing(t, h, "n\n", "destroy", "-f", one)
	if code != exitFailed || !strings.Contains(shown, "- switch sw0") {
		t.Errorf("destroy: status %d, %q", code, shown)
	}
}
