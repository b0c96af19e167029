// Package testlab is what the tests of ovsns run in: private hosts with an Open
// vSwitch of their own, the words with which scripts act in them, and the state of a
// host as a text, which shows whether anything was left.
//
//	scripts.txtar         tests in Go
//	      |                    |
//	 RunScripts              Host ---- State
//	  |      |                 |
//	words  packets, frames     |
//	  |      |                 |
//	  +------+---- machine ----+
//	                  |
//	            sandbox.Host, and a thread of the test inside it
//
// The test binary stands for the programs inside: for ovsns, since package sandbox
// puts it there under that name, and for [PacketTool]; its TestMain sees to that.
package testlab
