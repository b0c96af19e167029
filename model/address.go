package model

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// MAC is an Ethernet address. The zero value means that none was chosen.
type MAC [6]byte

// ParseMAC reads a unicast address such as "02:00:00:00:00:01". The error is
// [ErrInvalid].
func ParseMAC(s string) (MAC, error) {
	hw, err := net.ParseMAC(s)
	if err != nil || len(hw) != 6 {
		return MAC{}, Invalidf("MAC %q is not of the form 02:00:00:00:00:01", s)
	}
	m := MAC(hw)
	switch {
	case m[0]&1 != 0:
		return MAC{}, Invalidf("MAC %s is a multicast address; an interface needs a unicast one", m).
			WithHint("--mac %s", MAC{m[0]&^1 | 2, m[1], m[2], m[3], m[4], m[5]})
	case m.IsZero():
		return MAC{}, Invalidf("MAC %s is not usable", hw)
	}
	return m, nil
}

// IsZero reports whether no address was chosen.
func (m MAC) IsZero() bool { return m == MAC{} }

// String returns "02:00:00:00:00:01", or "" for the zero value.
func (m MAC) String() string {
	if m.IsZero() {
		return ""
	}
	return net.HardwareAddr(m[:]).String()
}

// MarshalText writes the form of [MAC.String].
func (m MAC) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads the form of [ParseMAC]; an empty text is the zero value.
func (m *MAC) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = MAC{}
		return nil
	}
	parsed, err := ParseMAC(string(text))
	*m = parsed
	return err
}

// broadcast is the limited broadcast address (RFC 919, 7).
var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// ParseAddress reads an interface address with its prefix length, such as
// "172.16.10.1/24" or "2001:db8::1/64". Addresses that no host may have
// (network, broadcast, multicast, unspecified, loopback) are refused, and so
// are IPv6 link-local ones, which the kernel gives by itself. The error is
// [ErrInvalid].
func ParseAddress(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		if a, aerr := netip.ParseAddr(s); aerr == nil && a.Zone() == "" {
			return p, Invalidf("address %s has no prefix length", s).WithHint("%s", suggest(a))
		}
		return p, Invalidf("address %q is not of the form 172.16.10.1/24 or 2001:db8::1/64", s)
	}
	a := p.Addr()
	switch {
	case a.Is4In6():
		return p, Invalidf("address %s is an IPv4 address in IPv6 form", s)
	case p.Bits() == 0:
		return p, Invalidf("address %s has a prefix length of 0", s)
	case a.IsMulticast(), a.IsUnspecified(), a.IsLoopback(), a == broadcast:
		return p, Invalidf("address %s cannot be given to an interface", s)
	case a.Is6() && a.IsLinkLocalUnicast():
		return p, Invalidf("address %s is link-local; every interface has one of its own", s)
	case isNetwork(p):
		return p, Invalidf("address %s is the network address of its subnet", s).WithHint("%s/%d", a.Next(), p.Bits())
	case isBroadcast(p):
		return p, Invalidf("address %s is the broadcast address of its subnet", s).WithHint("%s/%d", a.Prev(), p.Bits())
	}
	return p, nil
}

// ParseSubnet reads a network such as "10.20.0.0/24". One with host bits set
// is refused with a hint. The error is [ErrInvalid].
func ParseSubnet(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, Invalidf("subnet %q is not of the form 10.20.0.0/24 or 2001:db8::/64", s)
	}
	if p != p.Masked() {
		return p, Invalidf("subnet %s has host bits set", s).WithHint("%s", p.Masked())
	}
	if p.Addr().Is4In6() || p.Addr().IsMulticast() {
		return p, Invalidf("subnet %s is not one of hosts", s)
	}
	return p, nil
}

// ParseIP reads a single unicast address without a prefix. The error is
// [ErrInvalid].
func ParseIP(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Is4In6() || a.Zone() != "" {
		return a, Invalidf("%q is not an IP address", s)
	}
	if a.IsMulticast() || a.IsUnspecified() || a == broadcast {
		return a, Invalidf("%s is not the address of a host", s)
	}
	return a, nil
}

// ParseNextHop reads the next hop of a route: an address as [ParseIP] does, or
// an IPv6 link-local one with the interface behind which it is, in the form of
// RFC 4007, 11: fe80::1%eth0. The error is [ErrInvalid].
func ParseNextHop(s string) (netip.Addr, error) {
	bare, ifname, scoped := strings.Cut(s, "%")
	a, err := ParseIP(bare)
	if err != nil || !scoped {
		return a, err
	}
	if !a.IsLinkLocalUnicast() || a.Is4() {
		return a, Invalidf("next hop %s has an interface but is no IPv6 link-local address", s).WithHint("via %s", a)
	}
	return a.WithZone(ifname), CheckIfname(ifname)
}

// ParseDestination reads the destination of a route: "default", a subnet or a
// single address. "default" takes the family of via. The error is [ErrInvalid].
func ParseDestination(s string, via netip.Addr) (netip.Prefix, error) {
	if s == "default" {
		return DefaultRoute(via), nil
	}
	p, err := parseHostOrSubnet(s)
	if err == nil && p.Addr().Is4() != via.Is4() {
		return p, Invalidf("route to %s cannot go via %s: not the same address family", s, via)
	}
	return p, err
}

func parseHostOrSubnet(s string) (netip.Prefix, error) {
	if _, err := netip.ParseAddr(s); err != nil {
		return ParseSubnet(s)
	}
	a, err := ParseIP(s)
	return netip.PrefixFrom(a, a.BitLen()), err
}

// DefaultRoute returns 0.0.0.0/0 or ::/0, by the family of a.
func DefaultRoute(a netip.Addr) netip.Prefix {
	if a.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

// ParseAll reads several values with one of the parsers of this package; the
// first error ends it. No values give nil.
func ParseAll[T any](values []string, parse func(string) (T, error)) ([]T, error) {
	var list []T
	for _, v := range values {
		t, err := parse(v)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// LowestFree returns the lowest address of the subnet that is a host's and
// for which used is false. The error is [ErrConflict] when all are taken.
func LowestFree(subnet netip.Prefix, used func(netip.Addr) bool) (netip.Prefix, error) {
	subnet = subnet.Masked()
	for a := subnet.Addr(); subnet.Contains(a); a = a.Next() {
		p := netip.PrefixFrom(a, subnet.Bits())
		if !used(a) && !isNetwork(p) && !isBroadcast(p) {
			return p, nil
		}
	}
	return netip.Prefix{}, Conflictf("no address is free in %s", subnet)
}

// Misplaced returns the addresses that an interface has to lose and to be given
// again, in this order, so that it has those of after in their order; has is
// the order in which it has them now. Only the order of IPv4 addresses of one
// subnet counts: connections come from the first one, the others are secondary
// (ip-address(8)).
func Misplaced(has, after []netip.Prefix) []netip.Prefix {
	var misplaced []netip.Prefix
	for i, p := range after {
		if !p.Addr().Is4() || slices.ContainsFunc(after[:i], sameSubnet(p)) {
			continue // told with the first of its subnet
		}
		now, wanted := keep(has, sameSubnet(p)), keep(after, sameSubnet(p))
		same := 0
		for same < min(len(now), len(wanted)) && now[same] == wanted[same] {
			same++
		}
		misplaced = append(misplaced, wanted[same:]...)
	}
	return misplaced
}

func sameSubnet(p netip.Prefix) func(netip.Prefix) bool {
	return func(q netip.Prefix) bool { return q.Masked() == p.Masked() }
}

func keep(list []netip.Prefix, which func(netip.Prefix) bool) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(list), func(p netip.Prefix) bool { return !which(p) })
}

// isNetwork reports the lowest address of a subnet: nobody's in IPv4, the
// routers' anycast address in IPv6 (RFC 4291, 2.6.1). Point-to-point subnets
// have none (RFC 3021, RFC 6164).
func isNetwork(p netip.Prefix) bool {
	return p.Addr().BitLen()-p.Bits() > 1 && p.Addr() == p.Masked().Addr()
}

// isBroadcast reports the highest address of an IPv4 subnet.
func isBroadcast(p netip.Prefix) bool {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return false
	}
	b := p.Addr().As4()
	host := uint32(1)<<(32-p.Bits()) - 1
	return binary.BigEndian.Uint32(b[:])&host == host
}

// suggest returns the address with the prefix length that most networks have,
// or its neighbour where that gives no host's address; "" when neither does.
func suggest(a netip.Addr) string {
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p := netip.PrefixFrom(a, bits)
	if _, err := ParseAddress(p.String()); err != nil {
		return Hint(err)
	}
	return p.String()
}

// joined lists values for people.
func joined[T fmt.Stringer](sep string, list []T) string {
	s := ""
	for i, v := range list {
		if i > 0 {
			s += sep
		}
		s += v.String()
	}
	return s
}
