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
// The order of an apply is that which costs ovs-vswitchd least: a switch in
// userspace copies what a namespace sends as it comes up to every port, so
// namespaces come up before their ports are on the switch, and all ports go
// there in one transaction. It then needs well under a millisecond for each,
// and about 13 to let one go, which a removal does not wait for.
//
// One more port is dearer the more there are, and that is ovs-vswitchd's: it
// goes over all ports at each change, which costs it (3.1, in userspace) 5 ms
// of processor time beside none and 0.3 ms more for each port that is there:
// 290 ms beside 1000. It asks the kernel about each port, once before it says
// that the change is done and thrice after (a third of the time), and as links
// have changed it lists all the host's interfaces for its routing table, twice
// (a quarter). More than half of both is the kernel looking through the numbers
// of all namespaces for that of the other end of each veth. An attach waits for
// the first part only, 0.14 s beside 1000 in the benchmark, but the next one
// waits for the rest.
//
// What an attach asks of the database is what there is, the change, and to be
// told when it is done; of the kernel, whether the port's name is free, and
// five messages that make the namespace and the veth. Each message about the
// host's end wakes ovs-vswitchd, which takes the processor that the next one
// needs.
//
// Of the 13 ms of `ovsns attach` beside no other port, on two processors (`ip
// -batch` and `ovs-vsctl`: 18), 4 are the start and the end of the program: 1 of
// them for Prometheus' packages, which libovsdb brings along (2 with the older
// ones that it asks for, see go.mod). Reading the flags takes
// 0.6, dialling 2.7 (ovsdb-server's part is 0.5, most of the rest is libovsdb's
// work on the schema), reading what there is 0.6, the kernel's part 1.1, the
// transaction until ovs-vswitchd has followed 1.8, closing 0.3. The namespace is
// made while the database is dialled, see [nsmgr.Host.Prepare]: that saves 1.0,
// of which dialling takes back a half where there are only two processors. What
// did not make it faster: to leave the main goroutine free to change threads, to
// run on one processor (a twelfth less processor time, but no sooner done), to
// have the pages of the heap beforehand, huge or not. Mind that two copies of
// the same program file differ by 0.3 ms, as it lies in the page cache.
//
// The switch's own database is the only memory (package ovsdb lists the
// external_ids keys). Only what ovsns made is ever changed or removed.
//
// Errors carry one of the classes of package model; test them with
// [errors.Is]: [model.ErrInvalid], [model.ErrNotFound], [model.ErrConflict],
// [model.ErrNotManaged], [model.ErrNotReady].
package switchmgr
