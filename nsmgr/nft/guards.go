package nft

import (
	"bytes"
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
	told    bool // somebody has put our interfaces or subnets into its table
	xtables bool // its table belongs to iptables-nft
	target  *nftables.Chain
	legacy  *legacyTable // nil in nftables
	ours    []placed     // where they count
	stale   []placed     // behind the rule that refuses, or there twice
}

// placed is an accept rule of ours where it was found.
type placed struct {
	accept
	rule   *nftables.Rule // in nftables
	legacy legacyRule     // in iptables-legacy
	late   bool           // it stands behind the rule that decides
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

// dropped returns what of r the chain drops and we cannot let through.
func (g guard) dropped(r Rules) []accept {
	if g.Amendable || g.told || g.Reason == reasonUnreadable {
		return nil
	}
	return g.missing(r)
}

// obsolete returns the accept rules of ours that have to go when r is in force.
func (g guard) obsolete(r Rules) []placed {
	wanted := commentsOf(r)
	list := slices.DeleteFunc(slices.Clone(g.ours), func(p placed) bool { return wanted[p.comment()] })
	return append(list, g.stale...)
}

// keep takes the accept rules of ours that were found. Copies of one go together,
// since iptables(8) does not tell them apart.
func (g *guard) keep(found []placed) {
	copies := map[string]int{}
	for _, p := range found {
		copies[p.comment()]++
	}
	for _, p := range found {
		if p.late || copies[p.comment()] > 1 {
			g.stale = append(g.stale, p)
		} else {
			g.ours = append(g.ours, p)
		}
	}
}

// readGuards reads the forward chains of others, nftables first. The rules are
// those of the lab.
func readGuards(ctx context.Context, c *nftables.Conn, chains []*nftables.Chain, rules Rules) ([]guard, error) {
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
		r := &foreignTableReader{c: c, table: base.Table, chains: chains}
		g := r.readGuard(base)
		if owned[*base.Table] {
			g.lock()
		}
		if g.blocks && !g.Amendable {
			g.told = r.mentions(rules)
		}
		list = append(list, g)
	}
	legacy, err := readLegacy(ctx)
	return append(list, legacy...), err
}

// lock is for a table that the kernel lets no other change (flag owner).
func (g *guard) lock() {
	g.ours, g.stale = nil, nil
	if g.Amendable {
		g.Amendable = false
		g.Advice = "let the lab through with the program that made it: the kernel lets no other change its table (flag owner)"
	}
}

// ownedTables returns the tables that the kernel lets only their maker's
// socket change (nft(8), flag "owner"), by name and family.
func ownedTables(c *nftables.Conn) (map[nftables.Table]bool, error) {
	tables, err := c.ListTables()
	if err != nil {
		return nil, classify(err, "listing tables")
	}
	owned := map[nftables.Table]bool{}
	for _, t := range tables {
		if hasFlag(t, flagOwner) {
			owned[nftables.Table{Name: t.Name, Family: t.Family}] = true
		}
	}
	return owned, nil
}

// The flags of a table (NFT_TABLE_F_..., linux/netfilter/nf_tables.h).
const (
	flagDormant = 1
	flagOwner   = 2
)

// hasFlag allows for the library, which reads the flags, that are in network
// order, in the host's.
func hasFlag(t *nftables.Table, flag uint32) bool {
	return t.Flags&flag != 0 || bits.ReverseBytes32(t.Flags)&flag != 0
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

// foreignTableReader reads the chains of a table, each once.
type foreignTableReader struct {
	c      *nftables.Conn
	table  *nftables.Table
	chains []*nftables.Chain // of all tables
	read   map[string][]*nftables.Rule
}

// rules returns those of a chain. The error is of a rule that the library cannot
// decode.
func (r *foreignTableReader) rules(chain string) ([]*nftables.Rule, error) {
	if list, ok := r.read[chain]; ok {
		return list, nil
	}
	list, err := r.c.GetRules(r.table, &nftables.Chain{Name: chain})
	if err != nil {
		return nil, err
	}
	if r.read == nil {
		r.read = map[string][]*nftables.Rule{}
	}
	r.read[chain] = list
	return list, nil
}

// steps is for [walk]; a chain that cannot be read seems to decide nothing.
func (r *foreignTableReader) steps(chain string) []step {
	rules, _ := r.rules(chain)
	list := make([]step, len(rules))
	for i, rule := range rules {
		list[i] = stepOf(rule)
	}
	return list
}

func (r *foreignTableReader) readGuard(base *nftables.Chain) guard {
	g := guard{
		Blocker: Blocker{Family: familyName(r.table.Family), Table: r.table.Name, Chain: base.Name},
		family:  r.table.Family,
		target:  base,
		xtables: isIptables(base),
	}
	drops := base.Policy != nil && *base.Policy == nftables.ChainPolicyDrop
	g.Program = guessProgram(g, r.chains)
	if _, err := r.rules(base.Name); err != nil {
		g.judge(drops, decision{}, true) // nothing may be edited here
		return g
	}
	d := walk(r.steps, base.Name)
	g.judge(drops, d, false)
	found := r.find(base, d.at)
	if user := r.chain(dockerUser); user != nil {
		late := -1 // all
		if jump := jumpTo(r.steps(base.Name), dockerUser); jump >= 0 && jump < d.at {
			g.target, late = user, walk(r.steps, dockerUser).at
		}
		found = append(found, r.find(user, late)...)
	}
	g.keep(found)
	return g
}

// find returns the accept rules of ours in a chain; those behind a rule are late.
func (r *foreignTableReader) find(ch *nftables.Chain, decides int) []placed {
	var found []placed
	rules, _ := r.rules(ch.Name)
	for i, rule := range rules {
		if a, ok := parseAccept(commentOf(rule)); ok {
			rule.Table, rule.Chain = ch.Table, ch
			found = append(found, placed{accept: a, rule: rule, late: i > decides})
		}
	}
	return found
}

// chain returns a chain of the table, nil when there is none of that name.
func (r *foreignTableReader) chain(name string) *nftables.Chain {
	i := slices.IndexFunc(r.chains, func(ch *nftables.Chain) bool {
		return ch.Name == name && ch.Table.Family == r.table.Family && ch.Table.Name == r.table.Name
	})
	if i < 0 {
		return nil
	}
	return r.chains[i]
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

// mentions reports whether a rule of the table is about an interface or a subnet
// of the lab.
func (r *foreignTableReader) mentions(lab Rules) bool {
	for _, ch := range r.chains {
		if r.chain(ch.Name) != ch {
			continue // of another table
		}
		rules, _ := r.rules(ch.Name)
		for _, rule := range rules {
			for i, e := range rule.Exprs {
				if cmp, ok := e.(*expr.Cmp); ok && i > 0 && isAbout(rule.Exprs[i-1], cmp.Data, lab) {
					return true
				}
			}
		}
	}
	return false
}

// isAbout reports whether what was loaded is compared with a name, or the
// beginning of one, or a subnet of the lab.
func isAbout(loaded expr.Any, data []byte, lab Rules) bool {
	switch e := loaded.(type) {
	case *expr.Meta:
		return (e.Key == expr.MetaKeyIIFNAME || e.Key == expr.MetaKeyOIFNAME) &&
			slices.ContainsFunc(lab.Segments, func(name string) bool { return bytes.HasPrefix(padded(name), data) })
	case *expr.Payload, *expr.Bitwise:
		return slices.ContainsFunc(lab.NAT, func(n NAT) bool {
			return bytes.HasPrefix(n.Subnet.Addr().AsSlice(), data) && len(data)*8 >= n.Subnet.Bits()
		})
	}
	return false
}

const reasonUnreadable = "unreadable"

// judge fills in whether the chain blocks and whether we may amend it. The policy
// drops, and d is what its rules decide.
func (g *guard) judge(drops bool, d decision, unreadable bool) {
	g.blocks = d.kind == stepRefuse || drops && d.kind == stepNext
	g.Amendable = g.blocks && !unreadable && g.Program != ProgramFirewall
	switch {
	case !g.blocks:
		return
	case unreadable:
		g.Reason = reasonUnreadable
		g.Advice = "let the lab's interfaces and subnets through in this chain by hand: it holds a rule that ovsns cannot read"
		return
	case d.kind == stepRefuse:
		g.Reason = "final reject"
	default:
		g.Reason = "policy drop"
	}
	if !g.Amendable {
		g.Advice = "put the lab's interfaces into a zone that forwards: firewall-cmd --zone=trusted --change-interface=IF"
	}
}
