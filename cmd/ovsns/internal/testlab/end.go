package testlab

import (
	"bytes"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// End is how a program has ended.
type End struct {
	Stdout, Stderr string
	Status         int
}

// finish runs a prepared program to its end.
func finish(cmd *Cmd) (End, error) {
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	status, err := statusOf(cmd.Run())
	return End{Stdout: out.String(), Stderr: problems.String(), Status: status}, err
}

// statusOf returns the exit status of a program, as sh(1) has it, by what Run or Wait
// of its [Cmd] has returned; an error is one that is not the program's.
func statusOf(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if s := exit.Sys().(syscall.WaitStatus); s.Signaled() {
		return 128 + int(s.Signal()), nil
	}
	return exit.ExitCode(), nil
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
