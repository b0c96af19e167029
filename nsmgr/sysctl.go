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
		return inside(c.fd, func() error {
			f, err := os.OpenFile(file, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString(value)
			return errors.Join(err, f.Close())
		})
	})
	return sysctlError(err, "set", ns, path)
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

// quietStart gives the calling thread's namespace the settings of QuietStart.
// Where /proc/sys is read-only, or the kernel has no IPv6, it does without.
func (p *procfs) quietStart() {
	dir, err := p.open(ipv6Conf + "/default")
	if err != nil {
		return
	}
	defer unix.Close(dir)
	for path, value := range QuietStart {
		_ = writeSetting(dir, filepath.Base(path), value)
	}
}

// QuietStart are the settings, as paths below /proc/sys, that each namespace
// has from [Host.CreateNamespaces] on for the interfaces that come into it. By
// default an interface that comes up sends half a dozen IPv6 packets to
// everybody within seconds, and goes on asking for routers: of a thousand
// namespaces on one switch in userspace these are millions of copies, which
// keep ovs-vswitchd busy for a minute.
//
// With them an interface still has its link-local address, at once, hears
// routers, and belongs to its multicast groups; what it says about that is
// said before it is on the switch.
var QuietStart = map[string]string{
	// No duplicate address detection: nobody else has the address.
	"net/ipv6/conf/default/accept_dad": "0",
	// Routers are heard when they speak, not asked to.
	"net/ipv6/conf/default/router_solicitations": "0",
	// Multicast groups are reported, and reported again, at once rather than
	// within a second (in milliseconds).
	"net/ipv6/conf/default/mldv2_unsolicited_report_interval": "1",
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
