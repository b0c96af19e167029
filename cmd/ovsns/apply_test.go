package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
)

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
	if code != cmdline.ExitOK || !strings.Contains(shown, "[#") || !strings.HasSuffix(shown, "\r\x1b[K") || strings.Contains(shown, "[y/N]") {
		t.Errorf("apply: status %d, %q", code, shown)
	}
	if code, shown := typing(t, h, "", "apply", "-q", "-f", one); code != cmdline.ExitOK || shown != "" {
		t.Errorf("quiet: status %d, %q", code, shown)
	}
	code, shown = typing(t, h, "n\n", "apply", "--prune", "-f", one)
	if code != cmdline.ExitFailed || !strings.Contains(shown, "- namespace blue") || !strings.Contains(shown, "[y/N]") {
		t.Errorf("prune, no: status %d, %q", code, shown)
	}
	if code, shown := typing(t, h, "y\n", "apply", "--prune", "-f", one); code != cmdline.ExitOK {
		t.Errorf("prune, yes: status %d, %q", code, shown)
	}
	if code, shown := typing(t, h, "", "apply", "--prune", "-f", one); code != cmdline.ExitOK || strings.Contains(shown, "[y/N]") {
		t.Errorf("nothing to prune: status %d, %q", code, shown)
	}
	code, shown = typing(t, h, "n\n", "destroy", "-f", one)
	if code != cmdline.ExitFailed || !strings.Contains(shown, "- switch sw0") {
		t.Errorf("destroy: status %d, %q", code, shown)
	}
}
