package main

import (
	"strings"
	"testing"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
)

// TestAdoptAsks answers first no, then yes, at a terminal.
func TestAdoptAsks(t *testing.T) {
	h := testlab.Start(t, "adopt")
	must(t, h.Command(t.Context(), "ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev").Run())
	switches := func() string {
		out, err := h.Command(t.Context(), "ovsns", "switch", "list", "-q").Output()
		must(t, err)
		return string(out)
	}
	code, shown := typing(t, h, "n\n", "adopt")
	if code != cmdline.ExitFailed || !strings.Contains(shown, "+ switch br0") || !strings.Contains(shown, "Do this? [y/N]") {
		t.Errorf("exit status %d, shown:\n%s", code, shown)
	}
	if strings.Contains(switches(), "br0") {
		t.Error("br0 was adopted without consent")
	}
	if code, shown = typing(t, h, "y\n", "adopt"); code != cmdline.ExitOK || !strings.Contains(switches(), "br0") {
		t.Errorf("exit status %d, shown:\n%s", code, shown)
	}
	if code, shown = typing(t, h, "", "adopt"); code != cmdline.ExitOK || strings.Contains(shown, "Do this?") {
		t.Errorf("nothing to do, exit status %d, shown:\n%s", code, shown)
	}
}
