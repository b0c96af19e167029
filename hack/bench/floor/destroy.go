package main

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/hack/bench/task"
)

// destroy removes the network: the ports go out of the switch in one
// transaction, and their links, with the switch's own, out of the kernel by one
// message. What the kernel does for each namespace that goes would be in
// ovs-vswitchd's way; so the names go last, and the namespaces with this process.
func (f *floor) destroy(ctx context.Context) error {
	return f.do(ctx, []step{
		{"start", f.holdNamespaces},
		{"group", f.groupLinks},
		{"transaction", f.drop},
		{"links gone", f.deleteGroup},
		{"ovs-vswitchd", f.await},
		{"names", f.unmount},
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

// groupLinks puts the links of the ports and of the switch into a group.
func (f *floor) groupLinks() error {
	join := func(b *batch, name string) {
		b.link(unix.RTM_SETLINK, 0, 0, 0, 0)
		b.attr(unix.IFLA_IFNAME, text(name))
		b.attr(unix.IFLA_GROUP, number(leaving))
	}
	if err := f.changeAll(func(b *batch, m member) { join(b, m.Port) }); err != nil {
		return err
	}
	return fromHost(func(b *batch) { join(b, task.Switch) })
}

// deleteGroup returns when its links are gone.
func (f *floor) deleteGroup() error {
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
