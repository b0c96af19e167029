package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// addLabWords adds the words for what goes wrong:
//
//	refused N CMD ARG...          its exit status is N, it prints nothing but
//	                              one error, and perhaps one hint, to stderr
//	together N CMD ARG...         N of it at the same moment, all succeed; % in
//	                              an argument is the number, from 1
func addLabWords(cmds map[string]func(*testscript.TestScript, bool, []string)) {
	cmds["refused"] = refused
	cmds["together"] = together
}

// done is a program that has ended.
type done struct {
	stdout, stderr string
	status         int
}

// finish runs a prepared program to its end.
func finish(cmd *exec.Cmd) (done, error) {
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	d := done{stdout: out.String(), stderr: problems.String()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		d.status, err = exit.ExitCode(), nil
	}
	return d, err
}

func refused(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: refused N CMD ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d, err := finish(command(ctx, ts, home, args[1:]))
	ts.Check(err)
	_, _ = ts.Stderr().Write([]byte(d.stderr)) // a buffer
	if problem := d.refusal(want); problem != "" {
		ts.Fatalf("%s\nstdout:\n%s", problem, d.stdout)
	}
}

// refusal says how the end of a program differs from a proper refusal.
func (d done) refusal(status int) string {
	lines := strings.Split(strings.TrimSuffix(d.stderr, "\n"), "\n")
	switch {
	case d.status != status:
		return "exit status " + strconv.Itoa(d.status) + ", not " + strconv.Itoa(status)
	case d.stdout != "":
		return "it prints data"
	case !strings.HasPrefix(lines[0], "error: "):
		return "stderr does not begin with error:"
	case len(lines) > 2, len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: "):
		return "stderr is not one error and perhaps one hint"
	}
	return ""
}

func together(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: together N CMD ARG...")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	ends, errs := make([]done, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		words := make([]string, len(args)-1)
		for j, word := range args[1:] {
			words[j] = strings.ReplaceAll(word, "%", strconv.Itoa(i+1))
		}
		cmd := command(ctx, ts, home, words)
		all.Go(func() { ends[i], errs[i] = finish(cmd) })
	}
	all.Wait()
	for i, d := range ends {
		ts.Check(errs[i])
		_, _ = ts.Stdout().Write([]byte(d.stdout)) // buffers
		_, _ = ts.Stderr().Write([]byte(d.stderr))
		if d.status != 0 {
			ts.Fatalf("number %d: exit status %d: %s", i+1, d.status, d.stderr)
		}
	}
}
