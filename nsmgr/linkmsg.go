package nsmgr

import (
	"context"
	"errors"
	"math/rand/v2"
	"unsafe"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// The messages about links, rtnetlink(7) and linux/if_link.h.

// kernelLink is a link with what a message tells of it besides.
type kernelLink struct {
	Link
	master, parent int // their indexes, 0 for none
	nsid           int // the number of the parent's namespace, -1 for this one
	group          uint32
}

// parseLink reads a message about a link.
func parseLink(m []byte) (kernelLink, error) {
	if len(m) < unix.SizeofIfInfomsg {
		return kernelLink{}, unix.EBADMSG
	}
	msg := nl.DeserializeIfInfomsg(m)
	l := kernelLink{nsid: -1}
	l.Kind, l.Index, l.Up = "device", int(msg.Index), msg.Flags&unix.IFF_UP != 0
	for kind, value := range attributes(m, unix.SizeofIfInfomsg) {
		switch kind {
		case unix.IFLA_IFNAME:
			l.Name = unix.ByteSliceToString(value)
		case unix.IFLA_IFALIAS:
			l.Alias = unix.ByteSliceToString(value)
		case unix.IFLA_ADDRESS:
			if len(value) == len(l.MAC) {
				l.MAC = model.MAC(value)
			}
		case unix.IFLA_MTU:
			l.MTU = int32In(value)
		case unix.IFLA_MASTER:
			l.master = int32In(value)
		case unix.IFLA_LINK:
			l.parent = int32In(value)
		case unix.IFLA_LINK_NETNSID:
			l.nsid = int32In(value)
		case unix.IFLA_GROUP:
			l.group = uint32(int32In(value))
		case unix.IFLA_LINKINFO:
			for kind, value := range attributes(value, 0) {
				if kind == nl.IFLA_INFO_KIND {
					l.Kind = unix.ByteSliceToString(value)
				}
			}
		}
	}
	l.Unfinished = l.group == unfinished
	return l, nil
}

// list returns the interfaces.
func (c *conn) list(ctx context.Context) ([]kernelLink, error) {
	return dump(ctx, func() ([]kernelLink, error) { return c.getLinks(0, unix.NLM_F_DUMP) })
}

// getLinks asks for one interface, or all, without their counters.
func (c *conn) getLinks(index, flags int, attrs ...*nl.RtAttr) (links []kernelLink, err error) {
	const skipStats = 1 << 3 // RTEXT_FILTER_SKIP_STATS, linux/rtnetlink.h
	req := c.request(unix.RTM_GETLINK, flags)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(index)
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.IFLA_EXT_MASK, nl.Uint32Attr(skipStats)))
	for _, a := range attrs {
		req.AddData(a)
	}
	err = c.ask(req, unix.RTM_NEWLINK, func(m []byte) error {
		l, err := parseLink(m)
		links = append(links, l)
		return err
	})
	return links, err
}

// setLink changes an interface by its name.
func (c *conn) setLink(name string, change LinkChange) error {
	return c.send(c.linkRequest(name, change))
}

// linkRequest is the request for that.
func (c *conn) linkRequest(name string, change LinkChange) *nl.NetlinkRequest {
	req := c.request(unix.RTM_SETLINK, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	if change.Up != nil {
		msg.Change = unix.IFF_UP
		if *change.Up {
			msg.Flags = unix.IFF_UP
		}
	}
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	if change.MAC != nil {
		req.AddData(nl.NewRtAttr(unix.IFLA_ADDRESS, change.MAC[:]))
	}
	if change.MTU != nil {
		req.AddData(nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(uint32(*change.MTU))))
	}
	if change.Alias != nil {
		req.AddData(nl.NewRtAttr(unix.IFLA_IFALIAS, []byte(*change.Alias)))
	}
	if change.finished {
		req.AddData(nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(0)))
	}
	return req
}

// deaf keeps an interface from giving itself an IPv6 address, and the host
// from taking IPv4 that arrives there (rp_filter: no route leads there, which
// is too little without an address even where the host's setting for all makes
// it loose). With a datapath in userspace the kernel sees each packet too,
// whatever its VLAN.
func deaf(withIPv6 bool) *nl.RtAttr {
	const (
		inetConf = 1 // IFLA_INET_CONF, linux/if_link.h
		rpFilter = 8 // IPV4_DEVCONF_RP_FILTER, linux/ip.h
	)
	spec := nl.NewRtAttr(unix.IFLA_AF_SPEC, nil)
	conf := spec.AddRtAttr(unix.AF_INET, nil).AddRtAttr(inetConf, nil)
	conf.AddRtAttr(rpFilter, nl.Uint32Attr(1))
	if withIPv6 {
		inet6 := spec.AddRtAttr(unix.AF_INET6, nil)
		inet6.AddRtAttr(unix.IFLA_INET6_ADDR_GEN_MODE, nl.Uint8Attr(nl.IN6_ADDR_GEN_MODE_NONE))
	}
	return spec
}

// newVeth is the request for a pair, sent where its first end is to be; secondNS is
// the namespace of the second. The message is about the first: if it were about the
// second, which could then come up at once, Linux 6.1 would refuse it where that
// name is taken in the namespace that it is sent from.
func (c *conn) newVeth(v Veth, secondNS int) *nl.NetlinkRequest {
	req := c.request(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	req.AddData(muteIf(v[0].Quiet, nl.NewIfInfomsg(unix.AF_UNSPEC)))
	for _, attr := range vethAttrs(v[0]) {
		req.AddData(attr)
	}
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	peer := info.AddRtAttr(nl.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, nil)
	muteIf(v[1].Quiet, nl.NewIfInfomsgChild(peer, unix.AF_UNSPEC))
	for _, attr := range vethAttrs(v[1]) {
		peer.AddChild(attr)
	}
	peer.AddRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(secondNS)))
	req.AddData(info)
	return req
}

// muteIf has an interface answer no ARP.
func muteIf(quiet bool, msg *nl.IfInfomsg) *nl.IfInfomsg {
	if quiet {
		msg.Change |= unix.IFF_NOARP
		msg.Flags |= unix.IFF_NOARP
	}
	return msg
}

// unfinished is the group (ip-link(8)) of a veth's ends until they have their
// aliases: it tells what a command that was cut off has left. It spells "ovsn".
const unfinished = 0x6f76736e

// vethAttrs returns what the kernel takes when it makes a link; it ignores
// IFALIAS and the address mode there.
func vethAttrs(e VethEnd) []*nl.RtAttr {
	attrs := []*nl.RtAttr{
		nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(e.Name)),
		nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(unfinished)),
	}
	if !e.MAC.IsZero() {
		attrs = append(attrs, nl.NewRtAttr(unix.IFLA_ADDRESS, e.MAC[:]))
	}
	if e.MTU != 0 {
		attrs = append(attrs, nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(uint32(e.MTU))))
	}
	return attrs
}

// deleteLink removes an interface; absent ok.
func (c *conn) deleteLink(index int) error {
	return absentOK(c.send(c.linkMessage(unix.RTM_DELLINK, index)))
}

func absentOK(err error) error {
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

// deleteLinks removes interfaces; absent ok.
func (c *conn) deleteLinks(ctx context.Context, indexes []int) error {
	if len(indexes) < 2 {
		return c.deleteListed(nil, indexes)
	}
	all, err := c.list(ctx)
	if err != nil {
		return err
	}
	return c.deleteListed(all, indexes)
}

// deleteListed is deleteLinks where the caller knows which interfaces there are.
// The kernel waits about 25 ms for its other processors at each removal, so
// several are put into a group of their own (ip-link(8), "group") and removed by
// one message.
func (c *conn) deleteListed(all []kernelLink, indexes []int) error {
	switch len(indexes) {
	case 0:
		return nil
	case 1:
		return c.deleteLink(indexes[0])
	}
	group := unusedGroup(all)
	requests := make([]*nl.NetlinkRequest, len(indexes))
	for i, index := range indexes {
		requests[i] = c.linkMessage(unix.RTM_SETLINK, index)
		requests[i].AddData(nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(group)))
	}
	for _, err := range c.sendAll(requests) {
		if err != nil && !errors.Is(err, unix.ENODEV) {
			return err
		}
	}
	req := c.linkMessage(unix.RTM_DELLINK, 0)
	req.AddData(nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(group)))
	return absentOK(c.send(req))
}

// linkMessage begins a request about the interface of that index.
func (c *conn) linkMessage(kind, index int) *nl.NetlinkRequest {
	req := c.request(kind, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(index)
	req.AddData(msg)
	return req
}

// unusedGroup returns the number of a group that has no member.
func unusedGroup(all []kernelLink) uint32 {
	used := map[uint32]bool{0: true, unfinished: true} // every interface begins in 0
	for _, l := range all {
		used[l.group] = true
	}
	for {
		if group := rand.Uint32(); !used[group] {
			return group
		}
	}
}

// setTxChecksum uses SIOCETHTOOL (linux/ethtool.h).
func (c *conn) setTxChecksum(name string, on bool) error {
	const setTxCsum = 0x17 // ETHTOOL_STXCSUM
	value := struct{ cmd, data uint32 }{cmd: setTxCsum}
	if on {
		value.data = 1
	}
	req := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte // struct ifreq is larger than its pointer
	}{data: unsafe.Pointer(&value)}
	copy(req.name[:unix.IFNAMSIZ-1], name)
	return c.ioctl(unix.SIOCETHTOOL, unsafe.Pointer(&req))
}

// index returns the index of an interface, without all the rest that rtnetlink
// tells of it (netdevice(7)); 0 when there is none.
func (c *conn) index(name string) (int, error) {
	if name == "" || len(name) > model.MaxIfname {
		return 0, nil
	}
	req := struct {
		name  [unix.IFNAMSIZ]byte
		index int32
		_     [20]byte
	}{}
	copy(req.name[:unix.IFNAMSIZ-1], name)
	err := c.ioctl(unix.SIOCGIFINDEX, unsafe.Pointer(&req))
	if errors.Is(err, unix.ENODEV) {
		return 0, nil
	}
	return int(req.index), err
}

// ioctl works on any socket of the namespace.
func (c *conn) ioctl(request uintptr, arg unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(c.sock), request, uintptr(arg))
	if errno != 0 {
		return errno
	}
	return nil
}
