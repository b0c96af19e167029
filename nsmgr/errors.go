package nsmgr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// classify turns a failure of the kernel into an error of the model. The
// format says what was attempted and on what.
func classify(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	e := &model.Error{Class: classOf(err), Message: fmt.Sprintf(format, args...), Err: err}
	if errors.Is(err, unix.EPERM) {
		return e.WithHint("%s", sudoHint())
	}
	return e
}

// classOf returns the class that an error number stands for, nil for a failure
// at run time.
func classOf(err error) error {
	if isContext(err) {
		return model.ErrNotReady
	}
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return model.ErrNotFound
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return nil
	}
	switch errno {
	case unix.EPERM, unix.EACCES, unix.EROFS:
		return model.ErrNotReady
	case unix.EEXIST:
		return model.ErrConflict
	case unix.ENODEV, unix.ENOENT, unix.ESRCH, unix.ENXIO:
		return model.ErrNotFound
	case unix.EINVAL, unix.ERANGE, unix.EADDRNOTAVAIL, unix.EMSGSIZE:
		return model.ErrInvalid
	}
	return nil
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isAny reports whether err is one of the error numbers.
func isAny(err error, errnos ...syscall.Errno) bool {
	for _, e := range errnos {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// where names a namespace for people.
func where(ns string) string {
	if ns == "" {
		return "the host"
	}
	return "namespace " + ns
}

// sudoHint repeats the command line of this process with sudo in front.
func sudoHint() string {
	words := []string{"sudo"}
	for _, a := range os.Args {
		if a == "" || strings.ContainsAny(a, " \t\n'\"\\$`&|;<>()*?[]#~!{}") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
