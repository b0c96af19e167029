package nsmgr

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// conn speaks rtnetlink(7) with one network namespace through a socket whose
// replies carry the kernel's explanations; reader() reads what is seldom read.
type conn struct {
	fd int // the namespace
	id nsID

	asking sync.Mutex // one request after the other
	sock   int        // -1: none
	seq    uint32     // of the last request

	reading sync.Once
	handle  *netlink.Handle // nil until something is read
	failure error           // of making it

	// ipv6 is the directory of IPv6 settings once it has been needed.
	settings sync.Once
	ipv6     int

	// Guarded by Host.mu.
	users   int
	dropped bool
}

// newConn opens sockets in the namespace of the calling thread. It takes fd,
// which must refer to that namespace; also when it fails.
func newConn(fd int) (*conn, error) {
	c := &conn{fd: fd, sock: -1}
	err := c.open()
	if err != nil {
		c.close()
		return nil, classify(err, "cannot open a netlink socket")
	}
	return c, nil
}

func (c *conn) open() (err error) {
	if c.id, err = fstatNS(c.fd); err != nil {
		return err
	}
	if c.sock, err = openSocket(); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(c.sock, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1); err != nil {
		return err
	}
	return unix.SetsockoptInt(c.sock, unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1)
}

// openSocket opens a socket of rtnetlink(7) in the namespace of the calling
// thread. That of package nl takes three times the system calls, since it can
// wait; the answers to a request are there when it has been sent.
func openSocket() (int, error) {
	return unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
}

// reader returns the handle for other listings. Most namespaces need none, and
// a socket costs as much as three messages.
func (c *conn) reader() (*netlink.Handle, error) {
	c.reading.Do(func() {
		c.failure = inside(c.fd, func() (err error) {
			c.handle, err = netlink.NewHandle(unix.NETLINK_ROUTE)
			return err
		})
	})
	return c.handle, c.failure
}

func (c *conn) close() {
	if c.handle != nil {
		c.handle.Close()
	}
	if c.sock >= 0 {
		_ = unix.Close(c.sock)
	}
	if c.ipv6 > 0 {
		_ = unix.Close(c.ipv6)
	}
	_ = unix.Close(c.fd)
}

// numberOf returns the number that this namespace has for another, -1 for none.
func (c *conn) numberOf(fd int) (int, error) {
	number := -1
	err := c.ask(c.numbering(unix.RTM_GETNSID, 0, fd), unix.RTM_NEWNSID, func(m []byte) error {
		for kind, value := range attributes(m, unix.SizeofRtGenmsg) {
			if kind == netlink.NETNSA_NSID {
				number = int32In(value)
			}
		}
		return nil
	})
	return number, err
}

// marked reports whether the namespace of that number was made by ovsns.
func (c *conn) marked(number int) (bool, error) {
	lo, err := c.getLinks(loIndex, 0, nl.NewRtAttr(unix.IFLA_TARGET_NETNSID, nl.Uint32Attr(uint32(number))))
	return len(lo) > 0 && strings.HasPrefix(lo[0].Alias, mark), err
}

// giveNumber gives another namespace a number here. It has one already if the
// error is EEXIST.
func (c *conn) giveNumber(fd int) error {
	const any = ^uint32(0)
	req := c.numbering(unix.RTM_NEWNSID, unix.NLM_F_ACK, fd)
	req.AddData(nl.NewRtAttr(netlink.NETNSA_NSID, nl.Uint32Attr(any)))
	return c.send(req)
}

// numbering begins a message about the number of another namespace.
func (c *conn) numbering(kind, flags, fd int) *nl.NetlinkRequest {
	req := c.request(kind, flags)
	req.AddData(nl.NewRtGenMsg())
	req.AddData(nl.NewRtAttr(netlink.NETNSA_FD, nl.Uint32Attr(uint32(fd))))
	return req
}

// dump repeats a listing until nothing changed while it was read.
func dump[T any](ctx context.Context, read func() (T, error)) (T, error) {
	for {
		list, err := read()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return list, err
		}
		if ctx.Err() != nil {
			return list, ctx.Err()
		}
	}
}
