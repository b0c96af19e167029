package nft

import (
	"net/netip"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
)

// accept is one rule of ours in another program's chain. Its comment says all
// of it, so that it can be found, compared and taken out again.
type accept struct {
	subnet  netip.Prefix // of a NAT; the zero value in a rule of a pair
	answers bool         // of a NAT: to the subnet, answers only; else from it
	in, out string       // interfaces; "" is any
}

// acceptsOf returns the rules that a chain which drops needs to let r through,
// in the order in which they stand.
func acceptsOf(r Rules) []accept {
	r = Rules{}.with(r)
	var list []accept
	for _, n := range r.NAT {
		list = append(list,
			accept{subnet: n.Subnet, out: n.OutInterface},
			accept{subnet: n.Subnet, in: n.OutInterface, answers: true})
	}
	for _, p := range r.Allow {
		list = append(list, accept{in: p.A, out: p.B}, accept{in: p.B, out: p.A})
	}
	return list
}

// comment returns "ovsns nat 172.16.10.0/24 out eth0" (packets that leave),
// "... in eth0" (answers), both without an interface when any will do, or
// "ovsns allow sw0 sw0.100" for one direction of a pair.
func (a accept) comment() string {
	words := []string{mark}
	switch {
	case !a.subnet.IsValid():
		words = append(words, "allow", a.in, a.out)
	case a.answers:
		words = append(words, "nat", a.subnet.String(), "in", a.in)
	default:
		words = append(words, "nat", a.subnet.String(), "out", a.out)
	}
	return strings.TrimRight(strings.Join(words, " "), " ")
}

// parseAccept reads a comment back; false when it is not one of ours.
func parseAccept(comment string) (accept, bool) {
	words := strings.Split(comment, " ")
	if len(words) < 4 || words[0] != mark {
		return accept{}, false
	}
	if words[1] == "allow" && len(words) == 4 {
		return accept{in: words[2], out: words[3]}, true
	}
	subnet, err := netip.ParsePrefix(words[2])
	if words[1] != "nat" || err != nil || len(words) > 5 {
		return accept{}, false
	}
	ifname := strings.Join(words[4:], "")
	switch words[3] {
	case "in":
		return accept{subnet: subnet, answers: true, in: ifname}, true
	case "out":
		return accept{subnet: subnet, out: ifname}, true
	}
	return accept{}, false
}

// name returns what the rule belongs to: the subnet or the pair.
func (a accept) name() string {
	if a.subnet.IsValid() {
		return a.subnet.String()
	}
	return Pair{a.in, a.out}.String()
}

// fits reports whether the rule has a place in a table of that family.
func (a accept) fits(f nftables.TableFamily) bool {
	switch {
	case f == nftables.TableFamilyINet, !a.subnet.IsValid():
		return true
	case a.subnet.Addr().Is4():
		return f == nftables.TableFamilyIPv4
	default:
		return f == nftables.TableFamilyIPv6
	}
}

// rule returns the accept rule for a chain.
func (a accept) rule(c *nftables.Chain, xtables bool) *nftables.Rule {
	r := &nftables.Rule{Table: c.Table, Chain: c}
	if xtables {
		r.Exprs = a.xtables()
	} else {
		r.Exprs = a.native(c.Table.Family)
		r.UserData = comment(a.comment())
	}
	return r
}

// native writes the rule as nft(8) does.
func (a accept) native(f nftables.TableFamily) []expr.Any {
	var list []expr.Any
	if a.in != "" {
		list = append(list, nameIs(expr.MetaKeyIIFNAME, expr.CmpOpEq, a.in)...)
	}
	if a.out != "" {
		list = append(list, nameIs(expr.MetaKeyOIFNAME, expr.CmpOpEq, a.out)...)
	}
	if a.subnet.IsValid() && f == nftables.TableFamilyINet {
		list = append(list, protocolIs(a.subnet)...)
	}
	if a.subnet.IsValid() {
		list = append(list, addressIn(a.subnet, a.answers)...)
	}
	if a.answers {
		list = append(list, isAnswer()...)
	}
	return append(list, &expr.Counter{}, verdict(expr.VerdictAccept))
}

// xtables writes the rule as iptables-nft does: it refuses to work on a table
// that holds what it cannot read.
func (a accept) xtables() []expr.Any {
	var list []expr.Any
	for _, side := range []struct {
		key  expr.MetaKey
		name string
	}{{expr.MetaKeyIIFNAME, a.in}, {expr.MetaKeyOIFNAME, a.out}} {
		if side.name != "" {
			list = append(list, loadMeta(side.key, reg1),
				&expr.Cmp{Op: expr.CmpOpEq, Register: reg1, Data: append([]byte(side.name), 0)})
		}
	}
	if a.subnet.IsValid() {
		list = append(list, addressIn(a.subnet, a.answers)...)
	}
	if a.answers {
		list = append(list, &expr.Match{Name: "conntrack", Rev: 3, Info: answersMatch()})
	}
	text := xt.Comment(a.comment())
	return append(list, &expr.Match{Name: "comment", Info: &text}, &expr.Counter{}, verdict(expr.VerdictAccept))
}

// answersMatch is "-m conntrack --ctstate RELATED,ESTABLISHED".
func answersMatch() *xt.ConntrackMtinfo3 {
	m := &xt.ConntrackMtinfo3{}
	m.MatchFlags = uint16(xt.ConntrackState)
	m.StateMask = uint16(expr.CtStateBitESTABLISHED | expr.CtStateBitRELATED)
	return m
}

// words returns the rule as arguments of iptables(8).
func (a accept) words() []string {
	var w []string
	if a.subnet.IsValid() && a.answers {
		w = append(w, "-d", a.subnet.String())
	} else if a.subnet.IsValid() {
		w = append(w, "-s", a.subnet.String())
	}
	if a.in != "" {
		w = append(w, "-i", a.in)
	}
	if a.out != "" {
		w = append(w, "-o", a.out)
	}
	if a.answers {
		w = append(w, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED")
	}
	return append(w, "-m", "comment", "--comment", a.comment(), "-j", "ACCEPT")
}

// commentsOf returns the comments of the accept rules that r may need.
func commentsOf(r Rules) map[string]bool {
	comments := map[string]bool{}
	for _, a := range acceptsOf(r) {
		comments[a.comment()] = true
	}
	return comments
}
