// Package switchmgr is where a user of the library begins: it builds and
// changes a lab of switches, namespaces and what joins them, on this host.
//
//	Manager.Attach(...)            one verb per noun: switch.go, attach.go, ...
//	   |
//	observe   what is recorded in the switch's database, and really there
//	   |
//	plan      the verb edits a copy; Diff gives a Plan (package plan, pure)
//	   |
//	apply     kernel, then one OVSDB transaction, then kernel, nftables;
//	          undone in reverse when a step fails
//
// Every verb that changes something returns a [Result] with the plan that was
// carried out; with [Options].DryRun the plan is returned and nothing is done.
// A verb whose wish already holds returns an empty plan.
//
// The order of an apply is that which costs ovs-vswitchd least. It wakes up for
// every link of the host that changes, goes over its ports, and lists all links
// for its routing table, under the one lock that the kernel has for links: while
// links are made it is in the way, and nearly doubles what they take. So the
// namespaces, of which it sees nothing, come before all links, and the links one
// soon after the other, each kind of message for all of them before the next
// ([nsmgr.Host.CreateVeths]). A switch in userspace also copies what a namespace
// sends as it comes up to every port; so namespaces come up before their ports
// are on the switch, and all ports go there in one transaction.
//
// One more port is dearer the more there are, and that is ovs-vswitchd's: it
// goes over all ports at each change (3.1, in userspace: twice it asks the kernel
// about each, and more than half of that is the kernel looking through the
// numbers of all namespaces for that of the other end of the veth). Beside 1000
// ports one round takes it 50 ms, and with the list of all links behind it 100.
// A link that is made and then written as a port is two rounds, 150 ms. If the
// port is written first and its interface made while ovs-vswitchd is still busy
// with what is there, it is one. That is what executor.portFirst is for.
// Beside few ports ovs-vswitchd would look for the interface before it is there;
// it is then asked once more, but its log complains.
//
// What an attach asks of the database is what there is, the change, and to be
// told when it is done; of the kernel, whether the port's name is free, and
// five messages that make the namespace and the veth. Half of the time of
// `ovsns attach` beside no other port is the start of the program: Go's runtime,
// and the packages that libovsdb brings along, of which Prometheus' are the
// largest. The namespace is made while the database is dialled, see
// [nsmgr.Host.Prepare]. What did not make it faster: to leave the main goroutine
// free to change threads, to run on one processor. Mind that two copies of the
// same program file differ by some per cent, as it lies in the page cache.
//
// Memory that is touched for the first time may cost 20 to 30 microseconds a page
// (in a virtual machine without hardware's help), and then half of an apply of 100
// is that. What brings it down: garbage that is not made (messages are read where
// they lie, into buffers that are used again), and collected late; threads that go
// on from one namespace to the next; sockets that Go's poller does not watch; and
// huge pages for the heap, for which cmd/ovsns/firsttouch asks as early as it can.
// To ask for them when the heap is in use gains little, since what is touched
// stays as it is; to have it moved (MADV_COLLAPSE) waits for all processors. The
// code is mapped at once too: a hundred faults less, and a start in 0.92 of the time.
//
// A removal does not wait for ovs-vswitchd before the links go, and it asks
// ovs-vswitchd itself whether it is well: through the database it would first go
// over all its ports. It does not look into namespaces, since they go whatever is
// there; whose they are is seen while the database is dialled. Of the ports that go
// the server only makes sure that they are as they were seen; what the undo needs of
// their interfaces comes with the answer, which is read when ovs-vswitchd is at work
// already (ovsdb/lost.go). The host's ends of all veths go by one message, beside what
// ovs-vswitchd does ([nsmgr.Deletion]), and with them the switch's own interface:
// ovs-vswitchd would delete it by itself, for another wait of the kernel's, 20 ms. What
// the kernel does for a namespace that goes holds ovs-vswitchd up, so those that have
// lost their names are held open until it is done.
//
// Links must not go before ovs-vswitchd has begun with the ports: it hears of each,
// and takes up to half as long again (strace shows a recvmsg for each, before the
// first close). So of hundreds the names of their namespaces go before; of fewer
// afterwards, since there ovs-vswitchd is done before the links are.
//
// What a removal takes more than the floor is mostly libovsdb's: the program's start
// with it, 10 ms here, its dialling, 7, and its reading, 7 for 100 rows. The floor
// after just that is in the benchmark (contestant libovsdb of hack/bench). The log of
// ovsdb-server shows what comes when (vlog/set jsonrpc:file:dbg). With two processors
// it is processor time that counts, not when it is spent: to take the switches out
// first, knowing only which ports they have, and to read with the answer what was
// recorded on these, halves the time until then and gains nothing, for the reading is
// then in the way of ovs-vswitchd and of the links.
//
// An apply of many has two processors' work from its first moment on: the file is
// parsed while the database is dialled ([Manager.Dial]), and the first namespaces
// are made while it is read and the plan is made ([nsmgr.Host.Prepare]).
//
// How fast processes start and how long the kernel waits for its other processors
// (RCU) differ between machines by a factor of ten; so do the ratios to scripts,
// which start many, and the time that a removal takes.
//
// The switch's own database is the only memory (package ovsdb lists the
// external_ids keys). Only what ovsns made is ever changed or removed.
//
// Errors carry one of the classes of package model; test them with
// [errors.Is]: [model.ErrInvalid], [model.ErrNotFound], [model.ErrConflict],
// [model.ErrNotManaged], [model.ErrNotReady].
package switchmgr
