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
// The switch's own database is the only memory (package ovsdb lists the
// external_ids keys). Only what ovsns made is ever changed or removed.
//
// Errors carry one of the classes of package model; test them with
// [errors.Is]: [model.ErrInvalid], [model.ErrNotFound], [model.ErrConflict],
// [model.ErrNotManaged], [model.ErrNotReady].
package switchmgr
