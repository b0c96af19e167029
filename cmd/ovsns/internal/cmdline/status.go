package cmdline

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"slices"
	"strconv"
	"syscall"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
)

// Exit codes, beside those that are passed on from another program.
const (
	ExitOK         = 0
	ExitFailed     = 1
	ExitUsage      = 2
	ExitNotFound   = 3
	ExitConflict   = 4
	ExitNotReady   = 5
	ExitDiffers    = 6   // differences were found
	exitNotExec    = 126 // as sh(1): found, but cannot be executed
	exitNoSuchFile = 127 // as sh(1): no such program
)

// ExitStatus is the status with which to exit, where all has been said: that of
// another program, or [ExitDiffers].
type ExitStatus int

// Error implements error.
func (s ExitStatus) Error() string { return "exit status " + strconv.Itoa(int(s)) }

// ProgramError is another program that could not be started.
type ProgramError struct {
	Err    error
	Status int // what a shell would exit with, if that is known; else 0
}

// Error implements error.
func (e ProgramError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e ProgramError) Unwrap() error { return e.Err }

// ExitCode classifies an error.
func ExitCode(err error) int {
	var status ExitStatus
	var program ProgramError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &program) && program.exitCode() != ExitFailed:
		return program.exitCode()
	case errors.Is(err, model.ErrInvalid):
		return ExitUsage
	case errors.Is(err, model.ErrNotFound):
		return ExitNotFound
	case errors.Is(err, model.ErrConflict), errors.Is(err, model.ErrNotManaged):
		return ExitConflict
	case errors.Is(err, model.ErrNotReady), errors.Is(err, context.DeadlineExceeded):
		return ExitNotReady
	}
	return ExitFailed
}

// exitCode tells a program that is missing from one that cannot run, as shells
// do; ExitFailed when it is neither. A missing privilege is the host's fault.
func (e ProgramError) exitCode() int {
	switch {
	case errors.Is(e.Err, model.ErrNotReady):
		return ExitFailed
	case e.Status != 0:
		return e.Status
	case errors.Is(e.Err, exec.ErrNotFound), errors.Is(e.Err, fs.ErrNotExist):
		return exitNoSuchFile
	case errors.Is(e.Err, fs.ErrPermission), errors.Is(e.Err, syscall.ENOEXEC):
		return exitNotExec
	}
	return ExitFailed
}

// Classified reports whether an error has one of the classes of the model.
func Classified(err error) bool {
	return slices.ContainsFunc([]error{
		model.ErrInvalid, model.ErrNotFound, model.ErrConflict, model.ErrNotManaged, model.ErrNotReady,
	}, func(class error) bool { return errors.Is(err, class) })
}

// Report prints an error, with a line for each problem that it has, and returns
// its exit code. A hint that is only a part of a line becomes all of l; that may be
// nil.
func Report(w io.Writer, l *Line, err error) int {
	var status ExitStatus
	var several interface {
		error
		Lines() []string
	}
	switch {
	case err == nil, errors.As(err, &status):
	case errors.As(err, &several):
		for _, line := range several.Lines() {
			output.Problem(w, line, "")
		}
	default:
		output.Problem(w, err.Error(), hint(l, err))
	}
	return ExitCode(err)
}
