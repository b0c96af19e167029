// Package sandboxtest gives tests a machine with ordinary users, of which the
// real machine knows nothing.
//
//	test (root) ── Machine: a private host with accounts of its own
//	                 |        in /etc, and its own /tmp and /dev/net/tun
//	                 '── As("lab", ...): a process without privileges
package sandboxtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// Places on a machine that everybody may read.
const (
	Program = "/run/ovsns/bin/ovsns" // the program that the test is
	Source  = "/home/src"            // Options.Source
)

// Options describe a machine. The zero value is one without users, on which
// nobody but root may open /dev/net/tun and nobody has a range of users.
type Options struct {
	// Users are the names of its ordinary users.
	Users []string
	// Taps gives /dev/net/tun the mode that udev does.
	Taps bool
	// Ranges gives each user a range of users and groups (subuid(5)); without
	// it the programs that would map one are missing too.
	Ranges bool
	// Source is a directory to be seen at [Source]; "" is none.
	Source string
}

// Machine is a private host with users. It ends with its test.
type Machine struct {
	*sandbox.Host
	users []string
}

// firstUID is far from those that a system hands out.
const firstUID = 71001

// New makes a machine. The test must run as root.
func New(t testing.TB, o Options) *Machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("this test needs root: sudo hack/test.sh")
	}
	h, err := sandbox.Start(t.Context(), sandbox.Options{Name: "machine", NoSwitch: true, Dir: "/", Root: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	m := &Machine{Host: h, users: o.Users}
	cmd := h.Command(t.Context(), "bash", "-euc", o.script())
	if o.Source != "" {
		cmd.Dir = o.Source
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot make the machine: %v\n%s", err, out)
	}
	return m
}

// script makes the machine of a private host, as its root.
func (o Options) script() string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	// The whole of /etc: what is mounted on one file of it goes when the machine has
	// another in its place.
	line("mkdir /run/etc; mount -t tmpfs -o mode=755 etc /run/etc; cp -a /etc/. /run/etc")
	line("mount --move /run/etc /etc; rmdir /run/etc")
	line("mkdir /run/dev /run/user; mount -t tmpfs home /home")
	if o.Source != "" {
		line("mkdir %s; mount --bind . %s", Source, Source)
	}
	line("cd /; mount -t tmpfs -o mode=1777 tmp /tmp")
	line(": >/etc/subuid; : >/etc/subgid")
	for i, name := range o.Users {
		uid := firstUID + i
		line("echo %s:x:%d:%d::/home/%s:/bin/bash >>/etc/passwd", name, uid, uid, name)
		line("echo %s:x:%d: >>/etc/group", name, uid)
		line("install -d -o %d -g %d -m 700 /home/%s /run/user/%d", uid, uid, name, uid)
		if o.Ranges {
			line("echo %s:%d:65536 | tee -a /etc/subuid >>/etc/subgid", name, 700000+i*65536)
		}
	}
	if !o.Ranges {
		line("for f in newuidmap newgidmap; do p=$(command -v $f) && mount --bind /dev/null $p; done || true")
	}
	mode := "600"
	if o.Taps {
		mode = "666"
	}
	line("mount -t tmpfs dev /run/dev; mknod -m %s /run/dev/tun c 10 200; mount --bind /run/dev/tun /dev/net/tun", mode)
	return s.String()
}

// As returns a command of an ordinary user, as after a login, in a directory.
func (m *Machine) As(ctx context.Context, user, dir string, argv ...string) *exec.Cmd {
	uid := -1
	for i, name := range m.users {
		if name == user {
			uid = firstUID + i
		}
	}
	id := strconv.Itoa(uid)
	words := []string{
		"--reuid", id, "--regid", id, "--clear-groups", "--inh-caps=-all", "env", "-i", "-C", dir,
		"HOME=/home/" + user, "USER=" + user, "SHELL=/bin/bash", "XDG_RUNTIME_DIR=/run/user/" + id,
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "GORACE=atexit_sleep_ms=0",
	}
	cmd := m.Command(ctx, "setpriv", append(words, argv...)...)
	cmd.Dir = "/"
	return cmd
}

// Traces describes what users may leave on the machine: processes, files,
// mounts and interfaces.
func (m *Machine) Traces() (string, error) {
	var all []string
	for _, pattern := range []string{"/proc/[0-9]*", "/sys/class/net/*"} {
		found, err := filepath.Glob(m.Path(pattern))
		if err != nil {
			return "", err
		}
		all = append(all, found...)
	}
	for _, dir := range []string{"/run", "/tmp", "/home"} {
		err := filepath.WalkDir(m.Path(dir), func(path string, _ os.DirEntry, err error) error {
			if path == m.Path(Source) {
				return filepath.SkipDir
			}
			all = append(all, path)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	mounts, err := os.ReadFile(m.Path("/proc/1/mountinfo"))
	if err != nil {
		return "", err
	}
	text := strings.Join(all, "\n") + "\n" + string(mounts)
	return strings.ReplaceAll(text, m.Path("/"), "/"), nil
}
