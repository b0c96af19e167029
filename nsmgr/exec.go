package nsmgr

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Exec replaces this process by a program inside ns, as `ip netns exec` does:
// with a mount namespace of its own, where /sys shows the namespace and the
// files of /etc/netns/NAME lie over those of /etc. A program name without a
// slash is looked up in the PATH of env. It returns only on failure.
//
// [model.ErrNotFound] when there is no such namespace or program; the latter
// wraps [exec.ErrNotFound] (not in PATH), [os.ErrNotExist] or [os.ErrPermission].
//
// Call it from a goroutine that is locked to the main thread (lock it in an
// init function), as the last thing that the process does: after a failure
// behind the look-ups the thread is in the namespace for good, and Exec leaves
// the goroutine locked to it.
func (h *Host) Exec(ns string, argv, env []string) error {
	if len(argv) == 0 || argv[0] == "" {
		return model.Invalidf("no program to run in %s", where(ns))
	}
	program, err := lookPath(argv[0], env)
	if err != nil {
		return err
	}
	return h.with(ns, func(c *conn) error {
		runtime.LockOSThread()
		if err := enter(c.fd); err != nil {
			runtime.UnlockOSThread()
			return err
		}
		if err := privateMounts(ns); err != nil {
			return err
		}
		return classify(syscall.Exec(program, argv, env), "cannot run %s in %s", program, where(ns))
	})
}

// privateMounts gives the calling thread the mounts of a namespace (iproute2
// lib/namespace.c, netns_switch). The host needs none.
func privateMounts(ns string) error {
	if ns == "" {
		return nil
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return classify(err, "cannot make a mount namespace")
	}
	if err := unix.Mount("", "/", "none", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		return classify(err, "cannot keep mounts private")
	}
	if err := mountSys(ns); err != nil {
		return classify(err, "cannot mount /sys for namespace %s", ns)
	}
	return bindEtc(ns)
}

func mountSys(ns string) error {
	var flags uintptr
	if unix.Unmount("/sys", unix.MNT_DETACH) != nil {
		// Nothing was mounted there, or it is locked and can only be covered;
		// then what is read-only must stay so.
		var st unix.Statfs_t
		if unix.Statfs("/sys", &st) == nil && st.Flags&unix.ST_RDONLY != 0 {
			flags = unix.MS_RDONLY
		}
	}
	return unix.Mount(ns, "/sys", "sysfs", flags, "")
}

// bindEtc lays the files of /etc/netns/NAME over /etc. One that /etc does not
// have is left out, as ip-netns(8) does.
func bindEtc(ns string) error {
	dir := filepath.Join("/etc/netns", ns)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return classify(err, "cannot read %s", dir)
	}
	for _, e := range entries {
		from, to := filepath.Join(dir, e.Name()), filepath.Join("/etc", e.Name())
		err := unix.Mount(from, to, "none", unix.MS_BIND, "")
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return classify(err, "cannot mount %s over %s", from, to)
		}
	}
	return nil
}

// lookPath finds a program as execvp(3) does, with the PATH of env.
func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, notRunnable(name, executable(name))
	}
	problem := exec.ErrNotFound
	for _, dir := range filepath.SplitList(pathOf(env)) {
		file := filepath.Join(dir, name)
		if dir == "" {
			file = "./" + name
		}
		err := executable(file)
		if err == nil {
			return file, nil
		}
		if errors.Is(err, os.ErrPermission) && !errors.As(err, new(*os.PathError)) {
			problem = err // it exists, unlike what a closed directory hides
		}
	}
	return "", notRunnable(name, problem)
}

func notRunnable(name string, err error) error {
	if err == nil {
		return nil
	}
	return model.NotFoundf("cannot run %s", name).Because(err)
}

// executable returns [os.ErrPermission] itself for what exists but cannot run.
func executable(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.IsDir() || unix.Access(file, unix.X_OK) != nil {
		return os.ErrPermission
	}
	return nil
}

// pathOf returns the last PATH in env, as execve(2)'s programs see it.
func pathOf(env []string) string {
	for _, kv := range slices.Backward(env) {
		if path, ok := strings.CutPrefix(kv, "PATH="); ok {
			return path
		}
	}
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}
