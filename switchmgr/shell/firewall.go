package shell

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// rules is what the table "inet ovsns" holds for a lab.
type rules struct {
	segments []string
	allowed  [][2]string // pairs of interfaces, one way
	nat      []model.NAT
}

func (r rules) empty() bool { return len(r.segments)+len(r.allowed)+len(r.nat) == 0 }

func rulesOf(lab *model.State) rules {
	var r rules
	for _, o := range lab.Objects() {
		switch o := o.(type) {
		case model.Gateway:
			r.addSegment(o.Interface)
		case model.Link:
			if end, ok := o.End(model.HostEnd); ok {
				r.addSegment(end.Ifname)
			}
		case model.Allow:
			r.allowed = append(r.allowed, [2]string{o.InterfaceA, o.InterfaceB}, [2]string{o.InterfaceB, o.InterfaceA})
		case model.NAT:
			r.nat = append(r.nat, o)
		}
	}
	slices.SortFunc(r.nat, compareNAT)
	return r
}

// addSegment adds an interface of the host; it is allowed to reach itself,
// since two subnets of one segment are not two segments.
func (r *rules) addSegment(ifname string) {
	r.segments = append(r.segments, ifname)
	r.allowed = append(r.allowed, [2]string{ifname, ifname})
}

func compareNAT(a, b model.NAT) int {
	return cmp.Or(a.Subnet.Addr().Compare(b.Subnet.Addr()), cmp.Compare(a.Subnet.Bits(), b.Subnet.Bits()))
}

// firewall writes the change of the table "inet ovsns".
func (s *script) firewall() error {
	before, after := rulesOf(s.before), rulesOf(s.Wished)
	if err := after.check(); err != nil {
		return err
	}
	s.about = s.aboutRules()
	switch {
	case before.empty() && after.empty():
	case after.empty():
		s.about = "# Nothing in the lab needs the firewall any more.\n"
		s.run("nft", "delete", "table", "inet", "ovsns")
	case before.empty():
		s.raw("nft -f - <<'EOF'\n" + table(after) + "EOF")
	default:
		s.editElements("add", "segments", mapped(without(after.segments, before.segments), word))
		s.editElements("add", "allowed", pairs(without(after.allowed, before.allowed)))
		s.editElements("delete", "segments", mapped(without(before.segments, after.segments), word))
		s.editElements("delete", "allowed", pairs(without(before.allowed, after.allowed)))
		s.editNAT(before.nat, after.nat)
	}
	return nil
}

// aboutRules returns a comment line for each rule that changes. Gateways and
// links had theirs.
func (s *script) aboutRules() string {
	lines := "# The firewall keeps the segments of the lab apart.\n"
	for _, c := range s.plan {
		if k := c.Key().Kind; k == model.KindNAT || k == model.KindAllow {
			lines += "# " + c.String() + "\n"
		}
	}
	return lines
}

// check refuses names that nft(8) cannot quote: it knows no escapes.
func (r rules) check() error {
	list := slices.Clone(r.segments)
	for _, n := range r.nat {
		list = append(list, n.OutInterface)
	}
	for _, name := range list {
		if strings.Contains(name, `"`) {
			return model.Invalidf("nft(8) cannot write the interface name %s", strconv.Quote(name))
		}
	}
	return nil
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
func table(r rules) string {
	var b strings.Builder
	b.WriteString("table inet ovsns {\n")
	b.WriteString("\tset segments {\n\t\ttype ifname\n" + elements(mapped(r.segments, word)) + "\t}\n")
	b.WriteString("\tset allowed {\n\t\ttype ifname . ifname\n" + elements(pairs(r.allowed)) + "\t}\n")
	b.WriteString(`	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname . oifname @allowed accept comment "ovsns allowed pairs"
		iifname @segments oifname @segments counter drop comment "ovsns isolate segments"
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
`)
	for _, n := range r.nat {
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

func (s *script) editElements(verb, set string, words []string) {
	if len(words) > 0 {
		s.run("nft", verb, "element", "inet", "ovsns", set, "{ "+strings.Join(words, ", ")+" }")
	}
}

// handle is a function for scripts that change rules: they are known to the
// kernel by a number.
const handle = `handle() { # of the rule that has this comment
	nft -a list chain inet ovsns postrouting | grep -F "comment \"$1\" # handle" | sed 's/.* handle //'
}`

// editNAT changes the rules one by one, so that the counters of the others
// stay, and keeps them in the order of their subnets.
func (s *script) editNAT(before, after []model.NAT) {
	subnet := func(n model.NAT) netip.Prefix { return n.Subnet }
	if len(without(before, after)) > 0 {
		s.raw(handle)
	}
	now := slices.Clone(before)
	for _, n := range before {
		if !slices.Contains(mapped(after, subnet), n.Subnet) {
			s.nftRule("delete", handleOf(n), "")
			now = without(now, []model.NAT{n})
		}
	}
	for _, n := range after {
		i, found := slices.BinarySearchFunc(now, n, compareNAT)
		switch {
		case found && now[i] == n:
			continue
		case found:
			s.nftRule("replace", handleOf(now[i]), natRule(n))
			now[i] = n
			continue
		case i == len(now):
			s.nftRule("add", "", natRule(n))
		default:
			s.nftRule("insert", "index "+strconv.Itoa(i), natRule(n))
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

// handleOf is the place of a rule that is found by its comment.
func handleOf(n model.NAT) string { return `handle "$(handle ` + quote(natComment(n)) + `)"` }

// nftRule edits a rule at a place, which is written as it is.
func (s *script) nftRule(verb, place, rule string) {
	words := []string{"nft", verb, "rule inet ovsns postrouting"}
	if place != "" {
		words = append(words, place)
	}
	if rule != "" {
		words = append(words, quote(rule))
	}
	s.raw(strings.Join(words, " "))
}
