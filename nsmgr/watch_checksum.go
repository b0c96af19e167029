package nsmgr

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// TxChecksum reports whether an interface of ns leaves the checksums of sent
// packets to the device, see [LinkChange]. [model.ErrNotFound] when there is no
// such interface.
func (h *Host) TxChecksum(ns, name string) (on bool, err error) {
	err = h.with(ns, func(c *conn) error {
		on, err = c.txChecksum(name)
		return classify(err, "cannot read the checksum offload of %s in %s", name, where(ns))
	})
	return on, err
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
