package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// TestReadme runs the sessions of README.md, its blocks marked "console", one
// after the other in one private host with an outside, and compares what they print. The block
// marked "yaml" is the file lab.yaml.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	sessions := parseSessions(string(text))
	if len(sessions) < 10 {
		t.Fatalf("README.md shows %d commands; did its marks change?", len(sessions))
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "lab.yaml"), []byte(parseLabFile(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	h := testlab.StartWith(t, sandbox.Options{Outside: true})
	for _, s := range sessions {
		got := runSession(h, "cd "+dir+" && "+s.command)
		if !s.matches(got) {
			t.Errorf("$ %s\n%s\nREADME.md shows:\n%s", s.command, got, s.output)
		}
	}
}

// shown is one command that the file shows, with what it prints.
type shown struct {
	command string
	output  string // "..." stands for anything
}

func parseSessions(text string) []shown {
	var list []shown
	inside := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = strings.TrimSpace(line) == "```console"
		case !inside:
		case strings.HasPrefix(line, "$ "):
			list = append(list, shown{command: strings.TrimSpace(line[2:])})
		default:
			list[len(list)-1].output += line
		}
	}
	return list
}

// parseLabFile returns the one block that is marked "yaml".
func parseLabFile(text string) string {
	_, rest, _ := strings.Cut(text, "```yaml\n")
	file, _, _ := strings.Cut(rest, "```")
	return file
}

func (s shown) matches(got string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(s.output), `\.\.\.`, `[\s\S]*`)
	return regexp.MustCompile("^" + pattern + "$").MatchString(got)
}

// runSession runs a line of shell and returns all that it prints; that it
// fails shows in what it prints.
func runSession(h *testlab.Host, line string) string {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), testlab.Patience)
	defer cancel()
	var out bytes.Buffer
	cmd := h.Command(ctx, "sh", "-c", line)
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	if ctx.Err() != nil {
		h.Fatalf("%s did not end", line)
	}
	return out.String()
}
