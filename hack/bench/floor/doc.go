// Command floor makes the network that the benchmark has everybody make, with
// nothing but the system calls that it takes: the least that any program can
// need, and so the measure for ovsns.
//
//	  build                    attach
//	all namespaces          a namespace             system calls
//	     |                       |
//	     |                 port of the switch       OVSDB transaction
//	     |                       |
//	  all veths               its veth              netlink, from the host
//	     |                       |
//	names, addresses inside    the same             netlink
//	     |                       |
//	host ends quiet, then up   the same             netlink
//	     |                       |
//	bridge and all ports         |                  OVSDB transaction
//	     |                       |
//	ovs-vswitchd follows    it opens the port       OVSDB wait
//
// The order is the best one known. ovs-vswitchd wakes up for each link that
// appears in the host and lists all of them: so the namespaces come before all
// links, and the links close to each other, when it has no ports to see to. One
// more link makes it go over all its ports anyway, and so does one more row: it
// does both at once if the row is there first.
//
// To destroy, it takes the ports off the switch and deletes their links and the
// switch's own by one message, as a group: ovs-vswitchd, which closes the ports
// meanwhile, would delete the switch's by itself, for another wait of the kernel's.
// The namespaces go when ovs-vswitchd is done, since what the kernel does for each
// of them is in its way; their names go meanwhile.
//
// What it makes is what `ovsns apply` makes of the same lab, object by object:
// names and aliases, MACs, addresses, the flags and settings of the ports'
// links (NOARP, addrgenmode none, rp_filter 1, disable_ipv6 1), checksum
// offload off unless the switch has TSO, all columns and external_ids.
//
// What it leaves out, which ovsns does: reading a file; looking at what is
// there, in the kernel and in the database; refusing names that are taken;
// guards in the transaction against others who change the same rows; checking,
// after a build, that ovs-vswitchd has opened each port; undoing all when a step
// fails. Destroying leaves out to look for processes in the namespaces, and to see
// whose the things are that it removes.
//
// With the build tag libovsdb it also does what nobody who uses that library can do
// without: the start of a program with it, a connection, and one reading of the rows
// of its ports.
package main
