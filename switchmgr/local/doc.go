// Package local is the backend of this host: it runs the operations of package ops
// here, through packages nsmgr and ovsdb.
//
//	ops.List --- Runner.Run ---> batches: bulk veths, one transaction, one nft batch
//	                |
//	                +-- when one fails: the reverses of those that were done, last first
package local
