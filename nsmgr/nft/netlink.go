package nft

import (
	"context"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
)

// socketBuffer holds the answers to a batch of some thousand rules, which come
// all at once, in bytes.
const socketBuffer = 8 << 20

// open connects to nf_tables in the network namespace of this thread, see
// [Firewall.inside]. The
// deadline of ctx becomes the socket's, since the library knows no context.
func open(ctx context.Context) (c *nftables.Conn, closeConn func(), err error) {
	if err := alive(ctx, "connecting"); err != nil {
		return nil, nil, err
	}
	c, err = nftables.New(nftables.AsLasting(), nftables.WithSockOptions(func(s *netlink.Conn) error {
		if err := s.SetReadBuffer(socketBuffer); err != nil {
			return err
		}
		if err := s.SetWriteBuffer(socketBuffer); err != nil {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok {
			return s.SetDeadline(deadline)
		}
		return nil
	}))
	if err != nil {
		return nil, nil, classify(err, "connecting")
	}
	// Nothing is lost when a socket fails to close.
	return c, func() { _ = c.CloseLasting() }, nil
}
