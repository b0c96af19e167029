package switchmgr_test

import (
	"os/exec"
	"testing"
)

// shell runs a line of sh(1) in the private host and fails the test when it
// fails.
func shell(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", line).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
}
