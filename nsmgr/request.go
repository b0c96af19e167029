package nsmgr

import (
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// request begins a message whose answer explains itself (NLMSGERR_ATTR_MSG).
func (c *conn) request(kind, flags int) *nl.NetlinkRequest {
	return &nl.NetlinkRequest{
		NlMsghdr: unix.NlMsghdr{
			Len:   unix.SizeofNlMsghdr,
			Type:  uint16(kind),
			Flags: unix.NLM_F_REQUEST | uint16(flags),
		},
	}
}

// send executes a request that is answered with an acknowledgement alone. The
// kernel does the work within sendto(2), so the answer is there afterwards and
// nobody needs to be waited for. Package nl would do the same with three times
// the system calls and a buffer of 64 KiB.
func (c *conn) send(req *nl.NetlinkRequest) error {
	return c.sendAll([]*nl.NetlinkRequest{req})[0]
}

// atOnce is how many requests go with one system call; the socket has room for
// the answers to several times as many.
const atOnce = 64

// sendAll is send for requests that do not depend on each other, and returns the
// outcome of each. Between those that go together nobody else gets at the
// kernel's lock on links easily.
func (c *conn) sendAll(requests []*nl.NetlinkRequest) []error {
	c.asking.Lock()
	defer c.asking.Unlock()
	outcomes := make([]error, 0, len(requests))
	for some := range slices.Chunk(requests, atOnce) {
		outcomes = append(outcomes, c.sendSome(some)...)
	}
	return outcomes
}

// sendSome does one system call of sendAll.
func (c *conn) sendSome(requests []*nl.NetlinkRequest) []error {
	var all []byte
	for _, req := range requests {
		c.seq++
		req.Seq = c.seq
		all = append(all, req.Serialize()...) // whole words: attributes are padded
	}
	outcomes := make([]error, len(requests))
	err := unix.Sendto(c.sock, all, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	page := pages.Get().(*[pageSize]byte)
	defer pages.Put(page)
	for i, req := range requests {
		if err == nil {
			outcomes[i], err = answer(c.sock, req.Seq, page[:])
		}
		if err != nil {
			outcomes[i] = err
		}
	}
	return outcomes
}

// answer reads the answer to a request; err is for when there is none.
func answer(fd int, seq uint32, buf []byte) (outcome, err error) {
	for {
		n, err := read(fd, buf)
		if err != nil {
			return nil, err
		}
		if answered, outcome := acknowledgement(buf[:n], seq); answered {
			return outcome, nil
		}
	}
}

func read(fd int, buf []byte) (int, error) {
	for {
		n, err := unix.Read(fd, buf)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// pages are buffers for answers, of which the kernel hands over up to 32 KiB at
// once. Package nl takes a new one for every call.
var pages = sync.Pool{New: func() any { return new([pageSize]byte) }}

const pageSize = 32 << 10

// ask executes a request that is answered with messages, and calls take with
// what each of that kind holds, which take must not keep. A listing that was
// disturbed is an [netlink.ErrDumpInterrupted].
func (c *conn) ask(req *nl.NetlinkRequest, kind uint16, take func([]byte) error) error {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.seq++
	req.Seq = c.seq
	if err := unix.Sendto(c.sock, req.Serialize(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	page := pages.Get().(*[pageSize]byte)
	defer pages.Put(page)
	a := answers{seq: req.Seq, kind: kind, take: take}
	for !a.complete {
		n, err := read(c.sock, page[:])
		if err != nil {
			return err
		}
		if err := a.read(page[:n]); err != nil {
			return err
		}
	}
	if a.disturbed {
		return netlink.ErrDumpInterrupted
	}
	return nil
}

// answers are those to one request so far.
type answers struct {
	seq       uint32
	kind      uint16
	take      func([]byte) error
	disturbed bool
	complete  bool
}

// read reads what one read(2) has returned. The error is the kernel's refusal.
func (a *answers) read(buf []byte) error {
	for m := range messages(buf) {
		if binary.NativeEndian.Uint32(m[8:]) != a.seq || a.complete {
			continue
		}
		if err := a.message(m); err != nil {
			return err
		}
	}
	return nil
}

// messages yields the messages, with their headers, that one read(2) has
// returned.
func messages(buf []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(buf) >= unix.SizeofNlMsghdr {
			length := int(binary.NativeEndian.Uint32(buf))
			if length < unix.SizeofNlMsghdr || length > len(buf) || !yield(buf[:length]) {
				return
			}
			buf = buf[min(align(uint32(length)), len(buf)):]
		}
	}
}

// attributes yields those of a message, after its fixed part of that size, by
// their type (struct rtattr in rtnetlink(7)).
func attributes(m []byte, fixed int) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		rest := m[min(align(uint32(fixed)), len(m)):]
		for len(rest) >= unix.SizeofRtAttr {
			length := int(binary.NativeEndian.Uint16(rest))
			kind := binary.NativeEndian.Uint16(rest[2:]) & nl.NLA_TYPE_MASK
			if length < unix.SizeofRtAttr || length > len(rest) || !yield(kind, rest[unix.SizeofRtAttr:length]) {
				return
			}
			rest = rest[min(align(uint32(length)), len(rest)):]
		}
	}
}

// int32In reads a number; 0 when the value is too short.
func int32In(value []byte) int {
	if len(value) < 4 {
		return 0
	}
	return int(int32(binary.NativeEndian.Uint32(value)))
}

func (a *answers) message(m []byte) error {
	kind, flags := binary.NativeEndian.Uint16(m[4:]), binary.NativeEndian.Uint16(m[6:])
	body := m[unix.SizeofNlMsghdr:]
	a.disturbed = a.disturbed || flags&unix.NLM_F_DUMP_INTR != 0
	a.complete = flags&unix.NLM_F_MULTI == 0
	switch kind {
	case unix.NLMSG_ERROR:
		_, err := acknowledgement(m, a.seq)
		return err
	case unix.NLMSG_DONE:
		a.complete = true
		if len(body) >= 4 {
			if code := int32(binary.NativeEndian.Uint32(body)); code != 0 {
				return unix.Errno(-code)
			}
		}
	case a.kind:
		return a.take(body)
	}
	return nil
}

// acknowledgement reads the answer to a request, struct nlmsgerr in
// linux/netlink.h; not answered when it belongs to another one.
func acknowledgement(m []byte, seq uint32) (answered bool, err error) {
	const header = unix.SizeofNlMsghdr
	if len(m) < header+4+header || binary.NativeEndian.Uint16(m[4:]) != unix.NLMSG_ERROR ||
		binary.NativeEndian.Uint32(m[8:]) != seq {
		return false, nil
	}
	errno := unix.Errno(-int32(binary.NativeEndian.Uint32(m[header:])))
	if errno == 0 {
		return true, nil
	}
	if binary.NativeEndian.Uint16(m[6:])&unix.NLM_F_ACK_TLVS == 0 {
		return true, errno
	}
	asked := align(binary.NativeEndian.Uint32(m[header+4:])) // the request comes first
	for kind, value := range attributes(m, header+4+asked) {
		if why := unix.ByteSliceToString(value); kind == nl.NLMSGERR_ATTR_MSG && why != "" {
			return true, fmt.Errorf("%w: %s", errno, why)
		}
	}
	return true, errno
}

// align rounds a length up as netlink(7) does.
func align(length uint32) int { return int(length+3) &^ 3 }
