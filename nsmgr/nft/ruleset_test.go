package nft

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
)

var counters = regexp.MustCompile(`packets \d+ bytes \d+`)

// sameBut is same, but for what rules of others have counted meanwhile.
func (h *host) sameBut(when, before string) {
	h.Helper()
	after := counters.ReplaceAllString(h.ruleset(), "")
	if before = counters.ReplaceAllString(before, ""); after != before {
		h.Errorf("%s the ruleset differs.\nbefore:\n%s\nafter:\n%s", when, before, after)
	}
}

const foreign = `
	iptables-nft -P FORWARD DROP
	iptables-nft -A FORWARD -i docker0 -p tcp -m tcp --dport 80 -m comment --comment "mine" -j ACCEPT
	iptables-nft -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	nft 'add table inet other
		add set inet other s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 }; }
		add chain inet other c { type filter hook forward priority -10; }
		add rule inet other c ip saddr @s counter comment "not ours"'
`

func TestRulesetByteForByte(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.sh(foreign)
	before := h.ruleset()
	h.apply(Rules{}, wholeLab())
	h.same("after removing what is absent", before)

	h.apply(wholeLab(), Rules{})
	h.apply(redAndBlue, Rules{})
	whole := h.ruleset()
	h.apply(wholeLab(), Rules{})
	h.apply(redAndBlue, Rules{})
	h.apply(Rules{}, nats("10.99.0.0/24"))
	h.same("after the same again", whole)

	// One by one, in another order.
	h.apply(Rules{}, Rules{Segments: []string{"sw0.100"}})
	h.apply(Rules{}, nats("10.1.0.0/24"))
	h.apply(Rules{}, Rules{Allow: []Pair{{"sw0", "sw0.100"}}})
	h.apply(Rules{}, Rules{Segments: []string{"sw0"}})
	h.apply(Rules{}, nats("2001:db8:1::/64"))
	h.same("after removing all", before)
}

func TestOwnTableAsNftShowsIt(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	r := wholeLab()
	r.Segments = append(r.Segments, "abcdefghijklmno")
	r.NAT = append(r.NAT, nat("10.1.0.0/23", ""), nat("2001:db8::/45", ""), nat("10.0.9.0/24", "abcdefghijklmno"))
	h.apply(r, redAndBlue)
	h.apply(redAndBlue, Rules{})
	want := `table inet ovsns {
	set segments {
		type ifname
		elements = { "abcdefghijklmno",
			     "sw0",
			     "sw0.100" }
	}

	set allowed {
		type ifname . ifname
		elements = { "sw0" . "sw0.100",
			     "sw0.100" . "sw0",
			     "sw0" . "sw0",
			     "sw0.100" . "sw0.100",
			     "abcdefghijklmno" . "abcdefghijklmno" }
	}

	chain prerouting {
		type filter hook prerouting priority raw; policy accept;
		iifname @segments fib saddr . iif oif missing counter packets 0 bytes 0 drop comment "ovsns check sources"
	}

	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname . oifname @allowed accept comment "ovsns allowed pairs"
		iifname @segments oifname @segments counter packets 0 bytes 0 drop comment "ovsns isolate segments"
	}

	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.0.9.0/24 oifname "abcdefghijklmno" counter packets 0 bytes 0 masquerade comment "ovsns nat 10.0.9.0/24 out abcdefghijklmno"
		ip saddr 10.1.0.0/23 oifname != @segments oifname != "lo" counter packets 0 bytes 0 masquerade comment "ovsns nat 10.1.0.0/23"
		ip saddr 10.1.0.0/24 oifname != @segments oifname != "lo" counter packets 0 bytes 0 masquerade comment "ovsns nat 10.1.0.0/24"
		ip6 saddr 2001:db8::/45 oifname != @segments oifname != "lo" counter packets 0 bytes 0 masquerade comment "ovsns nat 2001:db8::/45"
		ip6 saddr 2001:db8:1::/64 oifname "eth0" counter packets 0 bytes 0 masquerade comment "ovsns nat 2001:db8:1::/64 out eth0"
	}
}
`
	if got := h.sh("nft list ruleset"); sortedLines(got) != sortedLines(want) {
		t.Errorf("nft shows\n%s\nwant\n%s", got, want)
	}
	// nft can read back what it shows.
	h.sh("nft list ruleset > /run/dump; nft -c -f /run/dump")
	o := h.observe()
	got := fmt.Sprint(o.Segments, o.Allow, len(o.NAT), o.Incomplete)
	if got != "[abcdefghijklmno sw0 sw0.100] [sw0 sw0.100] 5 []" {
		t.Errorf("observed %s", got)
	}
}

// sortedLines makes sets comparable, whose elements have no order.
func sortedLines(text string) string {
	lines := strings.FieldsFunc(strings.ReplaceAll(text, "elements = { ", "\n"), func(r rune) bool { return r == '\n' })
	for i := range lines {
		lines[i] = strings.TrimRight(strings.TrimSpace(lines[i]), ", }")
	}
	slices.Sort(lines)
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}

func TestCountersSurviveEdit(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.sh("iptables-nft -P FORWARD DROP")
	h.apply(wholeLab(), Rules{})
	h.reaches("red", outAddrs[:1], true)
	accepted := h.sh("iptables-nft -w -S FORWARD -v | grep -c -e '-c [1-9]'")
	h.apply(nats("10.0.0.0/24", "10.5.0.0/24"), Rules{NAT: []NAT{nat("2001:db8:1::/64", "")}})
	h.apply(redAndBlue, Rules{})
	o := h.observe()
	if len(o.NAT) != 3 || o.NAT[1].Subnet.String() != "10.1.0.0/24" || o.NAT[1].Packets != 1 {
		t.Errorf("observed %+v; want 10.1.0.0/24 between two others, with its count", o.NAT)
	}
	if now := h.sh("iptables-nft -w -S FORWARD -v | grep -c -e '-c [1-9]'"); now != accepted || now != "2\n" {
		t.Errorf("%s accept rules have counted, before the edit %s; want 2", now, accepted)
	}
}

// TestIptablesStillWorks compares our rules with those that iptables-nft makes
// from the same words, and edits its table afterwards.
func TestIptablesStillWorks(t *testing.T) {
	t.Parallel()
	for _, v6 := range []bool{false, true} {
		t.Run(fmt.Sprintf("v6=%v", v6), func(t *testing.T) {
			h := newHost(t)
			program, rules := "iptables-nft", Rules{NAT: []NAT{nat("10.1.0.0/24", ""), nat("10.2.0.0/15", "abcdefghijklmno"), nat("10.9.9.9/32", "eth0")}}
			if v6 {
				program, rules = "ip6tables-nft", Rules{NAT: []NAT{nat("2001:db8::/64", ""), nat("2001:db8:8::/45", "abcdefghijklmno"), nat("2001:db8::9/128", "eth0")}}
			}
			rules.Allow = redAndBlue.Allow
			h.sh(program + " -P FORWARD DROP; " + program + " -A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT")
			before := h.ruleset()
			h.apply(rules, Rules{})
			dump := "nft --debug=netlink list table ip" + map[bool]string{true: "6"}[v6] + " filter | grep '\\['"
			ours, listed := h.sh(dump), h.sh(program+" -S FORWARD")
			if n := strings.Count(listed, "--comment \"ovsns "); n != 8 {
				t.Errorf("iptables shows %d of our rules, want 8:\n%s", n, listed)
			}
			// iptables finds and deletes our rules by their words, and writes the same.
			lines := strings.Split(strings.TrimSpace(listed), "\n")
			for _, line := range lines[1:] {
				h.sh(program + " " + strings.Replace(line, "-A", "-D", 1))
			}
			for _, line := range lines[1:] {
				h.sh(program + " " + line)
			}
			if theirs := h.sh(dump); theirs != ours {
				t.Errorf("iptables writes\n%s\nwe wrote\n%s", theirs, ours)
			}
			h.apply(Rules{}, rules)
			h.sh(program + " -D FORWARD -p tcp -m tcp --dport 80 -j ACCEPT; " + program + " -A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT")
			strip := regexp.MustCompile(`handle \d+`)
			if got, want := strip.ReplaceAllString(h.ruleset(), ""), strip.ReplaceAllString(before, ""); got != want {
				t.Errorf("left\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestForeignTable: what is not ours is told and left alone. Rules of ours are not
// put into a table that has nothing of ours.
func TestForeignTable(t *testing.T) {
	t.Parallel()
	const forward = "add table inet ovsns\nadd chain inet ovsns forward { type filter hook forward priority 0; }\n"
	for name, c := range map[string]struct{ script, foreign string }{
		"empty":     {"add table inet ovsns", "[table inet ovsns]"},
		"chain":     {"add table inet ovsns\nadd chain inet ovsns mine", "[chain mine]"},
		"otherHook": {strings.ReplaceAll(forward, "hook forward", "hook input"), "[chain forward]"},
		"rule":      {forward + "add rule inet ovsns forward accept", "[a rule of chain forward (handle 2)]"},
		"set":       {forward + "add set inet ovsns mine { type ifname; }", "[set mine]"},
		"ourName":   {"add table inet ovsns\nadd set inet ovsns segments { type ipv4_addr; }", "[set segments]"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.sh("nft '" + c.script + "'")
			before := h.ruleset()
			if o := h.observe(); fmt.Sprint(o.Foreign) != c.foreign || !o.empty() {
				t.Errorf("observed %+v, want %s and no rules", o, c.foreign)
			}
			h.blockers()
			err := h.fw.Apply(t.Context(), wholeLab(), Rules{})
			if !errors.Is(err, model.ErrNotManaged) || model.Hint(err) == "" {
				t.Errorf("error %v with hint %q, want ErrNotManaged with one", err, model.Hint(err))
			}
			h.apply(Rules{}, wholeLab())
			h.same("in the end", before)
		})
	}
}

// TestForeignInOurTable: our own rules work in spite of it, and go without it.
func TestForeignInOurTable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ script, left string }{
		"rule": {"insert rule inet ovsns forward accept", `table inet ovsns {
	chain forward {
		type filter hook forward priority filter; policy accept;
		accept
	}
}
`},
		"ruleWithSet": {"insert rule inet ovsns prerouting iifname @segments accept", `table inet ovsns {
	set segments {
		type ifname
	}

	set allowed {
		type ifname . ifname
	}

	chain prerouting {
		type filter hook prerouting priority raw; policy accept;
		iifname @segments accept
	}
}
`},
		"natRule": {"insert rule inet ovsns postrouting oifname eth7 accept", `table inet ovsns {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "eth7" accept
	}
}
`},
		"set": {"add set inet ovsns mine { type ifname; }", `table inet ovsns {
	set mine {
		type ifname
	}
}
`},
		"chain": {"add chain inet ovsns mine { type filter hook input priority 0; }", `table inet ovsns {
	chain mine {
		type filter hook input priority filter; policy accept;
	}
}
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.lab()
			h.apply(wholeLab(), Rules{})
			h.sh("nft '" + c.script + "'")
			o := h.observe()
			if len(o.Foreign) != 1 || len(o.NAT) != 2 {
				t.Errorf("observed %+v, want one thing that is not ours, and NAT", o)
			}
			h.apply(wholeLab(), Rules{})
			if o := h.observe(); len(o.Foreign) != 1 || len(o.NAT) != 2 || len(o.Segments) != 2 || len(o.Surplus) > 0 {
				t.Errorf("after Apply: %+v", o)
			}
			h.reaches("red", outAddrs, true)
			h.reaches("red", blueAddrs, false)
			h.apply(Rules{}, wholeLab())
			// Sets stay where a rule may look them up.
			got := h.sh("nft list ruleset")
			if want := c.left; got != want && sortedLines(got) != sortedLines(want) {
				t.Errorf("left\n%s\nwant\n%s", got, want)
			}
			h.sh("nft flush table inet ovsns; nft delete table inet ovsns")
		})
	}
}

// TestBadBatchChangesNothing makes the kernel refuse the last part of a batch:
// a chain that goes away between our reading and our writing. What had been
// done in iptables-legacy by then is undone.
func TestBadBatchChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.sh(iptables("-legacy", "-P FORWARD DROP", "-A FORWARD -i docker0 -j ACCEPT"))
	h.sh("nft 'add table inet my; add chain inet my f1 { type filter hook forward priority 0; policy drop; }'")
	rules := wholeLab()
	c, closeConn, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closeConn()
	v, err := read(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	h.sh("nft delete table inet my")
	before := h.ruleset()
	if err := v.write(t.Context(), c, rules, Rules{}); !retryable(err) {
		t.Errorf("error %v, want that of a chain that is gone", err)
	}
	h.same("after a refused batch", before)
	h.apply(rules, Rules{})
	h.apply(Rules{}, rules)
	h.same("in the end", before)
}

func TestIncompleteIsMended(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.apply(wholeLab(), Rules{})
	h.apply(redAndBlue, Rules{})
	if o := h.observe(); len(o.Incomplete) > 0 {
		t.Errorf("incomplete %q on a host that drops nothing", o.Incomplete)
	}
	h.sh(iptables("-nft", "-P FORWARD DROP"))
	want := "[10.1.0.0/24 2001:db8:1::/64 sw0 sw0.100]"
	if o := h.observe(); fmt.Sprint(o.Incomplete) != want {
		t.Errorf("incomplete %q, want %s", o.Incomplete, want)
	}
	h.apply(Rules{}, Rules{})
	if o := h.observe(); len(o.Incomplete) > 0 {
		t.Errorf("incomplete %q in the end", o.Incomplete)
	}
}

func TestManyRulesInOneBatch(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.sh("iptables-nft -P FORWARD DROP")
	before := h.ruleset()
	var r Rules
	for i := range 700 {
		r.Segments = append(r.Segments, fmt.Sprintf("sw0.%d", i))
		r.NAT = append(r.NAT, nat(fmt.Sprintf("10.%d.%d.0/24", i/200, i%200), ""))
		r.Allow = append(r.Allow, Pair{"sw0.0", fmt.Sprintf("sw0.%d", i+1)})
	}
	h.apply(r, Rules{})
	o := h.observe()
	if len(o.Segments) != 700 || len(o.NAT) != 700 || len(o.Allow) != 700 || len(o.Incomplete) > 0 {
		t.Errorf("%d segments, %d nat, %d pairs, %d incomplete; want 700 of each and none",
			len(o.Segments), len(o.NAT), len(o.Allow), len(o.Incomplete))
	}
	h.apply(Rules{}, r)
	h.same("after removal", before)
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, r := range []Rules{
		{Segments: []string{"sixteen-letters-"}},
		{Segments: []string{""}},
		{Allow: []Pair{{"a", "b c"}}},
		{Allow: []Pair{{"a", "a"}}},
		{NAT: []NAT{{}}},
		{NAT: []NAT{nat("10.1.0.1/24", "")}},
		{NAT: []NAT{nat("10.1.0.0/24", "a/b")}},
	} {
		if err := h.fw.Apply(t.Context(), r, Rules{}); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%+v: error %v, want ErrInvalid", r, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.fw.Apply(ctx, wholeLab(), Rules{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	h.same("after errors", "")
}

func TestSplitWords(t *testing.T) {
	got := splitWords(`-A FORWARD -i sw"0 -m comment --comment "a \"b\" \\c" -j ACCEPT`)
	want := []string{"-A", "FORWARD", "-i", `sw"0`, "-m", "comment", "--comment", `a "b" \c`, "-j", "ACCEPT"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommentsReadBack(t *testing.T) {
	r := wholeLab()
	r.Allow = redAndBlue.Allow
	for _, a := range acceptsOf(r) {
		if got, ok := parseAccept(a.comment()); !ok || got != a {
			t.Errorf("%q reads back as %+v, want %+v", a.comment(), got, a)
		}
	}
	for _, text := range []string{"", "ovsns", "ovsns nat", "ovsns nat x out", "ovsns nat 10.0.0.0/8", "ovsns allow a", "mine"} {
		if a, ok := parseAccept(text); ok {
			t.Errorf("%q reads as %+v", text, a)
		}
	}
}

// TestObserveWhileOthersChange: what vanishes between two readings is read anew.
func TestObserveWhileOthersChange(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 100 && err == nil; i++ {
			<-time.After(time.Millisecond) // else nobody would find it whole
			err = errors.Join(h.fw.Apply(t.Context(), wholeLab(), Rules{}), h.fw.Apply(t.Context(), Rules{}, wholeLab()))
		}
		done <- err
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
		if _, err := h.fw.Observe(t.Context()); err != nil {
			t.Error(err)
			<-done
			return
		}
	}
}
