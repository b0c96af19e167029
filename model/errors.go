package model

import (
	"errors"
	"fmt"
)

// The classes of failure. Each error that leaves a package of ovsns wraps at
// most one of them; test with [errors.Is]. An error without a class is a
// failure at run time.
var (
	// ErrInvalid: the request is wrong in itself, whatever the host is like.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound: a switch, namespace, port, ... of that name does not exist.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the request contradicts what is there.
	ErrConflict = errors.New("conflict")
	// ErrNotManaged: the name belongs to something that ovsns did not make.
	ErrNotManaged = errors.New("not made by ovsns")
	// ErrNotReady: the host lacks what is needed: no ovsdb-server or
	// ovs-vswitchd answers, a privilege or a program is missing.
	ErrNotReady = errors.New("not ready")
)

// Error is a classified failure with a sentence for people and, where one is
// known, a command that mends it.
type Error struct {
	// Class is one of the sentinels above, or nil for a run-time failure.
	Class error
	// Message is one line without a trailing full stop; it names the object.
	Message string
	// Hint is a command or a sentence that can be followed; may be empty.
	Hint string
	// Err is the cause, or nil.
	Err error
}

// Error returns the message, followed by the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap makes both the class and the cause visible to [errors.Is].
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Class != nil {
		errs = append(errs, e.Class)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// WithHint returns a copy of e that carries the hint.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// Because returns a copy of e that carries the cause.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// Invalidf makes an [ErrInvalid] error.
func Invalidf(format string, args ...any) *Error {
	return &Error{Class: ErrInvalid, Message: fmt.Sprintf(format, args...)}
}

// NotFoundf makes an [ErrNotFound] error.
func NotFoundf(format string, args ...any) *Error {
	return &Error{Class: ErrNotFound, Message: fmt.Sprintf(format, args...)}
}

// Conflictf makes an [ErrConflict] error.
func Conflictf(format string, args ...any) *Error {
	return &Error{Class: ErrConflict, Message: fmt.Sprintf(format, args...)}
}

// NotManagedf makes an [ErrNotManaged] error.
func NotManagedf(format string, args ...any) *Error {
	return &Error{Class: ErrNotManaged, Message: fmt.Sprintf(format, args...)}
}

// NotReadyf makes an [ErrNotReady] error.
func NotReadyf(format string, args ...any) *Error {
	return &Error{Class: ErrNotReady, Message: fmt.Sprintf(format, args...)}
}

// Failedf makes an error without a class: a failure at run time.
func Failedf(format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...)}
}

// Hint returns the first hint in err's tree, or "".
func Hint(err error) string {
	// The tree is walked by hand: errors.As would stop at the first Error,
	// which may have no hint.
	if e, ok := err.(*Error); ok && e.Hint != "" { //nolint:errorlint // see above
		return e.Hint
	}
	switch e := err.(type) { //nolint:errorlint // see above
	case interface{ Unwrap() error }:
		return Hint(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			if hint := Hint(cause); hint != "" {
				return hint
			}
		}
	}
	return ""
}
