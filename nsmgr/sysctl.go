package nsmgr

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

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
	err = h.with(ns, func(c *conn) error {
		return inside(c.fd, func() (err error) {
			value, err = os.ReadFile(file)
			return err
		})
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
	err = h.with(ns, func(c *conn) error {
		return inside(c.fd, func() error { return writeFile(file, value) })
	})
	return sysctlError(err, "set", ns, path)
}

// writeFile writes a file of /proc/sys.
func writeFile(file, value string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}

// ipv6Conf is where the IPv6 settings of interfaces are, below /proc.
const ipv6Conf = "sys/net/ipv6/conf"

// writeSetting writes a setting below a directory, see [procfs.open].
func writeSetting(dir int, path, value string) error {
	fd, err := unix.Openat(dir, path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	_, err = unix.Write(fd, []byte(value))
	return errors.Join(err, unix.Close(fd))
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
