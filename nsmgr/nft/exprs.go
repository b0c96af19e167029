package nft

import (
	"bytes"
	"net/netip"
	"reflect"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"
)

// nameSize is IFNAMSIZ of netdevice(7): names are compared with their padding.
const nameSize = unix.IFNAMSIZ

// The two 16-byte registers that are used (NFT_REG_1, NFT_REG_2).
const (
	reg1 = unix.NFT_REG_1
	reg2 = unix.NFT_REG_2
)

// padded returns an interface name as the kernel compares it.
func padded(name string) []byte {
	b := make([]byte, nameSize)
	copy(b, name)
	return b
}

func unpadded(key []byte) string { return string(bytes.TrimRight(key, "\x00")) }

func loadMeta(key expr.MetaKey, register uint32) expr.Any {
	return &expr.Meta{Key: key, Register: register}
}

// nameIs compares the name of the incoming or outgoing interface.
func nameIs(key expr.MetaKey, op expr.CmpOp, name string) []expr.Any {
	return []expr.Any{loadMeta(key, reg1), &expr.Cmp{Op: op, Register: reg1, Data: padded(name)}}
}

// nameIn looks the name of an interface up in the set of segments.
func nameIn(key expr.MetaKey, invert bool) []expr.Any {
	return []expr.Any{loadMeta(key, reg1), inSet(segmentsSet(), invert)}
}

func inSet(s *nftables.Set, invert bool) expr.Any {
	return &expr.Lookup{SourceRegister: reg1, SetName: s.Name, SetID: s.ID, Invert: invert}
}

// hasNoWayBack is "fib saddr . iif oif missing": no route leads to the sender by
// the interface by which the packet came in. The kernel excepts what has no
// sender yet: 0.0.0.0 to a broadcast or multicast address and :: in ICMPv6.
func hasNoWayBack() []expr.Any {
	return []expr.Any{
		&expr.Fib{Register: reg1, FlagSADDR: true, FlagIIF: true, FlagPRESENT: true, ResultOIF: true},
		&expr.Cmp{Op: expr.CmpOpEq, Register: reg1, Data: make([]byte, 4)},
	}
}

// sameExprs compares what two rules do, apart from what they have counted.
func sameExprs(a, b []expr.Any) bool { return reflect.DeepEqual(bare(a), bare(b)) }

// bare leaves out of a rule what only a batch or the kernel adds.
func bare(list []expr.Any) []expr.Any {
	var out []expr.Any
	for _, e := range list {
		switch e := e.(type) {
		case *expr.Counter:
		case *expr.Lookup:
			l := *e
			l.SetID = 0
			out = append(out, &l)
		default:
			out = append(out, e)
		}
	}
	return out
}

// protocolIs is the "meta nfproto" that an inet table needs before a look at
// an address.
func protocolIs(subnet netip.Prefix) []expr.Any {
	proto := byte(unix.NFPROTO_IPV6)
	if subnet.Addr().Is4() {
		proto = unix.NFPROTO_IPV4
	}
	return []expr.Any{
		loadMeta(expr.MetaKeyNFPROTO, reg1),
		&expr.Cmp{Op: expr.CmpOpEq, Register: reg1, Data: []byte{proto}},
	}
}

// Offsets of the addresses in the header (RFC 791, 3.1; RFC 8200, 3).
func addressOffset(subnet netip.Prefix, destination bool) uint32 {
	switch {
	case subnet.Addr().Is4() && destination:
		return 16
	case subnet.Addr().Is4():
		return 12
	case destination:
		return 24
	default:
		return 8
	}
}

// addressIn compares an address of the packet with a subnet, in the shortest
// form, which is the one that nft and iptables-nft write and can read.
func addressIn(subnet netip.Prefix, destination bool) []expr.Any {
	address, bits := subnet.Addr().AsSlice(), subnet.Bits()
	if bits == 0 {
		return nil
	}
	size := len(address)
	if bits%8 == 0 {
		size = bits / 8
	}
	list := []expr.Any{&expr.Payload{
		DestRegister: reg1, Base: expr.PayloadBaseNetworkHeader,
		Offset: addressOffset(subnet, destination), Len: uint32(size),
	}}
	if bits%8 != 0 {
		list = append(list, &expr.Bitwise{
			SourceRegister: reg1, DestRegister: reg1, Len: uint32(size),
			Mask: maskOf(bits, size), Xor: make([]byte, size),
		})
	}
	return append(list, &expr.Cmp{Op: expr.CmpOpEq, Register: reg1, Data: address[:size]})
}

func maskOf(bits, size int) []byte {
	mask := make([]byte, size)
	for i := range bits {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	return mask
}

// isAnswer is "ct state established,related".
func isAnswer() []expr.Any {
	states := binaryutil.NativeEndian.PutUint32(expr.CtStateBitESTABLISHED | expr.CtStateBitRELATED)
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeySTATE, Register: reg1},
		&expr.Bitwise{SourceRegister: reg1, DestRegister: reg1, Len: 4, Mask: states, Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: reg1, Data: make([]byte, 4)},
	}
}

func verdict(kind expr.VerdictKind) expr.Any { return &expr.Verdict{Kind: kind} }

// comment returns the userdata in which nft(8) keeps a rule's comment.
func comment(text string) []byte {
	return userdata.AppendString(nil, userdata.TypeComment, text)
}

// commentOf returns the comment of a rule, whether nft or iptables-nft holds
// it; "" when there is none.
func commentOf(r *nftables.Rule) string {
	for _, e := range r.Exprs {
		if m, ok := e.(*expr.Match); ok && m.Name == "comment" {
			if c, ok := m.Info.(*xt.Comment); ok {
				text, _, _ := bytes.Cut([]byte(*c), []byte{0})
				return string(text)
			}
		}
	}
	return userComment(r.UserData)
}

// userComment finds the comment in userdata (type, length, value). The
// library's own search trusts the lengths, which are another program's here.
func userComment(data []byte) string {
	for len(data) >= 2 {
		size := int(data[1])
		if len(data) < 2+size {
			return ""
		}
		if userdata.Type(data[0]) == userdata.TypeComment {
			return unpadded(data[2 : 2+size])
		}
		data = data[2+size:]
	}
	return ""
}

// counterOf returns what a rule has counted.
func counterOf(r *nftables.Rule) (packets, octets uint64) {
	for _, e := range r.Exprs {
		if c, ok := e.(*expr.Counter); ok {
			return c.Packets, c.Bytes
		}
	}
	return 0, 0
}
