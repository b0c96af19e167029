package main

import (
	"context"
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/hack/bench/rawdb"
)

// destroy removes the network: the ports go out of the switch in one
// transaction, the namespaces take their veths along, and nobody waits for one
// of the two before the other.
func (f *floor) destroy(ctx context.Context) error {
	db, err := rawdb.Dial(ctx, f.socket)
	if err != nil {
		return err
	}
	defer db.Close()
	events, err := watchLinks()
	if err != nil {
		return err
	}
	defer unix.Close(events)
	f.phase("start")
	cfg, err := drop(db, f.lab)
	if err != nil {
		return err
	}
	f.phase("transaction")
	for _, m := range f.lab {
		path := netnsDir + "/" + m.Namespace
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			return err
		}
		if err := unix.Unlink(path); err != nil {
			return err
		}
	}
	f.phase("kernel")
	if err := f.gone(events); err != nil {
		return err
	}
	f.phase("links gone")
	if err := db.Await(cfg); err != nil {
		return err
	}
	f.phase("ovs-vswitchd")
	return nil
}

// watchLinks opens a socket that hears of every link.
func watchLinks() (int, error) {
	fd, err := socket()
	if err != nil {
		return -1, err
	}
	// All may go at once; each message is about 4 KiB in the kernel's account.
	const room = 64 << 20
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, room); err != nil {
		return -1, err
	}
	return fd, unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK})
}

// gone returns when the kernel has said of every port's link that it is gone.
func (f *floor) gone(events int) error {
	left := map[string]bool{}
	for _, m := range f.lab {
		left[m.Port] = true
	}
	buf := make([]byte, 1<<16)
	for len(left) > 0 {
		n, _, err := unix.Recvfrom(events, buf, 0)
		if err != nil {
			return err
		}
		for rest := buf[:n]; len(rest) >= unix.SizeofNlMsghdr; {
			length := int(binary.NativeEndian.Uint32(rest))
			if kind := binary.NativeEndian.Uint16(rest[4:]); kind == unix.RTM_DELLINK {
				delete(left, linkName(rest[:length]))
			}
			rest = rest[min((length+3)&^3, len(rest)):]
		}
	}
	return nil
}

// linkName finds the name in a message about a link.
func linkName(m []byte) string {
	for rest := m[unix.SizeofNlMsghdr+unix.SizeofIfInfomsg:]; len(rest) >= 4; {
		length := int(binary.NativeEndian.Uint16(rest))
		if binary.NativeEndian.Uint16(rest[2:]) == unix.IFLA_IFNAME {
			return unix.ByteSliceToString(rest[4:length])
		}
		rest = rest[min((length+3)&^3, len(rest)):]
	}
	return ""
}
