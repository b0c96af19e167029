package main

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/labfile"
)

// Exit codes, beside those that exec and sandbox pass on.
const (
	exitOK         = 0
	exitFailed     = 1
	exitUsage      = 2
	exitNotFound   = 3
	exitConflict   = 4
	exitNotReady   = 5
	exitDiffers    = 6   // plan --exit-code, check
	exitNotExec    = 126 // as sh(1): found, but cannot be executed
	exitNoSuchFile = 127 // as sh(1): no such program
)

// exitStatus is the status of a command that ovsns ran; it says nothing more.
type exitStatus int

// Error implements error.
func (s exitStatus) Error() string { return "exit status " + strconv.Itoa(int(s)) }

// programError is a program that could not be started inside a namespace or a
// sandbox.
type programError struct {
	err    error
	status int // what a shell would exit with, if that is known; else 0
}

// Error implements error.
func (e programError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e programError) Unwrap() error { return e.err }

// exitCode classifies an error.
func exitCode(err error) int {
	var status exitStatus
	var program programError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &program) && program.exitCode() != exitFailed:
		return program.exitCode()
	case errors.Is(err, model.ErrInvalid):
		return exitUsage
	case errors.Is(err, model.ErrNotFound):
		return exitNotFound
	case errors.Is(err, model.ErrConflict), errors.Is(err, model.ErrNotManaged):
		return exitConflict
	case errors.Is(err, model.ErrNotReady), errors.Is(err, context.DeadlineExceeded):
		return exitNotReady
	}
	return exitFailed
}

// exitCode tells a program that is missing from one that cannot run, as shells
// do; exitFailed when it is neither. A missing privilege is the host's fault.
func (e programError) exitCode() int {
	switch {
	case errors.Is(e.err, model.ErrNotReady):
		return exitFailed
	case e.status != 0:
		return e.status
	case errors.Is(e.err, exec.ErrNotFound), errors.Is(e.err, fs.ErrNotExist):
		return exitNoSuchFile
	case errors.Is(e.err, fs.ErrPermission), errors.Is(e.err, syscall.ENOEXEC):
		return exitNotExec
	}
	return exitFailed
}

// classified reports whether an error has one of the classes of the model.
func classified(err error) bool {
	return slices.ContainsFunc([]error{
		model.ErrInvalid, model.ErrNotFound, model.ErrConflict, model.ErrNotManaged, model.ErrNotReady,
	}, func(class error) bool { return errors.Is(err, class) })
}

// report prints an error and returns its exit code.
func (p *program) report(err error) int {
	var status exitStatus
	var file *labfile.Error
	switch {
	case err == nil, errors.As(err, &status):
	case errors.As(err, &file):
		for _, line := range file.Lines() {
			output.Problem(p.err, line, "")
		}
	default:
		output.Problem(p.err, err.Error(), p.hint(err))
	}
	return exitCode(err)
}

// bareFlag is a hint that is nothing but a flag with its value.
var bareFlag = regexp.MustCompile(`^(--?)([a-z-]+) (\S+)$`)

// hint returns what can be pasted. A hint that is only the corrected value of
// a flag or argument becomes the whole line.
func (p *program) hint(err error) string {
	hint := model.Hint(err)
	if p.line == nil || hint == "" {
		return hint
	}
	if m := bareFlag.FindStringSubmatch(hint); m != nil {
		return p.line.withFlag(m[1]+m[2], m[3], err.Error())
	}
	if _, perr := netip.ParsePrefix(hint); perr == nil {
		return p.line.withAddress(hint, err.Error())
	}
	return hint
}

// withFlag returns the line with another value of a flag that it has once, or
// with the flag added; "" when the command has no such flag. A hint about --mac
// fits --mac-a too, when the message names its value.
func (l *line) withFlag(typed, value, message string) string {
	name := strings.TrimLeft(typed, "-")
	var at []given
	for _, g := range l.flags {
		if strings.HasPrefix(g.flag.Names()[0], name+"-") && mentions(message, strings.ToLower(g.value)) {
			return l.withValue(g, value)
		}
		if slices.Contains(g.flag.Names(), name) {
			at = append(at, g)
		}
	}
	known := slices.ContainsFunc(append(slices.Clip(l.app.Flags), l.leaf().Flags...), func(f cli.Flag) bool {
		return slices.Contains(f.Names(), name)
	})
	switch {
	case !known:
		return "" // a hint for another verb
	case len(at) == 0:
		return l.withAppended(typed, value)
	case len(at) == 1:
		return l.withValue(at[0], value)
	}
	return typed + " " + value
}

// withAppended adds flags after the last word before a bare "--".
func (l *line) withAppended(words ...string) string {
	end := slices.Index(l.words, "--")
	if end < 0 {
		end = len(l.words)
	}
	return l.commandLine(slices.Insert(slices.Clone(l.words), end, words...))
}

// withValue returns the line with another value of one flag.
func (l *line) withValue(g given, value string) string {
	word := l.words[g.at]
	switch {
	case word == g.typed:
		return l.commandLine(slices.Replace(slices.Clone(l.words), g.at+1, g.at+2, value))
	case strings.HasSuffix(word, g.value):
		return l.with(g.at, strings.TrimSuffix(word, g.value)+value)
	}
	return l.with(g.at, g.typed, value)
}

// withAddress returns the line with the one address that the message names
// replaced; else the hint itself.
func (l *line) withAddress(hint, message string) string {
	lines := map[string]bool{}
	for _, g := range l.flags {
		if isAddress(g.value) && mentions(message, g.value) {
			lines[l.withValue(g, hint)] = true
		}
	}
	for i, arg := range l.args {
		if isAddress(arg) && mentions(message, arg) {
			lines[l.with(l.argAt[i], hint)] = true
		}
	}
	if len(lines) != 1 {
		return hint
	}
	for line := range lines {
		return line
	}
	return hint
}

func mentions(message, word string) bool {
	return slices.Contains(strings.FieldsFunc(message, func(r rune) bool { return r == ' ' || r == ',' || r == '"' }), word)
}

func isAddress(s string) bool {
	_, perr := netip.ParsePrefix(s)
	_, aerr := netip.ParseAddr(s)
	return perr == nil || aerr == nil
}
