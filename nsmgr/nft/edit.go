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
		return t.remove(c)
	}
	if t.taken || t.exists && !t.ours() {
		return foreignTable(t.foreign)
	}
	if err := t.build(c); err != nil {
		return err
	}
	if err := t.editSets(c, next); err != nil {
		return err
	}
	return t.editNAT(c, next.NAT)
}

// remove queues the end of all that is ours.
func (t *table) remove(c *nftables.Conn) error {
	if !t.ours() {
		return nil
	}
	if len(t.foreign) == 0 {
		c.DelTable(ownTable())
		return nil
	}
	if err := t.editSets(c, Rules{}); err != nil {
		return err
	}
	if err := t.removeRules(c); err != nil {
		return err
	}
	for _, o := range t.chains() {
		if ch := *o.at; ch != nil && !t.inChain[ch.Name] {
			c.DelChain(ch)
		}
	}
	for _, s := range []*nftables.Set{t.segments, t.allowed} {
		if s != nil && !t.refer {
			c.DelSet(s)
		}
	}
	return nil
}

// removeRules queues the end of our rules in chains that hold others.
func (t *table) removeRules(c *nftables.Conn) error {
	list := slices.AppendSeq(slices.Clone(t.surplus), maps.Values(t.fixed))
	for _, n := range t.nats {
		list = append(list, n.rule)
	}
	for _, r := range list {
		if err := c.DelRule(r); err != nil {
			return err
		}
	}
	return nil
}

// build queues the parts of the table that are missing, and the end of the rules
// that are surplus.
func (t *table) build(c *nftables.Conn) error {
	if !t.exists || t.dormant {
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
	for _, o := range t.chains() {
		if *o.at == nil {
			*o.at = c.AddChain(o.own)
		}
		t.buildHead(c, *o.at)
	}
	for _, r := range t.surplus {
		if err := c.DelRule(r); err != nil {
			return err
		}
	}
	return nil
}

// buildHead queues the rules with which a chain has to begin.
func (t *table) buildHead(c *nftables.Conn, ch *nftables.Chain) {
	for _, f := range slices.Backward(fixedRules(ch.Name)) { // each goes to the top
		if t.fixed[f.comment] == nil {
			c.InsertRule(&nftables.Rule{Table: ownTable(), Chain: ch, UserData: comment(f.comment), Exprs: f.exprs})
		}
	}
}

// editSets queues the elements that are missing or surplus.
func (t *table) editSets(c *nftables.Conn, next Rules) error {
	segments, allowed := keysOf(next)
	if err := editSet(c, t.segments, t.inSegments, segments); err != nil {
		return err
	}
	return editSet(c, t.allowed, t.inAllowed, allowed)
}

// fixedRule is a rule that does not depend on what the lab asks for.
type fixedRule struct {
	comment string
	exprs   []expr.Any
}

// fixedRules returns the rules with which one of our chains begins.
func fixedRules(chain string) []fixedRule {
	drop := []expr.Any{&expr.Counter{}, verdict(expr.VerdictDrop)}
	switch chain {
	case sourceName:
		// iifname @segments fib saddr . iif oif missing counter drop
		return []fixedRule{{sourceComment, slices.Concat(nameIn(expr.MetaKeyIIFNAME, false), hasNoWayBack(), drop)}}
	case forwardName:
		return []fixedRule{
			// iifname . oifname @allowed accept
			{allowedComment, []expr.Any{
				loadMeta(expr.MetaKeyIIFNAME, reg1), loadMeta(expr.MetaKeyOIFNAME, reg2),
				inSet(allowedSet(), false), verdict(expr.VerdictAccept),
			}},
			// iifname @segments oifname @segments counter drop
			{isolateComment, slices.Concat(
				nameIn(expr.MetaKeyIIFNAME, false), nameIn(expr.MetaKeyOIFNAME, false), drop)},
		}
	}
	return nil
}

// natExprs is "ip saddr SUBNET oifname IF counter masquerade" or, without an
// interface, "... oifname != @segments oifname != lo ...".
func natExprs(n NAT) []expr.Any {
	out := nameIs(expr.MetaKeyOIFNAME, expr.CmpOpEq, n.OutInterface)
	if n.OutInterface == "" {
		out = append(nameIn(expr.MetaKeyOIFNAME, true), nameIs(expr.MetaKeyOIFNAME, expr.CmpOpNeq, "lo")...)
	}
	return slices.Concat(
		protocolIs(n.Subnet), addressIn(n.Subnet, false), out,
		[]expr.Any{&expr.Counter{Packets: n.Packets, Bytes: n.Bytes}, &expr.Masq{}},
	)
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
		insertNAT(c, &nftables.Rule{
			Table: ownTable(), Chain: t.nat, UserData: comment(natComment(n.NAT)), Exprs: natExprs(n),
		}, n, kept)
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
