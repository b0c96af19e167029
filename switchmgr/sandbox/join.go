package sandbox

import (
	"context"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// Join lays a cable between two private hosts: a veth whose ends are the
// interface ifname here and otherIfname there. Both are up and have no
// address. It goes with either host. The error is [model.ErrConflict] when an
// interface of that name is there, and [model.ErrNotReady] when one of the
// hosts has a user namespace: nobody has both networks in hand then. A private
// host made within such a host has none of its own and can be joined there.
func (h *Host) Join(ctx context.Context, ifname string, other *Host, otherIfname string) error {
	if h.condition.UserNamespace || other.condition.UserNamespace {
		return model.NotReadyf("the private hosts %s and %s cannot be joined from outside their user namespaces", h.name, other.name).
			WithHint("ovsns sandbox, and in there once more")
	}
	return nsmgr.JoinPaths(ctx, h.proc("ns/net"), ifname, other.proc("ns/net"), otherIfname)
}
