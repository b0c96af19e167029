package nsmgr

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// NewsKind says what [News] is about.
type NewsKind string

// The kinds of news.
const (
	NewsLink      NewsKind = "link"      // made, changed or deleted
	NewsAddress   NewsKind = "address"   // deleted
	NewsRoute     NewsKind = "route"     // deleted or replaced, in a namespace
	NewsNamespace NewsKind = "namespace" // a name was given to another namespace, or taken away
	NewsForward   NewsKind = "forward"   // the host's forwarding was switched
	NewsMissed    NewsKind = "missed"    // news was lost: anything may have changed
)

// News is something that happened to the host or to a namespace of ovsns.
type News struct {
	Kind NewsKind
	// Namespace is where it happened, "" the host; with NewsNamespace the name
	// of that.
	Namespace string
	// Interface is the name that a link has, and in the host also the one that
	// it had (one News each); of addresses in the host theirs. Else "".
	Interface string
	// Managed says that the link carries ovsns's mark.
	Managed bool
}

// Watch tells what happens to the interfaces, addresses and routes of the host
// and of the namespaces that ovsns made, and to the names of namespaces, as
// far as it can undo what was set up: new addresses and routes are no news. It
// begins with NewsMissed, when all is watched. It returns when ctx ends, with
// ctx's error; [model.ErrNotReady] means that a privilege is missing. The
// function must not block.
//
// One socket serves all namespaces: the kernel hands on the news of those to
// which the host has given a number (ip-netns(8), "set"); Watch gives one to
// each of ovsns's that has none. It keeps no namespace alive.
func (h *Host) Watch(ctx context.Context, tell func(News)) error {
	return h.with("", func(c *conn) error {
		w, err := c.openWatch(tell)
		if err != nil {
			return classify(err, "cannot watch the host")
		}
		defer w.close()
		defer context.AfterFunc(ctx, w.wake)()
		err = w.run(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return classify(err, "cannot watch the host")
	})
}

// watch is the state of [Host.Watch].
type watch struct {
	conn   *conn
	tell   func(News)
	sock   int // rtnetlink(7)
	mounts int // proc_pid_mountinfo(5), which tells changes by POLLPRI
	stop   int // eventfd(2)

	spaces  map[string]nsID  // what has a name in /run/netns
	names   map[int32]string // by the host's number, those of ovsns
	numbers map[string]int32
	links   map[int32]string // the host's, by index
}

// watchedGroups are multicast groups of rtnetlink(7).
var watchedGroups = []int{
	unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR,
	unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE,
	unix.RTNLGRP_IPV4_NETCONF, unix.RTNLGRP_IPV6_NETCONF,
}

func (c *conn) openWatch(tell func(News)) (*watch, error) {
	w := &watch{
		conn: c, tell: tell, sock: -1, mounts: -1, stop: -1,
		spaces: map[string]nsID{}, names: map[int32]string{}, numbers: map[string]int32{}, links: map[int32]string{},
	}
	var err error
	if w.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err == nil {
		w.mounts, err = unix.Open("/proc/self/mountinfo", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	if err == nil {
		err = inside(c.fd, w.subscribe)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// subscribe opens the socket in the namespace of the calling thread.
func (w *watch) subscribe() (err error) {
	if w.sock, err = openSocket(); err != nil {
		return err
	}
	const room = 8 << 20 // bytes: thousands of links may go at once
	_ = unix.SetsockoptInt(w.sock, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, room)
	if err := unix.SetsockoptInt(w.sock, unix.SOL_NETLINK, unix.NETLINK_LISTEN_ALL_NSID, 1); err != nil {
		return err
	}
	if err := unix.Bind(w.sock, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	for _, g := range watchedGroups {
		if err := unix.SetsockoptInt(w.sock, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, g); err != nil {
			return err
		}
	}
	return nil
}

func (w *watch) close() {
	for _, fd := range []int{w.sock, w.mounts, w.stop} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// wake ends run's wait.
func (w *watch) wake() { _, _ = unix.Write(w.stop, binary.NativeEndian.AppendUint64(nil, 1)) }

func (w *watch) run(ctx context.Context) error {
	if err := w.begin(ctx); err != nil {
		return err
	}
	w.tell(News{Kind: NewsMissed})
	for {
		fds := []unix.PollFd{
			{Fd: int32(w.stop), Events: unix.POLLIN},
			{Fd: int32(w.sock), Events: unix.POLLIN},
			{Fd: int32(w.mounts), Events: unix.POLLPRI},
		}
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if fds[2].Revents != 0 {
			changed, err := w.rescan(ctx)
			if err != nil {
				return err
			}
			for _, name := range changed {
				w.tell(News{Kind: NewsNamespace, Namespace: name})
			}
		}
		if fds[1].Revents != 0 {
			if err := w.receive(ctx); err != nil {
				return err
			}
		}
	}
}

// begin reads what the news are relative to.
func (w *watch) begin(ctx context.Context) error {
	links, err := w.conn.list(ctx)
	if err != nil {
		return err
	}
	clear(w.links)
	for _, l := range links {
		w.links[int32(l.Index)] = l.Name
	}
	_, err = w.rescan(ctx)
	return err
}

// rescan returns which names of namespaces have changed hands. The news of
// those that are ovsns's arrive from now on.
func (w *watch) rescan(ctx context.Context) (changed []string, err error) {
	entries, err := os.ReadDir(netnsDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	now := make(map[string]nsID, len(entries))
	for _, e := range entries {
		id, err := statNS(netnsPath(e.Name()))
		if err != nil {
			continue // gone again
		}
		now[e.Name()] = id
		if was, ok := w.spaces[e.Name()]; !ok || was != id {
			w.forget(e.Name())
			changed = append(changed, e.Name())
		}
	}
	found, err := visit(ctx, changed, (*conn).readMark)
	if err != nil {
		return nil, err
	}
	for name := range w.spaces {
		if _, ok := now[name]; !ok {
			w.forget(name)
			changed = append(changed, name)
		}
	}
	w.spaces = now
	for _, info := range found {
		if info.Managed {
			w.number(info.Name)
		}
	}
	return changed, nil
}

func (w *watch) forget(name string) {
	if id, ok := w.numbers[name]; ok {
		delete(w.numbers, name)
		delete(w.names, id)
	}
}

// number finds out the host's number of a namespace, or gives it one. A
// failure means that the namespace has just gone, which is news of its own.
func (w *watch) number(name string) {
	fd, err := openNS(netnsPath(name))
	if err != nil {
		return
	}
	defer unix.Close(fd)
	id, err := w.conn.numberOf(fd)
	if err == nil && id < 0 {
		if err = w.conn.giveNumber(fd); err == nil || errors.Is(err, unix.EEXIST) {
			id, err = w.conn.numberOf(fd)
		}
	}
	if err == nil && id >= 0 {
		w.names[int32(id)] = name
		w.numbers[name] = int32(id)
	}
}

// receive reads all messages that wait.
func (w *watch) receive(ctx context.Context) error {
	buffer := make([]byte, 64<<10)
	control := make([]byte, unix.CmsgSpace(4))
	for {
		n, controls, _, from, err := unix.Recvmsg(w.sock, buffer, control, 0)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			return nil
		case errors.Is(err, unix.ENOBUFS):
			if err := w.begin(ctx); err != nil {
				return err
			}
			w.tell(News{Kind: NewsMissed})
			continue
		case err != nil:
			return err
		}
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			continue // not from the kernel
		}
		ns, known := w.sender(control[:controls])
		if !known {
			continue
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return err
		}
		for _, m := range messages {
			w.read(ns, m)
		}
	}
}

// sender returns the namespace that a message is about, by the number that the
// kernel sends along (NETLINK_LISTEN_ALL_NSID in netlink(7)); none is the host.
func (w *watch) sender(control []byte) (ns string, known bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return "", false
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_NETLINK && m.Header.Type == unix.NETLINK_LISTEN_ALL_NSID && len(m.Data) >= 4 {
			name, ok := w.names[int32(binary.NativeEndian.Uint32(m.Data))]
			return name, ok
		}
	}
	return "", true
}

// read tells what a message says.
func (w *watch) read(ns string, m syscall.NetlinkMessage) {
	switch m.Header.Type {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		w.readLink(ns, m)
	case unix.RTM_DELADDR:
		w.readAddress(ns, m)
	case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
		if ns != "" && routeLost(m) {
			w.tell(News{Kind: NewsRoute, Namespace: ns})
		}
	case unix.RTM_NEWNETCONF:
		if ns == "" && forwardSwitched(m) {
			w.tell(News{Kind: NewsForward})
		}
	}
}

func (w *watch) readLink(ns string, m syscall.NetlinkMessage) {
	if len(m.Data) < unix.SizeofIfInfomsg || m.Data[0] != unix.AF_UNSPEC {
		return // news of bridge ports is of another family
	}
	attrs, err := nl.ParseRouteAttr(m.Data[unix.SizeofIfInfomsg:])
	if err != nil {
		return
	}
	news := News{Kind: NewsLink, Namespace: ns}
	for _, a := range attrs {
		switch a.Attr.Type {
		case unix.IFLA_IFNAME:
			news.Interface = nl.BytesToString(a.Value)
		case unix.IFLA_IFALIAS:
			news.Managed = strings.HasPrefix(string(a.Value), mark)
		}
	}
	if ns == "" {
		w.rename(m, news)
	}
	w.tell(news)
}

// rename keeps the host's names of interfaces.
func (w *watch) rename(m syscall.NetlinkMessage, news News) {
	index := (*unix.IfInfomsg)(unsafe.Pointer(&m.Data[0])).Index
	if was := w.links[index]; was != "" && was != news.Interface {
		w.tell(News{Kind: NewsLink, Interface: was, Managed: news.Managed})
	}
	w.links[index] = news.Interface
	if m.Header.Type == unix.RTM_DELLINK {
		delete(w.links, index)
	}
}

func (w *watch) readAddress(ns string, m syscall.NetlinkMessage) {
	if len(m.Data) < unix.SizeofIfAddrmsg {
		return
	}
	news := News{Kind: NewsAddress, Namespace: ns}
	if ns == "" {
		news.Interface = w.links[int32((*unix.IfAddrmsg)(unsafe.Pointer(&m.Data[0])).Index)]
	}
	w.tell(news)
}

// routeLost reports whether a route of ours may be gone: ours are static ones
// of the main table, and a route that replaces one says so.
func routeLost(m syscall.NetlinkMessage) bool {
	if len(m.Data) < unix.SizeofRtMsg {
		return false
	}
	r := (*unix.RtMsg)(unsafe.Pointer(&m.Data[0]))
	if r.Table != unix.RT_TABLE_MAIN {
		return false
	}
	if m.Header.Type == unix.RTM_DELROUTE {
		return r.Protocol == unix.RTPROT_STATIC
	}
	return m.Header.Flags&unix.NLM_F_REPLACE != 0
}

// forwardSwitched reports whether forwarding was switched for all interfaces
// (linux/netconf.h).
func forwardSwitched(m syscall.NetlinkMessage) bool {
	const (
		sizeofNetconfmsg = 4 // with padding
		ifindex          = 1 // NETCONFA_IFINDEX
		forwarding       = 2 // NETCONFA_FORWARDING
		all              = -1
	)
	if len(m.Data) < sizeofNetconfmsg {
		return false
	}
	attrs, err := nl.ParseRouteAttr(m.Data[sizeofNetconfmsg:])
	ofAll, says := false, false
	for _, a := range attrs {
		switch a.Attr.Type {
		case ifindex:
			ofAll = len(a.Value) == 4 && int32(binary.NativeEndian.Uint32(a.Value)) == all
		case forwarding:
			says = true
		}
	}
	return err == nil && ofAll && says
}
