package nsmgr

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Announce tells everybody in the segment of an interface which MAC its addresses
// have, those of global scope: by an ARP announcement (RFC 5227, 3) and an
// unsolicited neighbour advertisement (RFC 4861, 7.2.6). Neighbours that know one of them with another MAC would go on sending
// there for up to a minute. The interface must be up, and its port on the switch.
//
// Each is a broadcast, so that of a thousand on one switch in userspace it sends a
// million copies: announce what may have been elsewhere before, not what is new.
// [model.ErrNotFound] when there is no such interface, [model.ErrInvalid] when it is
// down or has no MAC.
func (h *Host) Announce(ctx context.Context, ns, ifname string) error {
	l, found, err := h.FindLink(ctx, ns, ifname)
	switch {
	case err != nil:
		return err
	case !found:
		return model.NotFoundf("there is no interface %s in %s", ifname, where(ns))
	case !l.Up || l.MAC.IsZero():
		return model.Invalidf("interface %s in %s is down or has no MAC, so nobody can be told of it", ifname, where(ns))
	}
	err = h.with(ns, func(c *conn) error {
		return inside(c.fd, func() error { return announce(l) })
	})
	return classify(err, "cannot announce the addresses of %s in %s", ifname, where(ns))
}

// announce sends from the namespace of the calling thread.
func announce(l Link) error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0) // it receives nothing
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	forwards, _ := os.ReadFile("/proc/" + ipv6Conf + "/" + l.Name + "/forwarding")
	router := strings.TrimSpace(string(forwards)) == "1"
	var errs error
	for _, p := range l.Addresses {
		f := advertisement(l.MAC, p.Addr(), router)
		if p.Addr().Is4() {
			f = arpAnnouncement(l.MAC, p.Addr())
		}
		errs = errors.Join(errs, unix.Sendto(fd, f, 0, &unix.SockaddrLinklayer{Ifindex: l.Index, Halen: uint8(len(l.MAC))}))
	}
	return errs
}

// arpAnnouncement is the Ethernet frame of an ARP request for an own address
// (RFC 826), which Linux takes for gratuitous.
func arpAnnouncement(mac model.MAC, a netip.Addr) []byte {
	f := frame(model.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mac, unix.ETH_P_ARP)
	f = append(f, 0, unix.ARPHRD_ETHER, unix.ETH_P_IP>>8, 0, 6, 4, 0, 1)
	f = append(append(f, mac[:]...), a.AsSlice()...)
	return append(append(f, make([]byte, len(mac))...), a.AsSlice()...)
}

// advertisement is the Ethernet frame of a neighbour advertisement to all nodes,
// which overrides what they know.
func advertisement(mac model.MAC, a netip.Addr, router bool) []byte {
	flags := byte(0x20) // override
	if router {
		flags |= 0x80 // else they would forget the routes by it that they were told of
	}
	allNodes := netip.MustParseAddr("ff02::1")
	message := []byte{136, 0, 0, 0, flags, 0, 0, 0}
	message = append(message, a.AsSlice()...)
	message = append(append(message, 2, 1), mac[:]...) // target link-layer address
	binary.BigEndian.PutUint16(message[2:], checksumICMPv6(a, allNodes, message))

	f := frame(model.MAC{0x33, 0x33, 0, 0, 0, 1}, mac, unix.ETH_P_IPV6)
	f = append(f, 0x60, 0, 0, 0, 0, byte(len(message)), unix.IPPROTO_ICMPV6, 255)
	f = append(append(f, a.AsSlice()...), allNodes.AsSlice()...)
	return append(f, message...)
}

// frame begins an Ethernet frame.
func frame(to, from model.MAC, kind uint16) []byte {
	return binary.BigEndian.AppendUint16(append(append([]byte{}, to[:]...), from[:]...), kind)
}

// checksumICMPv6 is that of RFC 8200, 8.1; the message has an even length and none
// yet.
func checksumICMPv6(from, to netip.Addr, message []byte) uint16 {
	data := append(append(from.AsSlice(), to.AsSlice()...), 0, 0, 0, byte(len(message)), 0, 0, 0, unix.IPPROTO_ICMPV6)
	sum := uint32(0)
	for pair := range slices.Chunk(append(data, message...), 2) {
		sum += uint32(binary.BigEndian.Uint16(pair))
	}
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
