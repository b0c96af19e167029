// Package nft keeps the NAT and filter rules of ovsns, through netlink
// (nftables, nft(8)): those of the host, and of each namespace that is a router.
//
//	table inet ovsns                          other programs' forward chains
//	  set segments  { sw0, sw0.100 }            policy drop? then at the top of
//	  set allowed   { sw0 . sw0.100, ... }      DOCKER-USER or FORWARD:
//	  chain forward                               -s SUBNET          accept
//	    allowed pair ............ accept          -d SUBNET answers  accept
//	    segment to segment ...... drop            -i A -o B          accept
//	  chain postrouting                           -i B -o A          accept
//	    SUBNET leaving the lab .. masquerade
//
// The table is ours alone: it is made with its first rule and removed with its
// last. Every rule of ours, here and there, carries a comment that begins with
// "ovsns", by which it is found again; nothing else is ever changed. An edit
// is one netlink batch, which the kernel takes as a whole or not at all, and
// touches only the rules that differ, so that the counters of the others stay.
//
// An accept of ours cannot undo another chain's drop, whatever its priority
// (nft(8), "Chains"); hence the accept rules in the chains of others. Tables
// of iptables-nft get them in the form that iptables(8) itself writes. Rules
// of the older iptables-legacy can be reached by no library: where its filter
// table is in use, and only there, the programs iptables-legacy and
// ip6tables-legacy are run.
package nft
