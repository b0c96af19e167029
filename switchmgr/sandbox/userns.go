package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/nsmgr"
)

// wantsUserNamespace reports whether this process lacks what it takes to make
// the other namespaces, which it then has in a user namespace of its own.
func wantsUserNamespace() bool {
	return unix.Geteuid() != 0 || nsmgr.CheckPrivilege() != nil
}

// namespaces says which namespaces pid 1 gets. In a user namespace it starts
// without an identity, since the one who may map a range of them is newuidmap
// and must know its pid; ambient capabilities (capabilities(7)) last until it
// has become root there.
func namespaces(userNamespace bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID,
		Pdeathsig:  unix.SIGKILL,
	}
	if userNamespace {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.AmbientCaps = []uintptr{
			unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_DAC_OVERRIDE, unix.CAP_KILL, unix.CAP_SYS_RESOURCE,
		}
	}
	return attr
}

// forgetAmbient makes what this thread starts have no capabilities but those
// of its user: pid 1 began with ambient ones.
func forgetAmbient() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return os.NewSyscallError("capget", err)
	}
	data[0].Inheritable, data[1].Inheritable = 0, 0 // takes the ambient ones along
	return os.NewSyscallError("capset", unix.Capset(&header, &data[0]))
}

// identity is how the users, or the groups, inside a user namespace map to
// those outside (user_namespaces(7)).
type identity struct {
	file    string // "uid_map"
	program string // "newuidmap"
	ranges  string // "/etc/subuid"
	own     int    // becomes 0 inside
}

func identities() []identity {
	return []identity{
		{"uid_map", "newuidmap", "/etc/subuid", unix.Geteuid()},
		{"gid_map", "newgidmap", "/etc/subgid", unix.Getegid()},
	}
}

// mapIdentities makes us root in the user namespace of a process, and gives it
// further users and groups where the machine has set some aside for us.
func mapIdentities(ctx context.Context, pid int) error {
	ids := identities()
	done := make(chan error)
	for _, id := range ids {
		go func() { done <- id.mapTo(ctx, pid) }()
	}
	var errs []error
	for range ids {
		errs = append(errs, <-done)
	}
	return errors.Join(errs...)
}

// mapTo maps a range if it can, else one user or group alone. That program may
// refuse, for instance where setuid programs have no effect; but when it is
// killed, so is what it was part of.
func (id identity) mapTo(ctx context.Context, pid int) error {
	if first, count, ok := id.spare(); ok {
		err := id.mapRange(ctx, pid, first, count)
		var exit *exec.ExitError
		if err == nil || errors.As(err, &exit) && !exit.Exited() {
			return err
		}
	}
	proc := "/proc/" + strconv.Itoa(pid) + "/"
	if id.file == "gid_map" {
		if err := os.WriteFile(proc+"setgroups", []byte("deny"), 0); err != nil {
			return err
		}
	}
	return os.WriteFile(proc+id.file, []byte("0 "+strconv.Itoa(id.own)+" 1"), 0)
}

func (id identity) mapRange(ctx context.Context, pid int, first, count string) error {
	err := exec.CommandContext(ctx, id.program, strconv.Itoa(pid), "0", strconv.Itoa(id.own), "1", "1", first, count).Run()
	if err != nil {
		return fmt.Errorf("%s: %w", id.program, err)
	}
	return nil
}

// spare returns the range that subuid(5) sets aside for this user, if there is
// one and the program that maps it.
func (id identity) spare() (first, count string, ok bool) {
	if _, err := exec.LookPath(id.program); err != nil {
		return "", "", false
	}
	text, err := os.ReadFile(id.ranges)
	if err != nil {
		return "", "", false
	}
	uid := strconv.Itoa(unix.Geteuid())
	return spareRange(string(text), userName(unix.Geteuid()), uid)
}

// spareRange finds the first line "lab:100000:65536" of a user.
func spareRange(text, name, uid string) (first, count string, ok bool) {
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) == 3 && (f[0] == name || f[0] == uid) && f[2] != "0" {
			return f[1], f[2], true
		}
	}
	return "", "", false
}

// sameUserNamespace reports whether a process is in ours.
func sameUserNamespace(pid string) (bool, error) {
	ours, err := os.Readlink("/proc/self/ns/user")
	if err != nil {
		return false, err
	}
	theirs, err := os.Readlink("/proc/" + pid + "/ns/user")
	return ours == theirs, err
}

// joinUserNamespace starts this program again, as root in the user namespace
// of a process. Only a process with one thread may change its user namespace
// (setns(2)), which one of Go is between fork and exec alone.
func joinUserNamespace(pid string, args ...string) (int, error) {
	space, err := os.Open("/proc/" + pid + "/ns/user")
	if err != nil {
		return 0, err
	}
	defer space.Close()
	path, err := unix.BytePtrFromString("/proc/self/exe")
	if err != nil {
		return 0, err
	}
	argv, err := syscall.SlicePtrFromStrings(args)
	if err != nil {
		return 0, err
	}
	env, err := syscall.SlicePtrFromStrings(os.Environ())
	if err != nil {
		return 0, err
	}
	fd := space.Fd()
	syscall.ForkLock.Lock()
	child, errno := forkInto(fd, path, &argv[0], &env[0])
	syscall.ForkLock.Unlock()
	runtime.KeepAlive(space)
	if errno != 0 {
		return 0, os.NewSyscallError("clone", errno)
	}
	return int(child), nil
}

// count returns how many users, or groups, there are in this user namespace,
// from uid_map or gid_map: 0 and on without a gap, as mapIdentities maps them.
func count(file string) (uint64, error) {
	text, err := os.ReadFile("/proc/self/" + file)
	if err != nil {
		return 0, err
	}
	var all uint64
	for line := range strings.Lines(string(text)) {
		var inside, outside, count uint64
		if _, err := fmt.Sscan(line, &inside, &outside, &count); err != nil {
			return 0, err
		}
		all += count
	}
	return all, nil
}
