package reach

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// udpSender sends datagrams from one socket and waits for what comes back: from
// our own listener the nonce, from others anything.
func (r *run) udpSender(ctx context.Context, f *flight) (sender, error) {
	ours, err := r.answerAt(ctx, f)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var conn *net.UDPConn
	connect := func(ctx context.Context) (*net.UDPConn, error) {
		mu.Lock()
		defer mu.Unlock()
		if conn != nil {
			return conn, nil
		}
		c, err := open(r, f.From, func() (*net.UDPConn, error) {
			return net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(f.To, f.Port)))
		})
		if err != nil {
			return nil, err
		}
		conn = c
		context.AfterFunc(ctx, func() { _ = c.Close() })
		r.readers.Go(func() { r.hearUDP(c, f, ours) })
		return c, nil
	}
	return func(ctx context.Context, n uint32) error {
		c, err := connect(ctx)
		if err != nil {
			return err
		}
		_, err = c.Write(r.nonce(f, n))
		if errors.Is(err, unix.ECONNREFUSED) { // what came back to an earlier one
			f.refused()
			_, err = c.Write(r.nonce(f, n))
		}
		return err
	}, nil
}

// hearUDP reads until the socket is closed.
func (r *run) hearUDP(c *net.UDPConn, f *flight, ours bool) {
	b := make([]byte, 2048)
	for {
		n, err := c.Read(b)
		switch {
		case isClosed(err):
			return
		case errors.Is(err, unix.ECONNREFUSED):
			f.refused()
			continue
		case err != nil:
			continue
		}
		g, request := r.find(b[:n])
		switch {
		case g == f:
			f.reply(request)
		case !ours:
			f.reply(0)
		}
	}
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }
