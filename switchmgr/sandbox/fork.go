package sandbox

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// joinFailed is the exit status of a child that did not get into the user
// namespace.
const joinFailed = 125

// forkInto forks; the child enters a user namespace, becomes root there and
// executes a program. Between fork and exec it is alone in a copy of our
// memory, without the runtime's other threads: it makes system calls and does
// nothing else, as in syscall.forkExec.
//
//go:norace
//go:nosplit
func forkInto(space uintptr, path *byte, argv, env **byte) (pid uintptr, errno syscall.Errno) {
	pid, _, errno = syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	if _, _, errno = syscall.RawSyscall(unix.SYS_SETNS, space, unix.CLONE_NEWUSER, 0); errno == 0 {
		// Where a group map of one allows no setgroups there are none to drop.
		_, _, _ = syscall.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0)
		_, _, _ = syscall.RawSyscall(unix.SYS_SETRESGID, 0, 0, 0)
		_, _, _ = syscall.RawSyscall(unix.SYS_SETRESUID, 0, 0, 0)
		_, _, _ = syscall.RawSyscall(unix.SYS_EXECVE,
			uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(argv)), uintptr(unsafe.Pointer(env)))
	}
	for {
		_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, joinFailed, 0, 0)
	}
}
