// Package model holds the words of ovsns: switch, namespace, attachment, VLAN,
// gateway, link, uplink, route, NAT, allow and sysctl; the State that is a set
// of them; and the Plan that leads from one State to another.
//
// It does no I/O and imports the standard library alone, so every rule in it
// can be tested without a switch. The packages around it translate:
//
//	cmd/ovsns -> switchmgr -> nsmgr  (netlink, netns, nftables)
//	                 |    \-> ovsdb  (the switch and its database)
//	                 v
//	               model     Before, After State --Diff--> Plan
//
// Each noun is an [Object] with a [Key]. A change to the host is a [Change]
// from one value of an object to another; nil before means that it is made,
// nil after that it is removed. A [Plan] can be printed, marshalled and
// reversed. What was asked for and what is there are both States, kept apart.
//
// Text forms follow the field: prefixes as in ip-address(8), VLAN lists as in
// ovs-vsctl(8), "10,20-29".
package model
