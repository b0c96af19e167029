package reach

import (
	"context"
	"net"
	"net/netip"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/ovsns/ovsns/model"
)

// Protocol numbers (IANA).
const (
	protocolICMP   = 1
	protocolICMPv6 = 58
)

// ear hears the ICMP messages of one place, and sends its echo requests. A raw
// socket gets a copy of each message, requests to the place included.
type ear struct {
	place string
	v6    bool
	conn  *icmp.PacketConn
}

type earKey struct {
	place string
	v6    bool
}

// ear returns the one of a place.
func (r *run) ear(place string, v6 bool) (*ear, error) {
	return once(r, r.ears, earKey{place, v6}, func() (*ear, error) {
		conn, err := open(r, place, func() (*icmp.PacketConn, error) { return listenICMP(v6) })
		if err != nil {
			return nil, model.NotReadyf("cannot open a raw socket in %s", place).Because(err)
		}
		e := &ear{place, v6, conn}
		r.keep(conn, func() { e.listen(r) })
		return e, nil
	})
}

func listenICMP(v6 bool) (*icmp.PacketConn, error) {
	if !v6 {
		c, err := icmp.ListenPacket("ip4:icmp", "0.0.0.0")
		if err != nil {
			return nil, err
		}
		var only ipv4.ICMPFilter
		only.SetAll(true)
		for _, t := range []ipv4.ICMPType{
			ipv4.ICMPTypeEcho, ipv4.ICMPTypeEchoReply, ipv4.ICMPTypeDestinationUnreachable, ipv4.ICMPTypeTimeExceeded,
		} {
			only.Accept(t)
		}
		return c, c.IPv4PacketConn().SetICMPFilter(&only)
	}
	c, err := icmp.ListenPacket("ip6:ipv6-icmp", "::")
	if err != nil {
		return nil, err
	}
	var only ipv6.ICMPFilter
	only.SetAll(true)
	for _, t := range []ipv6.ICMPType{
		ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply, ipv6.ICMPTypeDestinationUnreachable, ipv6.ICMPTypeTimeExceeded,
	} {
		only.Accept(t)
	}
	return c, c.IPv6PacketConn().SetICMPFilter(&only)
}

// echoSender sends echo requests, and listens at both ends.
func (r *run) echoSender(f *flight) (sender, error) {
	e, err := r.ear(f.From, is6(f.To))
	if err != nil {
		return nil, err
	}
	if f.At != "" {
		if _, err := r.ear(f.At, is6(f.To)); err != nil {
			return nil, err
		}
	}
	to := &net.IPAddr{IP: f.To.AsSlice()}
	return func(_ context.Context, n uint32) error {
		b, err := e.request(r, f, n)
		if err == nil {
			_, err = e.conn.WriteTo(b, to)
		}
		return err
	}, nil
}

// request makes an echo request. The kernel fills in the checksum of IPv6.
func (e *ear) request(r *run, f *flight, n uint32) ([]byte, error) {
	m := icmp.Message{Type: ipv4.ICMPTypeEcho}
	if e.v6 {
		m.Type = ipv6.ICMPTypeEchoRequest
	}
	// Connections are told apart by the ID where there is NAT.
	id := int(r.id[0])<<8 ^ int(r.id[1]) ^ int(f.index)
	m.Body = &icmp.Echo{ID: id & 0xffff, Seq: int(n & 0xffff), Data: r.nonce(f, n)}
	return m.Marshal(nil)
}

// listen hears until the socket is closed.
func (e *ear) listen(r *run) {
	b := make([]byte, 2048)
	protocol := protocolICMP
	if e.v6 {
		protocol = protocolICMPv6
	}
	for {
		n, from, err := e.conn.ReadFrom(b)
		if err != nil {
			if isClosed(err) {
				return
			}
			continue // an error of some request; its flight hears of it otherwise
		}
		if m, err := icmp.ParseMessage(protocol, b[:n]); err == nil {
			e.hear(r, m, addressOf(from))
		}
	}
}

// hear passes a message on to its flight.
func (e *ear) hear(r *run, m *icmp.Message, from netip.Addr) {
	switch body := m.Body.(type) {
	case *icmp.Echo:
		f, n := r.find(body.Data)
		switch {
		case f == nil:
		case m.Type == ipv4.ICMPTypeEcho || m.Type == ipv6.ICMPTypeEchoRequest:
			f.arrived(e.place, from)
		case e.place == f.From && from == f.To:
			f.reply(n)
		}
	case *icmp.DstUnreach:
		e.report(r, body.Data, from, unreachable(m))
	case *icmp.TimeExceeded:
		e.report(r, body.Data, from, "time to live exceeded")
	}
}

// report passes on an error message, which quotes the request.
func (e *ear) report(r *run, quoted []byte, from netip.Addr, what string) {
	if f, _ := r.find(quoted); f != nil && f.From == e.place {
		f.reported(from, what)
	}
}

// unreachable names the code of a message (RFC 792, RFC 1812 5.2.7.1, RFC 4443
// 3.1).
func unreachable(m *icmp.Message) string {
	codes := map[int]string{
		0: "network unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable",
		9: "network prohibited", 10: "host prohibited", 13: "administratively prohibited",
	}
	if m.Type == ipv6.ICMPTypeDestinationUnreachable {
		codes = map[int]string{
			0: "no route", 1: "administratively prohibited", 3: "address unreachable", 4: "port unreachable",
			5: "source address failed policy", 6: "route rejected",
		}
	}
	if text, ok := codes[m.Code]; ok {
		return text
	}
	return "destination unreachable"
}
