// Command bench measures how long ovsns and everybody else need for the same
// network, on the same machine, in the same run, and checks that all of them
// really made it. hack/bench.sh builds and starts it.
//
//	       rounds, sizes, contestants: interleaved
//	                      |
//	private host   private host   private host ...    a new one for each job
//	  build          build          build
//	  verify         verify         verify
//	  destroy        destroy        destroy
//	      \              |             /
//	       results: medians, spread, ratios
//	      /       |           |        \
//	   table     JSON       targets   README, plot
//
// A contestant is a program or a script that makes the task of package task;
// the floor (hack/bench/floor) shows what is possible at all. Labs and single
// commands are measured on an Open vSwitch with its defaults, which everybody
// has, not on that of ovsns's sandbox, whose TSO makes each port dearer.
//
// Inside a private host this same program works a job: it starts the
// contestant, holds the watch, and looks at the result with its own eyes: ports
// and tags in the database, addresses in each namespace, pings between
// neighbours.
//
// HISTORY.md tells what was measured on the way, and what came of it.
package main
