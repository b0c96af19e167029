package nft

import (
	"context"
	"errors"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Watch calls changed once it watches and then whenever somebody has changed
// what [Firewall.Observe] may depend on: our table, or any table's chains and
// rules. The elements of other programs' sets do not count. iptables-legacy
// sends no news. It returns when ctx ends, with ctx's error. The function must
// not block.
func (f *Firewall) Watch(ctx context.Context, changed func()) error {
	var c *netlink.Conn
	err := f.inside(func() (err error) {
		c, err = netlink.Dial(unix.NETLINK_NETFILTER, nil)
		return err
	})
	if err != nil {
		return classify(err, "watching")
	}
	defer c.Close()
	_ = c.SetReadBuffer(socketBuffer) // else more news is lost, which is noticed
	if err := c.JoinGroup(unix.NFNLGRP_NFTABLES); err != nil {
		return classify(err, "watching")
	}
	defer context.AfterFunc(ctx, func() { c.Close() })()
	changed()
	for {
		messages, err := c.Receive()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, unix.ENOBUFS): // news was lost
			changed()
		case err != nil:
			return classify(err, "watching")
		case concerns(messages):
			changed()
		}
	}
}

// concerns reports whether any of the messages is about what Observe reads.
func concerns(messages []netlink.Message) bool {
	for _, m := range messages {
		const subsystem = unix.NFNL_SUBSYS_NFTABLES
		if int(m.Header.Type)>>8 != subsystem || len(m.Data) < sizeofNfgenmsg {
			continue
		}
		switch int(m.Header.Type) & 0xff {
		case unix.NFT_MSG_NEWTABLE, unix.NFT_MSG_DELTABLE, unix.NFT_MSG_NEWCHAIN, unix.NFT_MSG_DELCHAIN,
			unix.NFT_MSG_NEWRULE, unix.NFT_MSG_DELRULE:
			return true
		}
		if tableOf(m) == tableName {
			return true
		}
	}
	return false
}

const sizeofNfgenmsg = 4

// tableOf returns the table that a message names: all kinds but NEWGEN have it
// as attribute 1 (linux/netfilter/nf_tables.h).
func tableOf(m netlink.Message) string {
	const table = 1
	attributes, err := netlink.UnmarshalAttributes(m.Data[sizeofNfgenmsg:])
	if err != nil {
		return ""
	}
	for _, a := range attributes {
		if a.Type == table && len(a.Data) > 1 {
			return string(a.Data[:len(a.Data)-1])
		}
	}
	return ""
}
