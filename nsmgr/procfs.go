package nsmgr

import (
	"sync"

	"golang.org/x/sys/unix"
)

// procfs opens directories of /proc/sys/net for the calling thread's namespace.
//
// The kernel has these directories once for each namespace, all under the same
// name, and keeps those that were looked at in one list for each mount of
// proc(5): to open them in the thousandth namespace takes longer than to make
// it. So now and then procfs goes on with a mount of its own, which nobody else
// sees. Where that is forbidden it stays with what it has.
type procfs struct {
	mu   sync.Mutex
	fd   int
	uses int // of fd; 0 when there is none
}

// perProcfs is after how many namespaces there is a new mount. Of 500 and 2000
// namespaces, one for each was slower, and one for 16 no faster.
const perProcfs = 64

// open opens a directory below /proc for [writeSetting].
func (p *procfs) open(dir string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.uses == 0 {
		fd, err := openDir(unix.AT_FDCWD, "/proc")
		if err != nil {
			return -1, err
		}
		p.fd = fd
	} else if p.uses%perProcfs == 0 {
		if fd, err := mountProc(); err == nil {
			_ = unix.Close(p.fd)
			p.fd = fd
		}
	}
	p.uses++
	return openDir(p.fd, dir)
}

// mountProc makes a mount that is in no directory.
func mountProc() (int, error) {
	fs, err := unix.Fsopen("proc", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, err
	}
	return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
}

func openDir(at int, dir string) (int, error) {
	return unix.Openat(at, dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

func (p *procfs) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.uses > 0 {
		_ = unix.Close(p.fd)
		p.uses = 0
	}
}
