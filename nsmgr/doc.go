// Package nsmgr handles what the Linux kernel holds of a lab: named network
// namespaces, veths, addresses, routes and sysctls. It is the only user of
// netlink and of network namespaces in ovsns, and it runs no other program.
//
//	      the host (ns == "")               /run/netns/red
//	+--------------------------+      +--------------------------+
//	|  red-eth0 ---------------+------+--- eth0   lo             |
//	|  alias "ovsns: red eth0" | veth |           alias "ovsns"  |
//	+--------------------------+      +--------------------------+
//
// Namespaces are those of ip-netns(8): bind mounts below /run/netns, so that
// `ip netns` sees and handles them. What ovsns makes carries a mark in its
// IFALIAS: lo of each namespace "ovsns", host ends of veths something that
// begins with it. What has no mark is never deleted ([model.ErrNotManaged]).
//
// A [Host] talks to each namespace that it changes through a netlink socket
// that was opened inside it; a thread enters a namespace only where no such
// socket exists yet or /proc is involved, see [Host.Do]. To look at namespaces
// one thread goes through all of them, see [Host.LookAll]: three messages for
// each, and no other thread has to wake up, which costs more than a message.
// Whose a namespace is can be asked from outside, if a veth leads there.
//
// What costs time here, of about 1.5 ms for a namespace with its veth: a third
// each is the kernel's making of the one and of the other. A namespace needs no
// name to be made, so it can be made early, see [Host.Prepare]. Changes to links
// wait for one lock, so several threads only get in each other's way. A path
// below /proc/sys/net is looked up among those of all namespaces, so settings
// are written below a directory that is open. An interface that comes up talks
// to everybody, see [model.QuietStart].
//
// Errors are of the classes of package model and carry the kernel's own words.
package nsmgr
