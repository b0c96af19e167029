package nsmgr

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Sysctl returns a setting as ns sees it, without the trailing newline. The
// path is below /proc/sys and separated by slashes: "net/ipv4/ip_forward".
// [model.ErrInvalid] for a path that leads elsewhere, [model.ErrNotFound] for
// a setting that the kernel does not have.
func (h *Host) Sysctl(ns, path string) (string, error) {
	file, err := sysctlFile(path)
	if err != nil {
		return "", err
	}
	var value []byte
	err = h.Do(ns, func() (err error) {
		value, err = os.ReadFile(file)
		return err
	})
	return strings.TrimSpace(string(value)), sysctlError(err, "read", ns, path)
}

// SetSysctl writes a setting of ns, see [Host.Sysctl]. [model.ErrInvalid] when
// the kernel refuses the value, [model.ErrNotReady] without the privilege.
func (h *Host) SetSysctl(ns, path, value string) error {
	file, err := sysctlFile(path)
	if err != nil {
		return err
	}
	err = h.Do(ns, func() error {
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(value)
		return errors.Join(err, f.Close())
	})
	return sysctlError(err, "set", ns, path)
}

// sysctlFile returns the file of a setting. What /proc/sys/net shows depends
// on the thread that opens it.
func sysctlFile(path string) (string, error) {
	if path == "." || !filepath.IsLocal(path) || filepath.Clean(path) != path {
		return "", model.Invalidf("sysctl %q is not of the form net/ipv4/ip_forward", path)
	}
	return filepath.Join("/proc/sys", path), nil
}

func sysctlError(err error, verb, ns, path string) error {
	var known *model.Error
	if errors.As(err, &known) {
		return err
	}
	return classify(err, "cannot %s sysctl %s of %s", verb, path, where(ns))
}
