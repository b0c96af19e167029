package nft

import (
	"context"
	"math/bits"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// dockerUser is the chain that Docker leaves to the administrator; it is
// asked before Docker's own rules.
const dockerUser = "DOCKER-USER"

// guard is a forward chain of another program, whether it drops or not: a
// rule of ours may be left in one that no longer does.
type guard struct {
	Blocker
	family  nftables.TableFamily
	blocks  bool // it drops or rejects what no rule accepts
	xtables bool // its table belongs to iptables-nft
	target  *nftables.Chain
	legacy  *legacyTable // nil in nftables
	ours    []placed
}

// placed is an accept rule of ours where it was found.
type placed struct {
	accept
	rule   *nftables.Rule // in nftables
	legacy legacyRule     // in iptables-legacy
}

// missing returns the accept rules that r needs here and that are not there.
func (g guard) missing(r Rules) []accept {
	if !g.blocks {
		return nil
	}
	have := map[string]bool{}
	for _, p := range g.ours {
		have[p.comment()] = true
	}
	return slices.DeleteFunc(acceptsOf(r), func(a accept) bool {
		return !a.fits(g.family) || have[a.comment()]
	})
}

// readGuards reads the forward chains of others, nftables first.
func readGuards(ctx context.Context, c *nftables.Conn, chains []*nftables.Chain) ([]guard, error) {
	owned, err := ownedTables(c)
	if err != nil {
		return nil, err
	}
	var list []guard
	for _, base := range chains {
		if !isForeignForward(base) {
			continue
		}
		if err := alive(ctx, "reading the chains of others"); err != nil {
			return nil, err
		}
		g := readGuard(c, base, chains)
		if g.Amendable && owned[*base.Table] {
			g.Amendable, g.Advice = false, "let the lab through with the program that made it: the kernel lets no other change its table (flag owner)"
		}
		list = append(list, g)
	}
	legacy, err := readLegacy(ctx)
	return append(list, legacy...), err
}

// ownedTables returns the tables that the kernel lets only their maker's
// socket change (nft(8), flag "owner"), by name and family.
func ownedTables(c *nftables.Conn) (map[nftables.Table]bool, error) {
	tables, err := c.ListTables()
	if err != nil {
		return nil, classify(err, "listing tables")
	}
	// The library reads the flags, which are in network order, in the host's.
	const owner = 2 // NFT_TABLE_F_OWNER, linux/netfilter/nf_tables.h
	owned := map[nftables.Table]bool{}
	for _, t := range tables {
		if t.Flags&owner != 0 || bits.ReverseBytes32(t.Flags)&owner != 0 {
			owned[nftables.Table{Name: t.Name, Family: t.Family}] = true
		}
	}
	return owned, nil
}

func isForeignForward(ch *nftables.Chain) bool {
	if ch.Hooknum == nil || *ch.Hooknum != *nftables.ChainHookForward || isOwn(ch.Table) {
		return false
	}
	switch ch.Table.Family {
	case nftables.TableFamilyIPv4, nftables.TableFamilyIPv6, nftables.TableFamilyINet:
		return ch.Type == nftables.ChainTypeFilter
	default:
		return false
	}
}

func readGuard(c *nftables.Conn, base *nftables.Chain, chains []*nftables.Chain) guard {
	g := guard{
		Blocker: Blocker{Family: familyName(base.Table.Family), Table: base.Table.Name, Chain: base.Name},
		family:  base.Table.Family,
		target:  base,
		xtables: isIptables(base),
	}
	drops := base.Policy != nil && *base.Policy == nftables.ChainPolicyDrop
	g.Program = guessProgram(g, chains)
	rules, err := c.GetRules(base.Table, base)
	if err != nil {
		// A rule that the library cannot decode: nothing may be edited here.
		g.judge(drops, false, true)
		return g
	}
	g.judge(drops, endsInReject(rules), false)
	g.find(base, rules)
	if user := findUserChain(base, chains); user != nil {
		if jumpsTo(rules, dockerUser) {
			g.target = user
		}
		if rules, err := c.GetRules(user.Table, user); err == nil {
			g.find(user, rules)
		}
	}
	return g
}

// isIptables reports whether iptables-nft made the chain: its tables and
// chains have the names of old.
func isIptables(ch *nftables.Chain) bool {
	return ch.Table.Family != nftables.TableFamilyINet && ch.Table.Name == "filter" && ch.Name == "FORWARD"
}

func guessProgram(g guard, chains []*nftables.Chain) Program {
	has := func(prefix string) bool {
		return slices.ContainsFunc(chains, func(ch *nftables.Chain) bool {
			return ch.Table.Family == g.family && ch.Table.Name == g.Table && strings.HasPrefix(ch.Name, prefix)
		})
	}
	switch {
	case g.Table == "firewalld":
		return ProgramFirewall
	case g.xtables && has("DOCKER"):
		return ProgramDocker
	case g.xtables && has("ufw"):
		return ProgramUFW
	case g.xtables:
		return ProgramIptables
	default:
		return ProgramNFT
	}
}

// judge fills in whether the chain blocks and whether we may amend it.
func (g *guard) judge(drops, rejects, unreadable bool) {
	g.blocks = drops || rejects
	g.Amendable = drops && !unreadable && g.Program != ProgramFirewall
	switch {
	case !g.blocks:
		return
	case unreadable:
		g.Reason = "unreadable"
		g.Advice = "let the lab's interfaces and subnets through in this chain by hand: it holds a rule that ovsns cannot read"
	case drops:
		g.Reason = "policy drop"
	default:
		g.Reason = "final reject"
	}
	if g.Amendable || unreadable {
		return
	}
	g.Advice = "put accept rules for the lab's interfaces before the last rule of this chain, with the program that made it"
	if g.Program == ProgramFirewall {
		g.Advice = "put the lab's interfaces into a zone that forwards: firewall-cmd --zone=trusted --change-interface=IF"
	}
}

// find collects the accept rules of ours.
func (g *guard) find(ch *nftables.Chain, rules []*nftables.Rule) {
	for _, r := range rules {
		if a, ok := parseAccept(commentOf(r)); ok {
			r.Table, r.Chain = ch.Table, ch
			g.ours = append(g.ours, placed{accept: a, rule: r})
		}
	}
}

func findUserChain(base *nftables.Chain, chains []*nftables.Chain) *nftables.Chain {
	i := slices.IndexFunc(chains, func(ch *nftables.Chain) bool {
		return ch.Name == dockerUser && ch.Table.Family == base.Table.Family && ch.Table.Name == base.Table.Name
	})
	if i < 0 {
		return nil
	}
	return chains[i]
}

func jumpsTo(rules []*nftables.Rule, chain string) bool {
	return slices.ContainsFunc(rules, func(r *nftables.Rule) bool {
		return slices.ContainsFunc(r.Exprs, func(e expr.Any) bool {
			v, ok := e.(*expr.Verdict)
			return ok && v.Chain == chain
		})
	})
}

// endsInReject reports whether the last rule of a chain refuses everything, as
// firewalld's does.
func endsInReject(rules []*nftables.Rule) bool {
	if len(rules) == 0 {
		return false
	}
	for _, e := range rules[len(rules)-1].Exprs {
		switch e := e.(type) {
		case *expr.Counter, *expr.Log:
		case *expr.Reject:
			return true
		case *expr.Verdict:
			return e.Kind == expr.VerdictDrop
		case *expr.Target:
			return e.Name == "REJECT" || e.Name == "DROP"
		case *expr.Match:
			if e.Name != "comment" {
				return false
			}
		default:
			return false
		}
	}
	return false
}
