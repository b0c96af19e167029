package sandbox

import (
	"context"

	"github.com/ovsns/ovsns/nsmgr"
)

// Join lays a cable between two private hosts: a veth whose ends are the
// interface ifname here and otherIfname there. Both are up and have no
// address. It goes with either host. The error is [model.ErrConflict] when an
// interface of that name is there.
func (h *Host) Join(ctx context.Context, ifname string, other *Host, otherIfname string) error {
	return nsmgr.JoinPaths(ctx, h.proc("ns/net"), ifname, other.proc("ns/net"), otherIfname)
}
