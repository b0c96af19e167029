package nft

import (
	"cmp"
	"maps"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// elementsPerMessage keeps a list of set elements below the 64 KiB that a
// netlink attribute holds.
const elementsPerMessage = 500

// edit queues what leads from t to next; nothing when it is there already.
func (t *table) edit(c *nftables.Conn, next Rules) error {
	if next.empty() {
		if t.exists {
			c.DelTable(ownTable())
		}
		return nil
	}
	if err := t.build(c); err != nil {
		return err
	}
	segments, allowed := keysOf(next)
	if err := editSet(c, t.segments, t.inSegments, segments); err != nil {
		return err
	}
	if err := editSet(c, t.allowed, t.inAllowed, allowed); err != nil {
		return err
	}
	return t.editNAT(c, next.NAT)
}

// build queues the parts of the table that are missing.
func (t *table) build(c *nftables.Conn) error {
	if !t.exists {
		c.AddTable(ownTable())
	}
	for _, s := range []struct {
		set  **nftables.Set
		make func() *nftables.Set
	}{{&t.segments, segmentsSet}, {&t.allowed, allowedSet}} {
		if *s.set == nil {
			*s.set = s.make()
			if err := c.AddSet(*s.set, nil); err != nil {
				return err
			}
		}
	}
	if t.forward == nil {
		t.forward = c.AddChain(forwardChain())
	}
	if t.nat == nil {
		t.nat = c.AddChain(natChain())
	}
	if t.fixed[allowedComment] == nil {
		c.InsertRule(t.allowedRule())
	}
	if t.fixed[isolateComment] == nil {
		c.AddRule(t.isolateRule())
	}
	return nil
}

// allowedRule is "iifname . oifname @allowed accept".
func (t *table) allowedRule() *nftables.Rule {
	return &nftables.Rule{
		Table: ownTable(), Chain: t.forward, UserData: comment(allowedComment),
		Exprs: []expr.Any{
			loadMeta(expr.MetaKeyIIFNAME, reg1),
			loadMeta(expr.MetaKeyOIFNAME, reg2),
			&expr.Lookup{SourceRegister: reg1, SetName: t.allowed.Name, SetID: t.allowed.ID},
			verdict(expr.VerdictAccept),
		},
	}
}

// isolateRule is "iifname @segments oifname @segments counter drop".
func (t *table) isolateRule() *nftables.Rule {
	return &nftables.Rule{
		Table: ownTable(), Chain: t.forward, UserData: comment(isolateComment),
		Exprs: slices.Concat(
			nameIn(expr.MetaKeyIIFNAME, t.segments, false),
			nameIn(expr.MetaKeyOIFNAME, t.segments, false),
			[]expr.Any{&expr.Counter{}, verdict(expr.VerdictDrop)},
		),
	}
}

// natRule is "ip saddr SUBNET oifname IF counter masquerade" or, without an
// interface, "... oifname != @segments oifname != lo ...".
func (t *table) natRule(n NAT) *nftables.Rule {
	out := nameIs(expr.MetaKeyOIFNAME, expr.CmpOpEq, n.OutInterface)
	if n.OutInterface == "" {
		out = append(nameIn(expr.MetaKeyOIFNAME, t.segments, true),
			nameIs(expr.MetaKeyOIFNAME, expr.CmpOpNeq, "lo")...)
	}
	return &nftables.Rule{
		Table: ownTable(), Chain: t.nat, UserData: comment(natComment(n.NAT)),
		Exprs: slices.Concat(
			protocolIs(n.Subnet), addressIn(n.Subnet, false), out,
			[]expr.Any{&expr.Counter{Packets: n.Packets, Bytes: n.Bytes}, &expr.Masq{}},
		),
	}
}

// editSet queues the elements that are missing or surplus.
func editSet(c *nftables.Conn, s *nftables.Set, have, want map[string]bool) error {
	for batch := range slices.Chunk(lacking(have, want), elementsPerMessage) {
		if err := c.SetAddElements(s, batch); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(lacking(want, have), elementsPerMessage) {
		if err := c.SetDeleteElements(s, batch); err != nil {
			return err
		}
	}
	return nil
}

// lacking returns what of want is not in have, sorted.
func lacking(have, want map[string]bool) []nftables.SetElement {
	var list []nftables.SetElement
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if !have[key] {
			list = append(list, nftables.SetElement{Key: []byte(key)})
		}
	}
	return list
}

// editNAT queues the rules that are missing, each at its place in the order,
// then removes those that are surplus. A rule that only changes its interface
// keeps what it has counted.
func (t *table) editNAT(c *nftables.Conn, want []NAT) error {
	wanted, counted := natsOf(Rules{NAT: want}), natsOf(Rules{NAT: t.natList()})
	var kept, surplus []natRule
	for _, have := range t.nats {
		if n, ok := wanted[have.Subnet]; ok && n.NAT == have.NAT.NAT {
			kept = append(kept, have)
			delete(wanted, have.Subnet)
		} else {
			surplus = append(surplus, have)
		}
	}
	for _, n := range slices.SortedFunc(maps.Values(wanted), compareNAT) {
		before := counted[n.Subnet]
		n.Packets, n.Bytes = before.Packets, before.Bytes
		insertNAT(c, t.natRule(n), n, kept)
	}
	for _, have := range surplus {
		if err := c.DelRule(have.rule); err != nil {
			return err
		}
	}
	return nil
}

// insertNAT queues a rule before the first of those that stay and come after it.
func insertNAT(c *nftables.Conn, r *nftables.Rule, n NAT, kept []natRule) {
	next := slices.IndexFunc(kept, func(k natRule) bool { return cmp.Less(0, compareNAT(k.NAT, n)) })
	if next < 0 {
		c.AddRule(r)
		return
	}
	r.Position = kept[next].rule.Handle
	c.InsertRule(r)
}
