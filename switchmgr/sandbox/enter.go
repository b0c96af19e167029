package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Command returns a command that runs inside, with the environment that the
// command of [Run] has and, unless Dir is set, in the host's directory. It is
// looked up inside; its exit status is 127 when there is none, and 128+N when
// signal N ended it. Killing it kills the process inside, though not what that
// has put in the background: this goes with the host. ExtraFiles are not
// handed on.
func (h *Host) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = entryArgs(h.PID(), h.pidns, append([]string{name}, args...))
	cmd.Env = append([]string(nil), h.env...)
	cmd.Dir = h.dir
	return cmd
}

// enterRootMain is the second step of enterMain, begun by the process parent.
func enterRootMain(parent string, args []string) int {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return complain(1, "prctl: %v", err)
	}
	if strconv.Itoa(unix.Getppid()) != parent {
		return 1 // it died before it could be watched
	}
	return enterMain(args)
}

// entryArgs are the arguments of a process that enters the host of a pid and
// runs a command there.
func entryArgs(pid int, pidns string, argv []string) []string {
	return append([]string{roleEnter, strconv.Itoa(pid), pidns}, argv...)
}

// enterMain goes into the host of a pid and runs the command there. The
// process that enters stays a member of the old pid namespace (setns(2)), so
// it starts another one, waits for it and passes signals on.
func enterMain(args []string) int {
	runtime.LockOSThread() // for good: this thread is the one that is inside
	signals := make(chan os.Signal, 16)
	for _, s := range forwarded {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	tty := terminalOf(os.Stdin)
	pid, err := enter(args[0], args[1], args[2:])
	if err != nil {
		return complain(1, "cannot enter the sandbox: %v", err)
	}
	go func() {
		for s := range signals {
			if n := s.(unix.Signal); !tty.typed(n) {
				_ = unix.Kill(pid, n) // it may just have ended
			}
		}
	}()
	defer tty.restore(false) // a shell cannot
	return waitFor(pid)
}

// enter starts the command in the host of a pid. From another user namespace
// it takes two steps: first this program again, as root in the host's.
func enter(pid, pidns string, command []string) (child int, err error) {
	if now, err := os.Readlink("/proc/" + pid + "/ns/pid"); err != nil || now != pidns {
		return 0, errEnded
	}
	same, err := sameUserNamespace(pid)
	if err != nil {
		return 0, err
	}
	if !same {
		self := strconv.Itoa(os.Getpid())
		return joinUserNamespace(pid, append([]string{roleEnterRoot, self, pid, pidns}, command...)...)
	}
	if err := moveInto(pid, pidns); err != nil {
		return 0, err
	}
	line, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socketpair", err)
	}
	child, err = syscall.ForkExec("/proc/self/exe", append([]string{roleExec}, command...), &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2, uintptr(line[1])}, Sys: processGroup(command),
	})
	unix.Close(line[1])
	if err == nil && hear(line[0]) {
		say(line[0])
	}
	unix.Close(line[0])
	return child, err
}

// lineFD is where execMain finds its end of the line to the thread that started
// it.
const lineFD = 3

// say and hear send a byte over the line, and report whether somebody is there.
func say(fd int) bool {
	n, err := unix.Write(fd, []byte{0})
	return err == nil && n == 1
}

func hear(fd int) bool {
	for {
		n, err := unix.Read(fd, make([]byte, 1))
		if err != unix.EINTR {
			return err == nil && n == 1
		}
	}
}

var errEnded = errors.New("it has ended")

// moveInto moves this thread into the namespaces of a pid and keeps the working
// directory, which a change of mount namespace would reset.
func moveInto(pid, pidns string) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	spaces := []struct {
		name string
		flag int
	}{{"net", unix.CLONE_NEWNET}, {"pid", unix.CLONE_NEWPID}, {"mnt", unix.CLONE_NEWNS}}
	var files []*os.File
	for _, s := range spaces { // all before the first step: /proc changes on the way
		f, err := os.Open("/proc/" + pid + "/ns/" + s.name)
		if err != nil {
			return err
		}
		defer f.Close()
		files = append(files, f)
	}
	if now, err := os.Readlink("/proc/" + pid + "/ns/pid"); err != nil || now != pidns {
		return errEnded
	}
	root, err := os.Open("/proc/" + pid + "/root")
	if err != nil {
		return err
	}
	defer root.Close()
	if err := unix.Unshare(unix.CLONE_FS); err != nil { // else no thread may change its mount namespace
		return os.NewSyscallError("unshare", err)
	}
	for i, s := range spaces {
		if err := unix.Setns(int(files[i].Fd()), s.flag); err != nil {
			return os.NewSyscallError("setns "+s.name, err)
		}
	}
	// The root of the mount namespace is another one when we are in a chroot(2).
	if err := errors.Join(root.Chdir(), unix.Chroot(".")); err != nil {
		return err
	}
	return unix.Chdir(dir)
}

func waitFor(pid int) int {
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(pid, &status, 0, nil)
		switch err {
		case nil:
			return exitCode(status)
		case syscall.EINTR:
		default:
			return complain(1, "wait: %v", err)
		}
	}
}

// execMain becomes the command. It asks for the death signal by itself:
// syscall.SysProcAttr.Pdeathsig takes a parent in another pid namespace, whose
// pid reads 0, for one that is dead. So does init's, which takes its place. The
// signal comes when the thread dies that started us: only if that one answers
// was it alive when we asked.
func execMain(args []string) int {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return complain(1, "prctl: %v", err)
	}
	if !say(lineFD) || !hear(lineFD) {
		return 1 // the parent died before it could be watched
	}
	unix.CloseOnExec(lineFD)
	path, err := exec.LookPath(args[0])
	if err != nil {
		err = commandError(args[0], err)
		return complain(startStatus(err), "%v", err)
	}
	return complain(exitNotExecutable, "cannot run %s: %v", path, unix.Exec(path, shellArguments(args), os.Environ()))
}

// complain tells the user of the command; it is in their terminal that these
// processes run.
func complain(code int, format string, args ...any) int {
	fmt.Fprintf(os.Stderr, "ovsns sandbox: "+format+"\n", args...)
	return code
}
