package nft

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// Rules is what the firewall shall do for the lab. The zero value is nothing.
type Rules struct {
	// Segments are the host's interfaces in the lab's segments. The host does
	// not forward from one of them to another unless Allow names the pair.
	Segments []string
	// NAT lists the subnets that are masqueraded, at most one entry for each.
	NAT []NAT
	// Allow lists the pairs of segments that are routed to each other.
	Allow []Pair
}

// NAT is a masqueraded subnet with its counters. As with any NAT rule, only
// the first packet of each connection is counted (nft(8), "NAT statements").
// Of model.NAT the subnet and the interface count; [Firewall.Apply] ignores the
// rest, [Firewall.Observe] fills in the Firewall's own place.
type NAT struct {
	model.NAT
	// Packets and Bytes are what the rule has counted; Apply ignores them.
	Packets, Bytes uint64
}

// Pair is two interfaces of the host that are routed to each other, both
// ways; their order does not matter.
type Pair struct{ A, B string }

// String returns "A B", the lesser name first.
func (p Pair) String() string {
	p = p.sorted()
	return p.A + " " + p.B
}

func (p Pair) sorted() Pair {
	if p.B < p.A {
		p.A, p.B = p.B, p.A
	}
	return p
}

// Observed is what the firewall does now.
type Observed struct {
	Rules
	// Incomplete lists what another program's chain still drops because our
	// accept rules are missing there: subnets ("172.16.10.0/24") and pairs
	// ("sw0 sw0.100", see [Pair.String]), sorted. [Firewall.Apply] mends it.
	Incomplete []string
	// Blocked lists, likewise, what another program's chain drops and our accept
	// rules cannot let through; [Firewall.Blockers] says which chain, and what to
	// do. A chain of which it is not known whether it drops does not count, nor
	// does one whose table speaks of the lab's interfaces or subnets: somebody
	// has told that program about the lab.
	Blocked []string
	// Surplus lists rules and elements that carry our mark and belong to nothing
	// in Rules, by their comments, sorted: accept rules in other programs' chains,
	// second rules of a subnet, rules that do not do what they say. Apply removes
	// them. What is in force and nobody has asked for is in Rules, as for
	// example after somebody has loaded a ruleset that he had saved: compare that
	// with what is recorded, see [Rules.Without].
	Surplus []string
	// Foreign lists in words what in our table is not ours ("set mine"), in no
	// order. It is left alone.
	Foreign []string
}

// Program says whose a forward chain probably is.
type Program string

// The programs that are told apart.
const (
	ProgramDocker   Program = "docker"
	ProgramUFW      Program = "ufw"
	ProgramFirewall Program = "firewalld"
	ProgramNFT      Program = "nft"
	ProgramIptables Program = "iptables-nft"
	ProgramLegacy   Program = "iptables-legacy"
)

// Blocker is a chain of another program that drops what is forwarded.
type Blocker struct {
	// Family is "ip", "ip6" or "inet", as in nft(8).
	Family string
	// Table and Chain name it there; "filter" and "FORWARD" in iptables.
	Table, Chain string
	// Program is a guess at who made the chain.
	Program Program
	// Reason is "policy drop", "final reject" or, where the chain could not
	// be read, "unreadable".
	Reason string
	// Amendable reports whether our accept rules can be put there.
	Amendable bool
	// Advice is what to do when it is not Amendable; else empty.
	Advice string
	// Missing lists what of ours the chain drops, as in Observed.Incomplete and,
	// where it is not Amendable, Observed.Blocked; empty when all our accept
	// rules are in, or none is needed.
	Missing []string
}

// Firewall reads and edits the rules of one place. It holds no state and no
// socket, so it needs no closing and may be used by several goroutines.
type Firewall struct {
	host  *nsmgr.Host
	place model.Place
}

// New returns the Firewall of a place, which need not exist yet. The host must
// stay open for as long as the Firewall is used.
//
// The errors of all its methods are [model.ErrNotFound] when there is no such
// place, and [model.ErrNotReady] without the privilege or without nf_tables.
func New(host *nsmgr.Host, place model.Place) *Firewall { return &Firewall{host, place} }

// inside runs fn on a thread in the place: there open makes its socket, the
// files of /proc are those of the place, and programs are started.
func (f *Firewall) inside(fn func() error) error { return f.host.Do(f.place.Namespace(), fn) }

// check refuses names and subnets that cannot be in a rule.
func (r Rules) check() error {
	names := slices.Clone(r.Segments)
	for _, p := range r.Allow {
		if p.A == p.B {
			return model.Invalidf("%s cannot be a pair with itself", p.A)
		}
		names = append(names, p.A, p.B)
	}
	for _, n := range r.NAT {
		if !n.Subnet.IsValid() {
			return model.Invalidf("NAT of no subnet")
		}
		if _, err := model.ParseSubnet(n.Subnet.String()); err != nil {
			return err
		}
		if n.OutInterface != "" {
			names = append(names, n.OutInterface)
		}
	}
	for _, name := range names {
		if err := model.CheckIfname(name); err != nil {
			return err
		}
	}
	return nil
}

func (r Rules) empty() bool { return len(r.Segments)+len(r.NAT)+len(r.Allow) == 0 }

// Without returns r less what remove names: NAT by its subnet alone.
func (r Rules) Without(remove Rules) Rules {
	nats, pairs := natsOf(remove), pairsOf(remove)
	return Rules{
		Segments: slices.DeleteFunc(slices.Clone(r.Segments), func(s string) bool {
			return slices.Contains(remove.Segments, s)
		}),
		NAT:   slices.DeleteFunc(slices.Clone(r.NAT), func(n NAT) bool { _, gone := nats[n.Subnet]; return gone }),
		Allow: slices.DeleteFunc(slices.Clone(r.Allow), func(p Pair) bool { return pairs[p.sorted()] }),
	}
}

// with returns r and what add names, sorted, each thing once.
func (r Rules) with(add Rules) Rules {
	next := r.Without(Rules{NAT: add.NAT})
	next.Segments = append(next.Segments, add.Segments...)
	for _, n := range natsOf(add) {
		next.NAT = append(next.NAT, n)
	}
	for _, p := range add.Allow {
		next.Allow = append(next.Allow, p.sorted())
	}
	return next.sorted()
}

// sorted puts r in the order of the rules.
func (r Rules) sorted() Rules {
	slices.Sort(r.Segments)
	r.Segments = slices.Compact(r.Segments)
	slices.SortFunc(r.NAT, compareNAT)
	slices.SortFunc(r.Allow, func(a, b Pair) int {
		return cmp.Or(strings.Compare(a.A, b.A), strings.Compare(a.B, b.B))
	})
	r.Allow = slices.Compact(r.Allow)
	return r
}

func compareNAT(a, b NAT) int {
	return cmp.Or(a.Subnet.Addr().Compare(b.Subnet.Addr()), cmp.Compare(a.Subnet.Bits(), b.Subnet.Bits()))
}
