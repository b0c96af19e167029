package main

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// batch holds rtnetlink(7) messages that go to the kernel with one system call.
// Only the last one asks for an acknowledgement: the kernel answers a message
// that it refuses in any case.
type batch struct {
	buf  []byte
	last int // where the last message begins
}

// message begins a message; body is what follows its header.
func (b *batch) message(kind, flags uint16, body []byte) {
	b.last = len(b.buf)
	b.buf = binary.NativeEndian.AppendUint32(b.buf, 0) // length, see end
	b.buf = binary.NativeEndian.AppendUint16(b.buf, kind)
	b.buf = binary.NativeEndian.AppendUint16(b.buf, flags|unix.NLM_F_REQUEST)
	b.buf = append(b.buf, make([]byte, 8)...) // sequence number and port
	b.buf = append(b.buf, body...)
	b.end()
}

// end gives the message its length so far.
func (b *batch) end() {
	binary.NativeEndian.PutUint32(b.buf[b.last:], uint32(len(b.buf)-b.last))
}

// attr adds an attribute.
func (b *batch) attr(kind uint16, value []byte) {
	b.nest(kind, func() { b.buf = append(b.buf, value...) })
}

// nest adds an attribute whose value is what fill adds.
func (b *batch) nest(kind uint16, fill func()) {
	at := len(b.buf)
	b.buf = binary.NativeEndian.AppendUint16(b.buf, 0)
	b.buf = binary.NativeEndian.AppendUint16(b.buf, kind)
	fill()
	binary.NativeEndian.PutUint16(b.buf[at:], uint16(len(b.buf)-at))
	for len(b.buf)%unix.NLMSG_ALIGNTO != 0 {
		b.buf = append(b.buf, 0)
	}
	b.end()
}

// link begins a message about an interface: index, or 0 and a name attribute.
func (b *batch) link(kind, flags uint16, index int32, set, mask uint32) {
	b.message(kind, flags, ifinfo(index, set, mask))
}

// ifinfo is a struct ifinfomsg.
func ifinfo(index int32, set, mask uint32) []byte {
	body := make([]byte, 4, unix.SizeofIfInfomsg)
	body = binary.NativeEndian.AppendUint32(body, uint32(index))
	body = binary.NativeEndian.AppendUint32(body, set)
	return binary.NativeEndian.AppendUint32(body, mask)
}

func text(s string) []byte { return append([]byte(s), 0) }

func number(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

// socket opens a socket in the network namespace of the calling thread.
func socket() (int, error) {
	return unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
}

// send hands the batch over, waits for the answer and empties the batch.
func (b *batch) send(fd int) error {
	if len(b.buf) == 0 {
		return nil
	}
	flags := b.buf[b.last+6:]
	binary.NativeEndian.PutUint16(flags, binary.NativeEndian.Uint16(flags)|unix.NLM_F_ACK)
	if err := unix.Sendto(fd, b.buf, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	b.buf = b.buf[:0]
	return acknowledged(fd)
}

// acknowledged reads one answer: the first refusal, or the acknowledgement of
// the last message.
func acknowledged(fd int) error {
	var answer [1024]byte
	n, _, err := unix.Recvfrom(fd, answer[:], 0)
	if err != nil {
		return err
	}
	if n < unix.SizeofNlMsghdr+4 {
		return fmt.Errorf("netlink: an answer of %d bytes", n)
	}
	if code := int32(binary.NativeEndian.Uint32(answer[unix.SizeofNlMsghdr:])); code != 0 {
		return fmt.Errorf("netlink: %w", unix.Errno(-code))
	}
	return nil
}
