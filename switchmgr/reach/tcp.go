package reach

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// tcpSender connects anew with each request: the kernel would repeat a lost one
// only after a second. Our own listener must answer; of another program, or of
// an address that is nobody's we know, the connection is enough.
func (r *run) tcpSender(ctx context.Context, f *flight) (sender, error) {
	ours, err := r.answerAt(ctx, f)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, n uint32) error {
		c, err := open(r, f.From, func() (*os.File, error) { return connecting(f.To, f.Port) })
		if errors.Is(err, unix.ECONNREFUSED) {
			f.refused() // from the place itself, at once
			return nil
		}
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { _ = c.Close() })
		r.readers.Go(func() {
			defer c.Close()
			defer stop()
			switch err := converse(c, r.nonce(f, n), ours); {
			case err == nil:
				f.reply(n)
			case errors.Is(err, unix.ECONNREFUSED):
				f.refused()
			}
		})
		return nil
	}, nil
}

// connecting returns a socket that has begun to connect.
func connecting(to netip.Addr, port uint16) (*os.File, error) {
	var address unix.Sockaddr
	family := unix.AF_INET
	if is6(to) {
		family = unix.AF_INET6
		address = &unix.SockaddrInet6{Port: int(port), Addr: to.As16()}
	} else {
		address = &unix.SockaddrInet4{Port: int(port), Addr: to.As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(fd, address); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		_ = unix.Close(fd)
		return nil, err
	}
	// Not in net: it would wait for the connection on the thread that is inside.
	return os.NewFile(uintptr(fd), "tcp"), nil
}

// converse waits for the connection and, with a listener of ours, for what it
// says.
func converse(c *os.File, nonce []byte, ours bool) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	err = raw.Write(func(fd uintptr) bool {
		var ready bool
		ready, failure = connected(int(fd))
		return ready
	})
	if err = errors.Join(err, failure); err != nil || !ours {
		return err
	}
	// Closed with a reset, a connection leaves nothing behind in the namespace.
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	})
	if _, err := c.Write(nonce); err != nil {
		return err
	}
	_, err = io.ReadFull(c, make([]byte, len(nonce)))
	return err
}

// connected reports whether connect(2) has come to an end, and which.
func connected(fd int) (bool, error) {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && n != 0 {
		err = syscall.Errno(n)
	}
	if err != nil {
		return true, err
	}
	_, err = unix.Getpeername(fd)
	return err == nil, nil
}
