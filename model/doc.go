// Package model holds the words of ovsns: switch, namespace, attachment, VLAN,
// gateway, link, cable, uplink, route, NAT, allow and sysctl, a file for each; the State
// that is a set of them; and the Plan that leads from one State to another.
//
// It does no I/O and imports the standard library alone, so every rule in it
// can be tested without a switch. The packages around it translate:
//
//	cmd/ovsns -> switchmgr -> nsmgr  (netlink, netns, nftables)
//	                 |    \-> ovsdb  (the switch and its database)
//	                 v
//	               model     Before, After State --Diff--> Plan
//
//	Property  declared once: name, meaning, values
//	   |----> Field of a kind   what plans show, the database records, Diff compares
//	   |----> flag, key of the lab file, completion, check of the range
//
// Each noun is an [Object] with a [Key], of a kind that a [Type] describes; the
// key says in which [Place] it is where that matters. A change to the host is a
// [Change] from one value of an object to another; nil before means that it is
// made, nil after that it is removed. A [Plan] can be printed, marshalled and
// reversed. What was asked for and what is there are both States, kept apart: what
// is there tells as an [Observed] property what is wrong with it, so that the Diff
// between both is all that has drifted.
//
// Text forms follow the field: prefixes as in ip-address(8), VLAN lists as in
// ovs-vsctl(8), "10,20-29".
package model
