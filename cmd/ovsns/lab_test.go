package main

import (
	"testing"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
)

// TestLab runs the scripts that need a real switch.
func TestLab(t *testing.T) {
	t.Parallel()
	testlab.RunScripts(t, "lab")
}
