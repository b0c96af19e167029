package nsmgr

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// linkEvents tells what happens to the links of one namespace.
type linkEvents struct {
	ctx  context.Context
	sock *os.File
	raw  syscall.RawConn
	page []byte
	stop func() bool
}

// linkEvent is the news of one link. It holds until there are more.
type linkEvent struct {
	deleted bool
	body    []byte
}

// name returns the link's name.
func (e linkEvent) name() string {
	for kind, value := range attributes(e.body, unix.SizeofIfInfomsg) {
		if kind == unix.IFLA_IFNAME {
			return unix.ByteSliceToString(value)
		}
	}
	return ""
}

// errMissed means that news was lost: the state must be read again.
var errMissed = errors.New("link events were missed")

// watchLinks subscribes to the links of a namespace (RTNLGRP_LINK). Next gives
// up when ctx ends.
func (c *conn) watchLinks(ctx context.Context) (*linkEvents, error) {
	var sock *os.File
	err := inside(c.fd, func() error {
		fd, err := openSocket()
		if err != nil {
			return err
		}
		sock = os.NewFile(uintptr(fd), "link events")
		const room = 4 << 20 // bytes: thousands of links may go at once
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, room)
		return unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK})
	})
	if err == nil {
		w := &linkEvents{ctx: ctx, sock: sock, page: make([]byte, 32<<10)}
		if w.raw, err = sock.SyscallConn(); err == nil {
			w.stop = context.AfterFunc(ctx, func() { _ = sock.Close() })
			return w, nil
		}
	}
	if sock != nil {
		_ = sock.Close()
	}
	return nil, classify(err, "cannot watch the interfaces")
}

func (w *linkEvents) close() {
	if w.stop() {
		_ = w.sock.Close()
	}
}

// next waits for news. It returns errMissed when some was lost.
func (w *linkEvents) next() ([]linkEvent, error) {
	n, readErr := 0, error(nil)
	err := w.raw.Read(func(fd uintptr) bool {
		n, readErr = read(int(fd), w.page)
		return !errors.Is(readErr, unix.EAGAIN)
	})
	switch {
	case w.ctx.Err() != nil:
		return nil, w.ctx.Err()
	case err != nil:
		return nil, err
	case errors.Is(readErr, unix.ENOBUFS):
		return nil, errMissed
	case readErr != nil:
		return nil, readErr
	}
	return linkEventsIn(w.page[:n]), nil
}

func linkEventsIn(buf []byte) []linkEvent {
	var events []linkEvent
	for m := range messages(buf) {
		kind, body := binary.NativeEndian.Uint16(m[4:]), m[unix.SizeofNlMsghdr:]
		if kind != unix.RTM_NEWLINK && kind != unix.RTM_DELLINK {
			continue
		}
		if len(body) < unix.SizeofIfInfomsg || body[0] != unix.AF_UNSPEC {
			continue // news of bridge ports is of another family
		}
		events = append(events, linkEvent{kind == unix.RTM_DELLINK, body})
	}
	return events
}

// WaitLink waits until an interface of that name is there: ovs-vswitchd makes
// internal ports in its own time. [model.ErrNotReady] when ctx ends first,
// [model.ErrNotFound] when there is no such namespace.
func (h *Host) WaitLink(ctx context.Context, ns, name string) error {
	if err := model.CheckIfname(name); err != nil {
		return err
	}
	return h.with(ns, func(c *conn) error {
		events, err := c.watchLinks(ctx)
		if err != nil {
			return err
		}
		defer events.close()
		err = c.waitLink(events, name)
		return classify(err, "interface %s did not appear in %s", name, where(ns))
	})
}

func (c *conn) waitLink(events *linkEvents, name string) error {
	for again := true; ; {
		if again {
			link, err := c.find(name)
			if link != nil || err != nil {
				return err
			}
		}
		list, err := events.next()
		again = errors.Is(err, errMissed)
		if err != nil && !again {
			return err
		}
		for _, e := range list {
			if !e.deleted && e.name() == name {
				return nil
			}
		}
	}
}
