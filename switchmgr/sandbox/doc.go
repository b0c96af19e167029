// Package sandbox makes private hosts: a mount, a network and a pid namespace
// with a /run, an ovsdb-server and an ovs-vswitchd of their own, in which
// everything of ovsns works and nothing outside is touched.
//
//	this program ── control socket ──> pid 1 of the private host
//	     |                               |── ovsdb-server   /run/openvswitch/db.sock
//	     |                               |── ovs-vswitchd
//	     |                               |── outside        (Options.Outside)
//	     |                               '── CMD            (Run)
//	     '── Host.Command ── enters ───────> further commands (Start)
//
// Who has not the privileges of root gets a user namespace as well
// (user_namespaces(7)): pid 1 waits in it until its starter has mapped users,
// with newuidmap(1) a range of them, else the caller alone. It is entered in
// two steps, since only a process of one thread may change its user namespace.
//
// Packets are switched by the kernel where it can, else in userspace; there
// without /dev/net/tun by the dummy datapath, whose internal ports are made of
// nothing, see [model.DatapathDummy].
//
// Nothing is left behind. Pid 1 dies with the thread that started it
// (PR_SET_PDEATHSIG, prctl(2)), when the control socket closes, and with Run
// when one of the services beside CMD is killed; with pid 1 the kernel ends
// every process of the pid namespace (pid_namespaces(7)), and with the last
// process go mounts, files (all in a tmpfs, but for the database of
// Options.KeepDB) and interfaces. That is also why there is no register of
// running hosts: [List] finds them in /proc.
//
// The program is started again under another name to become pid 1: an init
// function of this package takes over there, and main is never reached.
//
// A start is a chain of programs, each of which takes 4 to 7 ms until it does
// anything: this one, pid 1, ovsdb-server and ovs-vswitchd, which must find its
// server listening or waits a second. All else fits between the links: users
// are mapped while pid 1 starts, the network is made while ovsdb-server does,
// and the database is a file that pid 1 writes with the first row in it: there
// is no ovsdb-tool to start, and no transaction to wait for.
//
// The machine's own Open vSwitch is neither needed nor seen; its programs
// ovsdb-tool, ovsdb-server and ovs-vswitchd are.
package sandbox
