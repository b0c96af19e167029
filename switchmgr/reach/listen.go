package reach

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// end answers at a port of an address in one place.
type end struct {
	busy bool // a program of others has the port
}

type endKey struct {
	place    string
	protocol Protocol
	address  netip.AddrPort
}

// answerAt makes sure that somebody answers at the place of a probe, if that
// is known, and reports whether it is us.
func (r *run) answerAt(ctx context.Context, f *flight) (ours bool, err error) {
	if f.At == "" {
		return false, nil
	}
	key := endKey{f.At, f.Protocol, netip.AddrPortFrom(f.To, f.Port)}
	e, err := once(r, r.ends, key, func() (*end, error) { return r.openEnd(ctx, key) })
	if err != nil {
		return false, err
	}
	if e.busy {
		f.busy()
	}
	return !e.busy, nil
}

func (r *run) openEnd(ctx context.Context, key endKey) (*end, error) {
	var err error
	if key.protocol == TCP {
		err = r.listenTCP(ctx, key)
	} else {
		err = r.listenUDP(ctx, key)
	}
	if errors.Is(err, unix.EADDRINUSE) {
		return &end{busy: true}, nil
	}
	if err != nil {
		return nil, model.Failedf("cannot listen at %s port %s in %s",
			strings.ToUpper(string(key.protocol)), key.address, key.place).Because(err)
	}
	return &end{}, nil
}

// listenConfig lets a socket have an address that is not ready yet.
var listenConfig = net.ListenConfig{
	Control: func(_, _ string, c syscall.RawConn) (err error) {
		cerr := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_FREEBIND, 1)
		})
		return errors.Join(cerr, err)
	},
	KeepAlive: -1,
}

func (r *run) listenTCP(ctx context.Context, key endKey) error {
	l, err := open(r, key.place, func() (net.Listener, error) {
		return listenConfig.Listen(ctx, "tcp", key.address.String())
	})
	if err != nil {
		return err
	}
	r.keep(l, func() {
		for {
			c, err := l.Accept()
			if isClosed(err) {
				return
			}
			if err == nil {
				r.readers.Go(func() { r.answerTCP(c, key.place) })
			}
		}
	})
	return nil
}

// patience is how long a client may take to say its nonce. It has it ready.
const patience = 5 * time.Second

// answerTCP returns the nonce of one connection.
func (r *run) answerTCP(c net.Conn, place string) {
	defer c.Close()
	b := make([]byte, nonceSize)
	if c.SetDeadline(time.Now().Add(patience)) != nil {
		return
	}
	if _, err := io.ReadFull(c, b); err != nil {
		return
	}
	f, _ := r.find(b)
	if f == nil {
		return
	}
	f.arrived(place, addressOf(c.RemoteAddr()))
	if _, err := c.Write(b); err == nil {
		_, _ = c.Read(b) // the client closes first
	}
}

func (r *run) listenUDP(ctx context.Context, key endKey) error {
	c, err := open(r, key.place, func() (net.PacketConn, error) {
		return listenConfig.ListenPacket(ctx, "udp", key.address.String())
	})
	if err != nil {
		return err
	}
	r.keep(c, func() { r.answerUDP(c, key.place) })
	return nil
}

// answerUDP returns the nonces of datagrams until the socket is closed.
func (r *run) answerUDP(c net.PacketConn, place string) {
	b := make([]byte, 2048)
	for {
		n, from, err := c.ReadFrom(b)
		if isClosed(err) {
			return
		}
		if err != nil {
			continue
		}
		if f, _ := r.find(b[:n]); f != nil {
			f.arrived(place, addressOf(from))
			_, _ = c.WriteTo(b[:n], from) // the request will be repeated
		}
	}
}

// addressOf returns the address alone, not valid when there is none.
func addressOf(a net.Addr) netip.Addr {
	var ip net.IP
	switch a := a.(type) {
	case *net.IPAddr:
		ip = a.IP
	case *net.TCPAddr:
		ip = a.IP
	case *net.UDPAddr:
		ip = a.IP
	}
	addr, _ := netip.AddrFromSlice(ip)
	return addr.Unmap()
}
