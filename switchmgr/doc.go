// Package switchmgr is where a user of the library begins: it builds and
// changes a lab of switches, namespaces and what joins them, on this host.
//
//	m, err := switchmgr.Open(ctx, switchmgr.Options{})
//	...
//	defer m.Close()
//	_, err = m.CreateSwitch(ctx, switchmgr.SwitchRequest{Name: "sw0"})
//	_, err = m.Attach(ctx, switchmgr.AttachRequest{Namespace: "red"})
//
// Every verb that changes something returns a [Result] with the plan that was
// carried out; with [Options].DryRun the plan is returned and nothing is done.
// A verb whose wish already holds returns an empty plan. When a part of the work
// fails, what was done before is undone, and the error says so.
//
// What happens inside:
//
//	Manager.Attach(...)   one verb per noun: switch.go, attach.go, ...
//	   |
//	observe   what is recorded in the switch's database, and really there
//	   |
//	plan      the verb edits a copy; Diff gives a Plan (package plan, pure)
//	   |
//	ops       the Plan becomes operations in the order that costs least
//	   |      (package ops, pure; printed they are the script)
//	   |
//	local     they are run in batches: links at once, one OVSDB transaction, one
//	          batch of nftables; when one fails, the reverses, last first
//
// The switch's own database is the only memory (package ovsdb lists the
// external_ids keys). Only what ovsns made is ever changed or removed.
//
// Errors carry one of the classes of package model; test them with
// [errors.Is]: [model.ErrInvalid], [model.ErrNotFound], [model.ErrConflict],
// [model.ErrNotManaged], [model.ErrNotReady].
package switchmgr
