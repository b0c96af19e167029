// Package nft keeps the NAT and filter rules of ovsns, through netlink
// (nftables, nft(8)): those of the host, and of each namespace that is a router.
//
//	table inet ovsns                          other programs' forward chains
//	  set segments  { sw0, sw0.100 }            refuse in the end? then at the
//	  set allowed   { sw0 . sw0.100, ... }      top of DOCKER-USER or FORWARD:
//	  chain prerouting                            -s SUBNET          accept
//	    segment, no way back .... drop            -d SUBNET answers  accept
//	  chain forward                               -i A -o B          accept
//	    allowed pair ............ accept          -i B -o A          accept
//	    segment to segment ...... drop
//	  chain postrouting
//	    SUBNET leaving the lab .. masquerade
//
// # What is promised to whom
//
// A segment is what comes in by one interface of the place: the gateway of a
// switch or a VLAN, or the place's end of a cable. To each other segments are
// promised that no packet of the one is routed to the other by this place, in
// neither direction and neither family, unless Allow names the pair; and that
// nobody in a segment can speak with the address of somebody elsewhere. Who has no
// route back by the interface by which his packet came in is not heard, before
// connection tracking sees it: so he cannot take part in the connections of
// others, and the errors and answers of the place itself carry nothing of his to
// them. What has no address yet (DHCP, duplicate address detection) is heard.
//
// From the place's own services segments are not kept. A segment reaches its own
// gateway and, as Linux takes every address of a host for the host's, its other
// addresses as well, those of other gateways among them; whoever listens there is
// reached unless the place's own firewall forbids it, in its input chain. What a
// namespace may do to a place that routes for it is limited by the settings
// of its interface, see nsmgr.GatewaySettings.
//
// The host's ends of switch ports are no segments. They have no address and answer
// no ARP, and the host takes nothing that arrives there (see nsmgr.VethEnd, Quiet),
// so there is no rule for them.
//
// It holds from the moment in which the segment is in the set, whether its
// interface exists or not. So a segment is added before its interface gets an
// address, and removed when the interface is gone or has no address any more: closed
// first, opened last. [Firewall.Apply] does either alone, in one batch, without
// touching NAT or pairs. A place that is not a segment, such as the outside, is
// promised nothing.
//
// # How it is kept
//
// The table is ours alone: it is made with its first rule and removed with its
// last. Every rule of ours, here and there, carries a comment that begins with
// "ovsns", by which it is found again, and is ours if it does what that says;
// nothing else is ever changed, see [Observed.Foreign]. An edit is one netlink
// batch, which the kernel takes as a whole or not at all, and touches only the
// rules that differ, so that the counters of the others stay. The connections that
// run keep the NAT that they began with, see [nsmgr.Host.ForgetFlows].
//
// An accept of ours cannot undo another chain's drop, whatever its priority
// (nft(8), "Chains"); hence the accept rules in the chains of others, before the
// rule by which they refuse what they do not know. Tables of iptables-nft get them
// in the form that iptables(8) itself writes. Rules of the older iptables-legacy
// can be reached by no library: where its filter table is in use, and only there,
// the programs iptables-legacy and ip6tables-legacy are run.
package nft
