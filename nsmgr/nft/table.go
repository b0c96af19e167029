package nft

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"

	"github.com/ovsns/ovsns/model"
)

// table is our own table as it was read. What is missing in it is nil or
// empty; the zero value is no table.
type table struct {
	exists, dormant       bool
	source, forward, nat  *nftables.Chain
	segments, allowed     *nftables.Set
	inSegments, inAllowed map[string]bool           // keys of the elements
	fixed                 map[string]*nftables.Rule // those of fixedRules that are where they count, by comment
	nats                  []natRule                 // in their order
	surplus               []*nftables.Rule          // with our mark, and of no use
	others
}

// others is what somebody else has put into our table.
type others struct {
	foreign []string        // in words
	taken   bool            // one of our names is theirs
	inChain map[string]bool // our chains that hold their rules
	refer   bool            // their rules look our sets up
}

// natRule is a masquerading rule as it was read.
type natRule struct {
	NAT
	rule *nftables.Rule
}

func ownTable() *nftables.Table {
	return &nftables.Table{Name: tableName, Family: nftables.TableFamilyINet}
}

func isOwn(t *nftables.Table) bool {
	return t.Name == tableName && t.Family == nftables.TableFamilyINet
}

// The sets bring their numbers with them: the library's own are drawn from a
// global variable without a lock. They count within a batch only.
func segmentsSet() *nftables.Set {
	return &nftables.Set{
		Table: ownTable(), Name: segmentsName, ID: 1,
		KeyType: nftables.TypeIFName, KeyByteOrder: binaryutil.NativeEndian,
	}
}

func allowedSet() *nftables.Set {
	return &nftables.Set{
		Table: ownTable(), Name: allowedName, ID: 2, // without NFT_SET_CONCAT, as nft makes it
		KeyType: nftables.MustConcatSetType(nftables.TypeIFName, nftables.TypeIFName),
	}
}

// baseChain is one of our chains. The policy is accept.
func baseChain(name string, kind nftables.ChainType, hook *nftables.ChainHook, priority *nftables.ChainPriority) *nftables.Chain {
	policy := nftables.ChainPolicyAccept
	return &nftables.Chain{
		Table: ownTable(), Name: name, Type: kind, Policy: &policy, Hooknum: hook, Priority: priority,
	}
}

// sourceChain comes before connection tracking: what is dropped leaves nothing.
func sourceChain() *nftables.Chain {
	return baseChain(sourceName, nftables.ChainTypeFilter, nftables.ChainHookPrerouting, nftables.ChainPriorityRaw)
}

func forwardChain() *nftables.Chain {
	return baseChain(forwardName, nftables.ChainTypeFilter, nftables.ChainHookForward, nftables.ChainPriorityFilter)
}

func natChain() *nftables.Chain {
	return baseChain(natName, nftables.ChainTypeNAT, nftables.ChainHookPostrouting, nftables.ChainPriorityNATSource)
}

// ownChain is one of our chains: where it is kept, and how it has to be.
type ownChain struct {
	at  **nftables.Chain // nil there when it is missing
	own *nftables.Chain
}

func (t *table) chains() []ownChain {
	return []ownChain{{&t.source, sourceChain()}, {&t.forward, forwardChain()}, {&t.nat, natChain()}}
}

// ours reports whether the table is of our making, at least in part. The kernel
// keeps no owner of a table that outlives its process, so that shows in the sets
// and in the comments of rules; an empty table of that name is somebody else's.
func (t *table) ours() bool {
	return t.segments != nil || t.allowed != nil || len(t.fixed)+len(t.nats)+len(t.surplus) > 0
}

// readTable reads our table.
func readTable(c *nftables.Conn, chains []*nftables.Chain) (table, error) {
	t := table{fixed: map[string]*nftables.Rule{}, others: others{inChain: map[string]bool{}}}
	tables, err := c.ListTablesOfFamily(nftables.TableFamilyINet)
	if err != nil {
		return t, classify(err, "listing tables")
	}
	i := slices.IndexFunc(tables, isOwn)
	if i < 0 {
		return t, nil
	}
	t.exists, t.dormant = true, hasFlag(tables[i], flagDormant)
	if err := t.readSets(c); err != nil {
		return t, err
	}
	for _, ch := range chains {
		if !isOwn(ch.Table) {
			continue
		}
		rules, err := c.GetRules(ownTable(), ch)
		if err != nil {
			return t, classify(err, "reading rules")
		}
		if t.takeChain(ch) {
			t.takeRules(ch, rules)
			continue
		}
		t.foreign = append(t.foreign, "chain "+ch.Name)
		t.refer = t.refer || slices.ContainsFunc(rules, refers)
	}
	if !t.ours() && len(t.foreign) == 0 {
		t.foreign = []string{"table inet " + tableName}
	}
	return t, nil
}

// takeChain reports whether a chain in our table is ours.
func (t *table) takeChain(ch *nftables.Chain) bool {
	for _, o := range t.chains() {
		switch {
		case sameChain(ch, o.own):
			*o.at = ch
			return true
		case ch.Name == o.own.Name:
			t.taken = true
		}
	}
	return false
}

func sameChain(a, b *nftables.Chain) bool {
	return a.Name == b.Name && a.Type == b.Type && a.Hooknum != nil && a.Priority != nil && a.Policy != nil &&
		*a.Hooknum == *b.Hooknum && *a.Priority == *b.Priority && *a.Policy == *b.Policy
}

func (t *table) readSets(c *nftables.Conn) error {
	sets, err := c.GetSets(ownTable())
	if err != nil {
		return classify(err, "listing sets")
	}
	for _, s := range sets {
		var keys *map[string]bool
		switch {
		case sameSet(s, segmentsSet()):
			t.segments, keys = segmentsSet(), &t.inSegments
		case sameSet(s, allowedSet()):
			t.allowed, keys = allowedSet(), &t.inAllowed
		default:
			if !s.Anonymous {
				t.foreign = append(t.foreign, "set "+s.Name)
			}
			t.taken = t.taken || s.Name == segmentsName || s.Name == allowedName
			continue
		}
		if *keys, err = readKeys(c, s); err != nil {
			return err
		}
	}
	return nil
}

func sameSet(a, b *nftables.Set) bool {
	return a.Name == b.Name && a.KeyType.Name == b.KeyType.Name && !a.IsMap && !a.Interval
}

func readKeys(c *nftables.Conn, s *nftables.Set) (map[string]bool, error) {
	s.Table = ownTable()
	elements, err := c.GetSetElements(s)
	if err != nil {
		return nil, classify(err, "reading a set")
	}
	keys := make(map[string]bool, len(elements))
	for _, e := range elements {
		keys[string(e.Key)] = true
	}
	return keys, nil
}

// takeRules sorts the rules of one of our chains.
func (t *table) takeRules(ch *nftables.Chain, rules []*nftables.Rule) {
	for _, r := range rules {
		r.Table, r.Chain = ownTable(), ch
	}
	if head := fixedRules(ch.Name); isHead(rules, head) {
		for i, f := range head {
			t.fixed[f.comment] = rules[i]
		}
		rules = rules[len(head):]
	}
	for _, r := range rules {
		t.takeRule(r)
	}
}

// takeRule takes a rule that is none of the fixed ones. A second rule of a subnet,
// one that does not do what its comment says, and a fixed one in a wrong place
// are surplus.
func (t *table) takeRule(r *nftables.Rule) {
	text := commentOf(r)
	n, isNAT := parseNAT(text)
	have := func(have natRule) bool { return have.Subnet == n.Subnet }
	switch {
	case !strings.HasPrefix(text, mark+" "):
		t.foreign = append(t.foreign, fmt.Sprintf("a rule of chain %s (handle %d)", r.Chain.Name, r.Handle))
		t.inChain[r.Chain.Name] = true
		t.refer = t.refer || refers(r)
	case isNAT && r.Chain == t.nat && !slices.ContainsFunc(t.nats, have) && sameExprs(r.Exprs, natExprs(NAT{NAT: n})):
		packets, octets := counterOf(r)
		t.nats = append(t.nats, natRule{NAT{n, packets, octets}, r})
	default:
		t.surplus = append(t.surplus, r)
	}
}

// refers reports whether a rule has to do with a set of ours.
func refers(r *nftables.Rule) bool {
	return slices.ContainsFunc(r.Exprs, func(e expr.Any) bool {
		name := ""
		switch e := e.(type) {
		case *expr.Lookup:
			name = e.SetName
		case *expr.Dynset:
			name = e.SetName
		}
		return name == segmentsName || name == allowedName
	})
}

// isHead reports whether a chain begins with these rules.
func isHead(rules []*nftables.Rule, head []fixedRule) bool {
	for i, f := range head {
		if i >= len(rules) || commentOf(rules[i]) != f.comment || !sameExprs(rules[i].Exprs, f.exprs) {
			return false
		}
	}
	return true
}

// natComment returns "ovsns nat 172.16.10.0/24" or, with an interface,
// "ovsns nat 172.16.10.0/24 out eth0".
func natComment(n model.NAT) string {
	text := mark + " nat " + n.Subnet.String()
	if n.OutInterface != "" {
		text += " out " + n.OutInterface
	}
	return text
}

func parseNAT(comment string) (model.NAT, bool) {
	words := strings.Split(comment, " ")
	if len(words) < 3 || words[0] != mark || words[1] != "nat" {
		return model.NAT{}, false
	}
	subnet, err := netip.ParsePrefix(words[2])
	switch {
	case err != nil:
		return model.NAT{}, false
	case len(words) == 3:
		return model.NAT{Subnet: subnet}, true
	case len(words) == 5 && words[3] == "out":
		return model.NAT{Subnet: subnet, OutInterface: words[4]}, true
	}
	return model.NAT{}, false
}

// rules returns what the table does, and the pairs that it holds one way only.
func (t *table) rules() (r Rules, halves []Pair) {
	for key := range t.inSegments {
		r.Segments = append(r.Segments, unpadded([]byte(key)))
	}
	seen := map[Pair]bool{}
	for key := range t.inAllowed {
		p := Pair{unpadded([]byte(key[:nameSize])), unpadded([]byte(key[nameSize:]))}
		if p.A == p.B || seen[p.sorted()] {
			continue
		}
		seen[p.sorted()] = true
		r.Allow = append(r.Allow, p.sorted())
		if !t.inAllowed[pairKey(p.B, p.A)] {
			halves = append(halves, p.sorted())
		}
	}
	r.NAT = t.natList()
	return r.sorted(), halves
}

// leftover returns what in our table belongs to none of the rules, in words.
func (t *table) leftover(r Rules) []string {
	var list []string
	for _, rule := range t.surplus {
		list = append(list, commentOf(rule))
	}
	_, allowed := keysOf(r)
	for key := range t.inAllowed {
		if !allowed[key] {
			list = append(list, mark+" allowed "+unpadded([]byte(key[:nameSize]))+" to itself")
		}
	}
	return list
}

func (t *table) natList() []NAT {
	list := make([]NAT, 0, len(t.nats))
	for _, n := range t.nats {
		list = append(list, n.NAT)
	}
	return list
}

func pairKey(a, b string) string { return string(padded(a)) + string(padded(b)) }

// keysOf returns the elements of both sets. An interface is allowed to reach
// itself: two subnets of one segment are not two segments.
func keysOf(r Rules) (segments, allowed map[string]bool) {
	segments, allowed = map[string]bool{}, map[string]bool{}
	for _, s := range r.Segments {
		segments[string(padded(s))] = true
		allowed[pairKey(s, s)] = true
	}
	for _, p := range r.Allow {
		allowed[pairKey(p.A, p.B)] = true
		allowed[pairKey(p.B, p.A)] = true
	}
	return segments, allowed
}
