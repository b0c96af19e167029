package testlab

import (
	"bytes"
	"errors"
	"os/exec"
	"strconv"
	"strings"
)

// End is how a program has ended.
type End struct {
	Stdout, Stderr string
	Status         int
}

// finish runs a prepared program to its end.
func finish(cmd *exec.Cmd) (End, error) {
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	e := End{Stdout: out.String(), Stderr: problems.String()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		e.Status, err = exit.ExitCode(), nil
	}
	return e, err
}

// Refusal says how the end of a program differs from a proper refusal.
func (e End) Refusal(status int) string {
	lines := strings.Split(strings.TrimSuffix(e.Stderr, "\n"), "\n")
	switch {
	case e.Status != status:
		return "exit status " + strconv.Itoa(e.Status) + ", not " + strconv.Itoa(status)
	case e.Stdout != "":
		return "it prints data"
	case !strings.HasPrefix(lines[0], "error: "):
		return "stderr does not begin with error:"
	case len(lines) > 2, len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: "):
		return "stderr is not one error and perhaps one hint"
	}
	return ""
}
