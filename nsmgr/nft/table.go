package nft

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"

	"github.com/ovsns/ovsns/model"
)

// table is our own table as it was read. What is missing in it is nil or
// empty; the zero value is no table.
type table struct {
	exists            bool
	forward, nat      *nftables.Chain
	segments, allowed *nftables.Set
	inSegments        map[string]bool           // keys of the elements
	inAllowed         map[string]bool           // keys of the elements
	fixed             map[string]*nftables.Rule // of the forward chain, by comment
	nats              []natRule                 // in their order
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

func forwardChain() *nftables.Chain {
	policy := nftables.ChainPolicyAccept
	return &nftables.Chain{
		Table: ownTable(), Name: forwardName, Type: nftables.ChainTypeFilter, Policy: &policy,
		Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter,
	}
}

func natChain() *nftables.Chain {
	policy := nftables.ChainPolicyAccept
	return &nftables.Chain{
		Table: ownTable(), Name: natName, Type: nftables.ChainTypeNAT, Policy: &policy,
		Hooknum: nftables.ChainHookPostrouting, Priority: nftables.ChainPriorityNATSource,
	}
}

// readTable reads our table. The kernel keeps no owner of a table that outlives
// its process, so it is ours when all that is in it is of our making; an empty
// one of that name is not. The error is then [model.ErrNotManaged].
func readTable(c *nftables.Conn, chains []*nftables.Chain) (table, error) {
	tables, err := c.ListTablesOfFamily(nftables.TableFamilyINet)
	if err != nil || !slices.ContainsFunc(tables, isOwn) {
		return table{}, classify(err, "listing tables")
	}
	t := table{exists: true, fixed: map[string]*nftables.Rule{}}
	if err := t.takeChains(chains); err != nil {
		return t, err
	}
	if err := t.readSets(c); err != nil {
		return t, err
	}
	return t, t.readRules(c)
}

func (t *table) takeChains(chains []*nftables.Chain) error {
	for _, ch := range chains {
		switch {
		case !isOwn(ch.Table):
		case sameChain(ch, forwardChain()):
			t.forward = ch
		case sameChain(ch, natChain()):
			t.nat = ch
		default:
			return foreignTable()
		}
	}
	if t.forward == nil && t.nat == nil {
		return foreignTable()
	}
	return nil
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
			return foreignTable()
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

func (t *table) readRules(c *nftables.Conn) error {
	for _, ch := range []*nftables.Chain{t.forward, t.nat} {
		if ch == nil {
			continue
		}
		rules, err := c.GetRules(ownTable(), ch)
		if err != nil {
			return classify(err, "reading rules")
		}
		for _, r := range rules {
			r.Table, r.Chain = ownTable(), ch
			text := commentOf(r)
			if !strings.HasPrefix(text, mark+" ") {
				return foreignTable()
			}
			if n, ok := parseNAT(text); ok && ch == t.nat {
				packets, octets := counterOf(r)
				t.nats = append(t.nats, natRule{NAT{n, packets, octets}, r})
			} else {
				t.fixed[text] = r
			}
		}
	}
	return nil
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
	for _, n := range natsOf(Rules{NAT: t.natList()}) {
		r.NAT = append(r.NAT, n)
	}
	return r.sorted(), halves
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
