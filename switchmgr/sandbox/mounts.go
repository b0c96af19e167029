package sandbox

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// The places of a private host, all of them in its tmpfs.
const (
	runDir  = "/run/openvswitch"
	logDir  = "/run/log/openvswitch"
	binDir  = "/run/ovsns/bin"
	rcFile  = "/run/ovsns/bashrc"
	socket  = runDir + "/db.sock"
	confDB  = runDir + "/conf.db"
	exeName = "ovsns"
)

// prepare turns the fresh namespaces of pid 1 into a host. What takes longest
// comes first: ovsdb-server starts while the rest is made.
func (in *inside) prepare(ctx context.Context) error {
	exe, err := openExecutable() // /run may be about to hide its path
	if err != nil {
		return err
	}
	defer exe.Close()
	if err := in.take(privateMounts, mountKernelViews, mountRun); err != nil {
		return err
	}
	if in.Programs != nil {
		in.ovs = &switchHost{reaper: in.reaper, programs: in.Programs, datapath: datapath(in.Kernel), kept: in.kept}
		if err := in.ovs.serve(ctx); err != nil {
			return err
		}
	}
	return in.take(
		func() error { return installExecutable(exe) },
		func() error { return writeShellFile(in.Name) },
		bareNetwork,
	)
}

// take makes steps that the kernel may refuse.
func (in *inside) take(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			if in.User {
				err = refusal(err, procSys)
			}
			return model.Failedf("cannot make the private host").Because(err)
		}
	}
	return nil
}

// privateMounts cuts the mounts off from those of the machine, and lets go of
// the machine's network namespaces: a mount of ours would keep one alive that
// is deleted outside.
func privateMounts() error {
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	info, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	defer info.Close()
	var places []string
	lines := bufio.NewScanner(info)
	for lines.Scan() {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		if fields := strings.Fields(before); strings.HasPrefix(after, "nsfs ") && len(fields) > 4 {
			places = append(places, unescapeMount(fields[4]))
		}
	}
	for _, p := range places {
		_ = unix.Unmount(p, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW) // covered by another mount: cannot be reached
	}
	return lines.Err()
}

// unescapeMount reads the octal escapes of proc_pid_mountinfo(5).
func unescapeMount(s string) string {
	for _, c := range []string{" ", "\t", "\n", `\`} {
		s = strings.ReplaceAll(s, fmt.Sprintf(`\%03o`, c[0]), c)
	}
	return s
}

// mountKernelViews shows the processes and the network of the new namespaces.
func mountKernelViews() error {
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if err := mount("proc", "/proc", "proc", flags, ""); err != nil {
		return err
	}
	return mount("sysfs", "/sys", "sysfs", flags, "")
}

func mountRun() error {
	if err := mount("run", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return err
	}
	for _, d := range []string{"/run/netns", runDir, logDir, binDir} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	if err := os.Mkdir("/run/lock", 0o777|os.ModeSticky); err != nil {
		return err
	}
	if info, err := os.Lstat("/var/run"); err == nil && info.IsDir() { // else a symlink, as everywhere
		return mount("/run", "/var/run", "", unix.MS_BIND, "")
	}
	return nil
}

// openExecutable opens this very program by its path, in our own mount
// namespace: only such a file can be bind mounted.
func openExecutable() (*os.File, error) {
	path, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	if f, err := os.Open(path); err == nil {
		if info, err := f.Stat(); err == nil && os.SameFile(info, self) {
			return f, nil
		}
		f.Close()
	}
	return os.Open("/proc/self/exe") // deleted or replaced meanwhile
}

// installExecutable makes "ovsns" on the PATH this very program.
func installExecutable(exe *os.File) error {
	target := filepath.Join(binDir, exeName)
	f, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	defer f.Close()
	if mount("/proc/self/fd/"+strconv.Itoa(int(exe.Fd())), target, "", unix.MS_BIND, "") == nil {
		return nil
	}
	_, err = io.Copy(f, exe) // a deleted file cannot be bind mounted
	return err
}

// writeShellFile writes what an interactive bash reads in place of ~/.bashrc,
// which sets a prompt of its own more often than not.
func writeShellFile(name string) error {
	text := "[ -r ~/.bashrc ] && . ~/.bashrc\nPS1=\"" + prompt(name) + "${PS1-}\"\n"
	return os.WriteFile(rcFile, []byte(text), 0o644)
}

// bareNetwork brings lo up, lets every group ping (icmp(7)) and switches IPv4
// forwarding off, which a new network namespace inherits from the machine
// (devconf_inherit_init_net in the kernel's
// Documentation/admin-guide/sysctl/net.rst).
func bareNetwork() error {
	groups, err := count("gid_map")
	if err != nil {
		return err
	}
	all := fmt.Sprint(0, min(groups-1, math.MaxInt32))
	for name, value := range map[string]string{"ip_forward": "0", "ping_group_range": all} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0); err != nil {
			return err
		}
	}
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(s)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(ifr))); errno != 0 {
		return os.NewSyscallError("SIOCSIFFLAGS lo", errno)
	}
	return nil
}

func mount(source, target, fstype string, flags uintptr, data string) error {
	if err := unix.Mount(source, target, fstype, flags, data); err != nil {
		return &os.PathError{Op: "mount", Path: target, Err: err}
	}
	return nil
}
