package nsmgr

import (
	"context"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// JoinPaths lays a cable between two network namespaces that need no name:
// each is given by a file such as /proc/PID/ns/net. The ends are interfaces
// of the names given, up and without an address; they carry no mark of ours,
// like the network cards of two machines. The error is [model.ErrConflict]
// when a name is taken, [model.ErrNotFound] when there is no such namespace.
func JoinPaths(ctx context.Context, pathA, ifnameA, pathB, ifnameB string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, name := range []string{ifnameA, ifnameB} {
		if err := model.CheckIfname(name); err != nil {
			return err
		}
	}
	a, err := openNS(pathA)
	if err != nil {
		return model.NotFoundf("no network namespace at %s", pathA).Because(err)
	}
	defer unix.Close(a)
	b, err := openNS(pathB)
	if err != nil {
		return model.NotFoundf("no network namespace at %s", pathB).Because(err)
	}
	defer unix.Close(b)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = ifnameA
	veth := &netlink.Veth{LinkAttrs: attrs, PeerName: ifnameB, PeerNamespace: netlink.NsFd(b)}
	if err := addAndRaise(netns.NsHandle(a), veth, ifnameA); err != nil {
		return classify(err, "cannot join %s and %s", ifnameA, ifnameB)
	}
	return classify(addAndRaise(netns.NsHandle(b), nil, ifnameB), "cannot join %s and %s", ifnameA, ifnameB)
}

// addAndRaise makes the veth, if there is one, in the namespace and brings an
// interface up.
func addAndRaise(ns netns.NsHandle, veth *netlink.Veth, ifname string) error {
	handle, err := netlink.NewHandleAt(ns)
	if err != nil {
		return err
	}
	defer handle.Close()
	if veth != nil {
		if err := handle.LinkAdd(veth); err != nil {
			return err
		}
	}
	link, err := handle.LinkByName(ifname)
	if err != nil {
		return err
	}
	return handle.LinkSetUp(link)
}
