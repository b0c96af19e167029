package main

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/hack/bench/task"
)

// many is from how many links on they go after the names of their namespaces.
const many = 250

// destroy removes the network: the ports go out of the switch in one
// transaction, and their links, with the switch's own, out of the kernel by one
// message, both beside ovs-vswitchd. What it is told of many links before it has
// begun with the ports costs it half as much time again, so that these go when the
// names have gone, which it does not see. What the kernel does for each namespace
// that goes would be in its way; so the namespaces go with this process.
func (f *floor) destroy(ctx context.Context) error {
	links, names := step{"links gone", f.deleteLinks}, step{"names", f.unmount}
	if len(f.lab) >= many {
		links, names = names, links
	}
	return f.do(ctx, []step{
		{"start", f.holdNamespaces},
		{"transaction", f.drop},
		links,
		names,
		{"ovs-vswitchd", f.await},
	})
}

// holdNamespaces opens all namespaces.
func (f *floor) holdNamespaces() error {
	for _, m := range f.lab {
		if _, err := unix.Open(netnsDir+"/"+m.Namespace, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
	}
	return nil
}

// leaving is the group (ip-link(8)) of the links that go.
const leaving = 0x666c6f6f

// deleteLinks puts the links of the ports and of the switch into a group, and
// returns when it is gone. The switch's own may be already: ovs-vswitchd deletes it.
func (f *floor) deleteLinks() error {
	join := func(b *batch, name string) {
		b.link(unix.RTM_SETLINK, 0, 0, 0, 0)
		b.attr(unix.IFLA_IFNAME, text(name))
		b.attr(unix.IFLA_GROUP, number(leaving))
	}
	if err := f.changeAll(func(b *batch, m member) { join(b, m.Port) }); err != nil {
		return err
	}
	err := fromHost(func(b *batch) { join(b, task.Switch) })
	if err != nil && !errors.Is(err, unix.ENODEV) {
		return err
	}
	return fromHost(func(b *batch) {
		b.link(unix.RTM_DELLINK, 0, 0, 0, 0)
		b.attr(unix.IFLA_GROUP, number(leaving))
	})
}

// unmount removes the names of the namespaces.
func (f *floor) unmount() error {
	for _, m := range f.lab {
		path := netnsDir + "/" + m.Namespace
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			return err
		}
		if err := unix.Unlink(path); err != nil {
			return err
		}
	}
	return nil
}
