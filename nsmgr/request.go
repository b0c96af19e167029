package nsmgr

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

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
		Sockets: map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: c.raw},
	}
}

// send executes a request that is answered with an acknowledgement alone. The
// kernel does the work within sendto(2), so the answer is there afterwards and
// nobody needs to be waited for. Package nl would do the same with three times
// the system calls and a buffer of 64 KiB.
func (c *conn) send(req *nl.NetlinkRequest) error {
	c.raw.Socket.Lock()
	defer c.raw.Socket.Unlock()
	req.Seq = atomic.AddUint32(&c.raw.Seq, 1)
	fd := c.raw.Socket.GetFd()
	if err := unix.Sendto(fd, req.Serialize(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	var buf [4096]byte
	for {
		n, err := unix.Read(fd, buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if answered, err := acknowledgement(buf[:n], req.Seq); answered {
			return err
		}
	}
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
	if why := explanation(m[min(header+4+asked, len(m)):]); why != "" {
		return true, fmt.Errorf("%w: %s", errno, why)
	}
	return true, errno
}

// explanation finds the kernel's words among the attributes of an answer.
func explanation(attrs []byte) string {
	for len(attrs) >= unix.SizeofRtAttr {
		length := int(binary.NativeEndian.Uint16(attrs))
		if length < unix.SizeofRtAttr || length > len(attrs) {
			break
		}
		if binary.NativeEndian.Uint16(attrs[2:]) == nl.NLMSGERR_ATTR_MSG {
			return unix.ByteSliceToString(attrs[unix.SizeofRtAttr:length])
		}
		attrs = attrs[min(align(uint32(length)), len(attrs)):]
	}
	return ""
}

// align rounds a length up as netlink(7) does.
func align(length uint32) int { return int(length+3) &^ 3 }
