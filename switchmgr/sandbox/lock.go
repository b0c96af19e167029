package sandbox

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// flock takes the lock of an open file (flock(2)) before ctx ends; the error
// is unix.EWOULDBLOCK when somebody else still has it then.
func flock(ctx context.Context, f *os.File) error {
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return unix.EWOULDBLOCK
		}
	}
}
