// Package local is the backend of this host: it observes how the host is, and runs
// the operations of package ops here, through packages nsmgr and ovsdb.
//
//	Observer.Observe ---> View: what is recorded, and each object as it really is
//	                        |
//	                      Drift: recorded against found, property by property
//
//	ops.List --- Runner.Run ---> batches: bulk veths, one transaction, one nft batch
//	                |
//	                +-- when one fails: the reverses of those that were done, last first
//
// What there is to observe of each kind of object stands in a file named after it and
// in one entry of the table kinds: how it really is, what is left of it when its
// record is gone, which news concerns it. A test fails when a kind has no entry.
//
// The way from the observed to the recorded is [model.Diff], so what [View.Drift]
// names is what restoring makes good. That something is wrong with an object which
// is there, beside the properties that can be asked for, is its Condition: "eth0 is
// down".
package local
