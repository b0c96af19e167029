package nsmgr

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// readChecksum fills in [Link.TxChecksum]. What cannot be read, of an interface
// that has just gone, counts as off.
func (c *conn) readChecksum(l *Link) {
	if l.Kind == "veth" {
		on, err := c.txChecksum(l.Name)
		l.TxChecksum = on && err == nil
	}
}

// txChecksum uses SIOCETHTOOL, as setTxChecksum does.
func (c *conn) txChecksum(name string) (bool, error) {
	const getTxCsum = 0x16 // ETHTOOL_GTXCSUM
	value := struct{ cmd, data uint32 }{cmd: getTxCsum}
	req := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte // struct ifreq is larger than its pointer
	}{data: unsafe.Pointer(&value)}
	copy(req.name[:unix.IFNAMSIZ-1], name)
	fd := uintptr(c.sock)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	if errno != 0 {
		return false, errno
	}
	return value.data != 0, nil
}
