package ops

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Rules are what the firewall of a place has for a lab.
type Rules struct {
	// Segments are the interfaces of the place in the lab's segments. It does not
	// forward from one of them to another unless Allow names the pair.
	Segments []string
	NAT      []model.NAT
	Allow    [][2]string // pairs of interfaces, both ways
}

// Empty reports whether there are none.
func (r Rules) Empty() bool { return len(r.Segments)+len(r.NAT)+len(r.Allow) == 0 }

func (r *Rules) add(s Rules) {
	r.Segments = append(r.Segments, s.Segments...)
	r.NAT = append(r.NAT, s.NAT...)
	r.Allow = append(r.Allow, s.Allow...)
}

// ChangeFirewall adds and removes rules of a place, all at once or not at all. A NAT
// of a subnet that is in both changes.
type ChangeFirewall struct {
	Place       model.Place
	Add, Remove Rules
	// Keep is what is there before and after, and put back where a part of it is
	// missing.
	Keep Rules
	// Before and After are the labs, from which a script knows the whole table.
	Before, After *model.State
}

// Reverse implements [Op].
func (o ChangeFirewall) Reverse() Op {
	return ChangeFirewall{o.Place, o.Remove, o.Add, o.Keep, o.After, o.Before}
}
func (ChangeFirewall) op() {}

// firewall adds one change of rules for each place.
func (p *planner) firewall() {
	changes := map[model.Place]*ChangeFirewall{}
	change := func(place model.Place) *ChangeFirewall {
		if changes[place] == nil {
			changes[place] = &ChangeFirewall{Place: place, Before: p.Before, After: p.Wished}
		}
		return changes[place]
	}
	for place := range p.Rules {
		change(place)
	}
	for _, c := range p.plan {
		rules := kinds[c.Key().Kind].rules
		if rules == nil {
			continue
		}
		if c.Before != nil {
			place, r := rules(c.Before)
			change(place).Remove.add(r)
		}
		if c.After != nil {
			place, r := rules(c.After)
			change(place).Add.add(r)
		}
	}
	for _, place := range sortedKeys(changes) {
		o := changes[place]
		now, looked := p.Rules[place]
		if looked && !(now.Empty() && o.Remove.Empty()) && rulesOf(p.Wished, place).Empty() {
			// The last user is gone; what a command that was cut off may have left
			// in our table goes too.
			o.Add, o.Remove = Rules{}, now
		}
		o.keep(now, looked)
		if !o.Add.Empty() || !o.Remove.Empty() || !o.Keep.Empty() {
			p.add(slotFirewall, *o)
		}
	}
}

// keep finds out what stays: a new version of a gateway or a link keeps its segment,
// and what is made may be there already. What is there now is told by now, if that
// was looked at.
func (o *ChangeFirewall) keep(now Rules, looked bool) {
	if !looked {
		now = o.Remove
	}
	o.Add.Segments, o.Remove.Segments, o.Keep.Segments = stay(o.Add.Segments, o.Remove.Segments, now.Segments)
	o.Add.Allow, o.Remove.Allow, o.Keep.Allow = stay(o.Add.Allow, o.Remove.Allow, now.Allow)
	o.Add.NAT, o.Remove.NAT, o.Keep.NAT = stay(o.Add.NAT, o.Remove.NAT, now.NAT)
}

// stay tells what is to be added from what is there, and does not remove either.
func stay[T comparable](add, remove, now []T) (added, removed, kept []T) {
	added = without(add, now)
	return added, without(remove, add), without(add, added)
}

func sortedKeys[V any](m map[model.Place]V) []model.Place {
	keys := make([]model.Place, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// rulesOf returns all rules that a lab has in a place.
func rulesOf(lab *model.State, place model.Place) Rules {
	var all Rules
	for _, o := range lab.Objects() {
		if rules := kinds[o.Key().Kind].rules; rules != nil {
			if where, r := rules(o); where == place {
				all.add(r)
			}
		}
	}
	slices.SortFunc(all.NAT, compareNAT)
	return all
}

func compareNAT(a, b model.NAT) int {
	return cmp.Or(a.Subnet.Addr().Compare(b.Subnet.Addr()), cmp.Compare(a.Subnet.Bits(), b.Subnet.Bits()))
}

// Lines implements [Op].
func (o ChangeFirewall) Lines() []string {
	before, after := rulesOf(o.Before, o.Place), rulesOf(o.After, o.Place)
	switch {
	case before.Empty() && after.Empty():
		return nil
	case after.Empty():
		return []string{within(o.Place, "nft", "delete", "table", "inet", "ovsns")}
	case before.Empty():
		return []string{within(o.Place, "nft", "-f", "-") + " <<'EOF'\n" + table(after) + "EOF"}
	}
	e := edit{place: o.Place}
	e.elements("add", "segments", mapped(without(after.Segments, before.Segments), word))
	e.elements("add", "allowed", pairs(without(after.allowed(), before.allowed())))
	e.elements("delete", "segments", mapped(without(before.Segments, after.Segments), word))
	e.elements("delete", "allowed", pairs(without(before.allowed(), after.allowed())))
	e.nat(before.NAT, after.NAT)
	return e.lines
}

// check refuses names that nft(8) cannot quote: it knows no escapes.
func (o ChangeFirewall) check() error {
	r := rulesOf(o.After, o.Place)
	list := slices.Clone(r.Segments)
	for _, n := range r.NAT {
		list = append(list, n.OutInterface)
	}
	for _, name := range list {
		if strings.Contains(name, `"`) {
			return model.Invalidf("nft(8) cannot write the interface name %s", strconv.Quote(name))
		}
	}
	return nil
}

// allowed returns the pairs of interfaces that the table lets through, one way
// each. A segment is allowed to reach itself, since two subnets of one segment are
// not two segments.
func (r Rules) allowed() [][2]string {
	var list [][2]string
	for _, s := range r.Segments {
		list = append(list, [2]string{s, s})
	}
	for _, p := range r.Allow {
		list = append(list, p, [2]string{p[1], p[0]})
	}
	return list
}

// word returns a name in the language of nft(8), where an asterisk at the end
// stands for any other characters.
func word(ifname string) string {
	if bare, found := strings.CutSuffix(ifname, "*"); found {
		ifname = bare + `\*`
	}
	return `"` + ifname + `"`
}

func pairs(list [][2]string) []string {
	return mapped(list, func(p [2]string) string { return word(p[0]) + " . " + word(p[1]) })
}

// table returns the whole table for a file of nft(8).
func table(r Rules) string {
	var b strings.Builder
	b.WriteString("table inet ovsns {\n")
	b.WriteString("\tset segments {\n\t\ttype ifname\n" + elements(mapped(r.Segments, word)) + "\t}\n")
	b.WriteString("\tset allowed {\n\t\ttype ifname . ifname\n" + elements(pairs(r.allowed())) + "\t}\n")
	b.WriteString(`	chain prerouting {
		type filter hook prerouting priority raw; policy accept;
		iifname @segments fib saddr . iif oif missing counter drop comment "ovsns check sources"
	}
	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname . oifname @allowed accept comment "ovsns allowed pairs"
		iifname @segments oifname @segments counter drop comment "ovsns isolate segments"
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
`)
	for _, n := range r.NAT {
		b.WriteString("\t\t" + natRule(n) + "\n")
	}
	b.WriteString("\t}\n}\n")
	return b.String()
}

func elements(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "\t\telements = { " + strings.Join(words, ", ") + " }\n"
}

// natRule masquerades what leaves by one interface, or leaves the lab.
func natRule(n model.NAT) string {
	out := `!= @segments oifname != "lo"`
	if n.OutInterface != "" {
		out = word(n.OutInterface)
	}
	return family(n.Subnet) + " saddr " + n.Subnet.String() + " oifname " + out +
		` counter masquerade comment "` + natComment(n) + `"`
}

func family(p netip.Prefix) string {
	if p.Addr().Is4() {
		return "ip"
	}
	return "ip6"
}

// natComment is that of package nsmgr/nft; the rule is found by it.
func natComment(n model.NAT) string {
	text := "ovsns nat " + n.Subnet.String()
	if n.OutInterface != "" {
		text += " out " + n.OutInterface
	}
	return text
}

// edit are the commands that change a table which is there.
type edit struct {
	place model.Place
	lines []string
}

func (e *edit) elements(verb, set string, words []string) {
	if len(words) > 0 {
		e.lines = append(e.lines, within(e.place, "nft", verb, "element", "inet", "ovsns", set, "{ "+strings.Join(words, ", ")+" }"))
	}
}

// nat changes the rules one by one, so that the counters of the others stay, and
// keeps them in the order of their subnets.
func (e *edit) nat(before, after []model.NAT) {
	subnet := func(n model.NAT) netip.Prefix { return n.Subnet }
	if len(without(before, after)) > 0 {
		e.lines = append(e.lines, "handle() { # of the rule that has this comment\n\t"+
			within(e.place, "nft", "-a", "list", "chain", "inet", "ovsns", "postrouting")+
			` | grep -F "comment \"$1\" # handle" | sed 's/.* handle //'`+"\n}")
	}
	now := slices.Clone(before)
	for _, n := range before {
		if !slices.Contains(mapped(after, subnet), n.Subnet) {
			e.rule("delete", handleOf(n), "")
			now = without(now, []model.NAT{n})
		}
	}
	for _, n := range after {
		i, found := slices.BinarySearchFunc(now, n, compareNAT)
		switch {
		case found && now[i] == n:
			continue
		case found:
			e.rule("replace", handleOf(now[i]), natRule(n))
			now[i] = n
			continue
		case i == len(now):
			e.rule("add", "", natRule(n))
		default:
			e.rule("insert", "index "+strconv.Itoa(i), natRule(n))
		}
		now = slices.Insert(now, i, n)
	}
}

func mapped[T, U any](list []T, f func(T) U) []U {
	var result []U
	for _, v := range list {
		result = append(result, f(v))
	}
	return result
}

// handleOf is the place of a rule that is found by its comment: the kernel knows
// rules by a number.
func handleOf(n model.NAT) string { return `handle "$(handle ` + quote(natComment(n)) + `)"` }

// rule edits a rule at a place, which is written as it is.
func (e *edit) rule(verb, where, rule string) {
	words := []string{within(e.place, "nft"), verb, "rule inet ovsns postrouting"}
	if where != "" {
		words = append(words, where)
	}
	if rule != "" {
		words = append(words, quote(rule))
	}
	e.lines = append(e.lines, strings.Join(words, " "))
}
