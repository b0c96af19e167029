package nft

import (
	"net/netip"

	"github.com/google/nftables"

	"github.com/ovsns/ovsns/model"
)

// The names of what is ours.
const (
	tableName    = "ovsns"
	segmentsName = "segments"
	allowedName  = "allowed"
	sourceName   = "prerouting"
	forwardName  = "forward"
	natName      = "postrouting"
)

// mark begins the comment of every rule of ours.
const mark = "ovsns"

// The comments of the rules that are always in our table.
const (
	sourceComment  = mark + " check sources"
	allowedComment = mark + " allowed pairs"
	isolateComment = mark + " isolate segments"
)

// natsOf indexes NAT entries by subnet, less what no rule says; the last one of a
// subnet counts.
func natsOf(r Rules) map[netip.Prefix]NAT {
	m := make(map[netip.Prefix]NAT, len(r.NAT))
	for _, n := range r.NAT {
		n.NAT = model.NAT{Subnet: n.Subnet, OutInterface: n.OutInterface}
		m[n.Subnet] = n
	}
	return m
}

// pairsOf returns the pairs as a set, each with the lesser name first.
func pairsOf(r Rules) map[Pair]bool {
	m := make(map[Pair]bool, len(r.Allow))
	for _, p := range r.Allow {
		m[p.sorted()] = true
	}
	return m
}

// familyName returns the word of nft(8) for a family.
func familyName(f nftables.TableFamily) string {
	switch f {
	case nftables.TableFamilyIPv4:
		return "ip"
	case nftables.TableFamilyIPv6:
		return "ip6"
	default:
		return "inet"
	}
}
