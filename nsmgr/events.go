package nsmgr

import (
	"context"
	"errors"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// linkEvents tells what happens to the links of one namespace.
type linkEvents struct {
	ctx  context.Context
	sock *nl.NetlinkSocket
	stop func() bool
}

// linkEvent is the news of one link.
type linkEvent struct {
	link    Link
	deleted bool
}

// errMissed means that news was lost, or that there was none for a while: the
// state must be read again.
var errMissed = errors.New("link events were missed")

// watchLinks subscribes to the links of a namespace (RTNLGRP_LINK). Next gives
// up when ctx ends.
func (c *conn) watchLinks(ctx context.Context) (*linkEvents, error) {
	var sock *nl.NetlinkSocket
	err := inside(c.fd, func() (err error) {
		sock, err = nl.Subscribe(unix.NETLINK_ROUTE, unix.RTNLGRP_LINK)
		return err
	})
	if err != nil {
		return nil, classify(err, "cannot watch the interfaces")
	}
	const room = 4 << 20 // bytes: thousands of links may go at once
	_ = sock.SetReceiveBufferSize(room, true)
	return &linkEvents{ctx: ctx, sock: sock, stop: context.AfterFunc(ctx, sock.Close)}, nil
}

func (w *linkEvents) close() {
	if w.stop() {
		w.sock.Close()
	}
}

// setPatience makes next return errMissed after that long without news; 0
// waits for ever.
func (w *linkEvents) setPatience(d time.Duration) {
	tv := unix.NsecToTimeval(d.Nanoseconds())
	_ = w.sock.SetReceiveTimeout(&tv)
}

// next waits for news.
func (w *linkEvents) next() ([]linkEvent, error) {
	messages, _, err := w.sock.Receive()
	switch {
	case w.ctx.Err() != nil:
		return nil, w.ctx.Err()
	case isAny(err, unix.ENOBUFS, unix.EAGAIN):
		return nil, errMissed
	case err != nil:
		return nil, err
	}
	var events []linkEvent
	for _, m := range messages {
		kind := m.Header.Type
		if kind != unix.RTM_NEWLINK && kind != unix.RTM_DELLINK {
			continue
		}
		if len(m.Data) < unix.SizeofIfInfomsg || m.Data[0] != unix.AF_UNSPEC {
			continue // news of bridge ports is of another family
		}
		l, err := netlink.LinkDeserialize(nil, m.Data)
		if err != nil {
			return nil, err
		}
		events = append(events, linkEvent{link: toLink(l), deleted: kind == unix.RTM_DELLINK})
	}
	return events, nil
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
			if e.link.Name == name && !e.deleted {
				return nil
			}
		}
	}
}
