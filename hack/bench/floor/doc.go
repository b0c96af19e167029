// Command floor makes the network that the benchmark has everybody make, with
// nothing but the system calls that it takes: the least that any program can
// need, and so the measure for ovsns.
//
//	namespaces, veths, addresses      netlink
//	           |
//	host ends quiet, then up          netlink, before anybody listens
//	           |
//	bridge and all ports              one OVSDB transaction
//
// What it makes is what `ovsns apply` makes of the same lab, object by object:
// names and aliases, MACs, addresses, the flags and settings of the ports'
// links (NOARP, addrgenmode none, rp_filter 1, disable_ipv6 1), checksum
// offload off unless the switch has TSO, all columns and external_ids.
//
// What it leaves out, which ovsns does: reading a file; looking at what is
// there, in the kernel and in the database; refusing names that are taken;
// guards in the transaction against others who change the same rows; checking
// that ovs-vswitchd has opened each port; undoing all when a step fails.
// Destroying leaves out to look for processes in the namespaces, and to see
// whose the things are that it removes.
package main
