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

func TestForeignTable(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"empty":     "add table inet ovsns",
		"chain":     "add table inet ovsns\nadd chain inet ovsns mine",
		"otherHook": "add table inet ovsns\nadd chain inet ovsns forward { type filter hook input priority 0; }",
		"rule":      "add table inet ovsns\nadd chain inet ovsns forward { type filter hook forward priority 0; }\nadd rule inet ovsns forward accept",
		"set":       "add table inet ovsns\nadd chain inet ovsns forward { type filter hook forward priority 0; }\nadd set inet ovsns mine { type ifname; }",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.sh("nft '" + script + "'")
			before := h.ruleset()
			_, errObserve := h.fw.Observe(t.Context())
			_, errBlockers := h.fw.Blockers(t.Context())
			errAdd := h.fw.Apply(t.Context(), wholeLab(), Rules{})
			errRemove := h.fw.Apply(t.Context(), Rules{}, wholeLab())
			for _, err := range []error{errObserve, errBlockers, errAdd, errRemove} {
				if !errors.Is(err, model.ErrNotManaged) || model.Hint(err) == "" {
					t.Errorf("error %v with hint %q, want ErrNotManaged with one", err, model.Hint(err))
				}
			}
			h.same("after refusals", before)
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

func TestRejectingChains(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.sh(`nft '
		add table inet firewalld
		add chain inet firewalld filter_FORWARD { type filter hook forward priority 10; }
		add rule inet firewalld filter_FORWARD ct state established,related accept
		add rule inet firewalld filter_FORWARD reject with icmpx admin-prohibited'
		iptables-nft -A FORWARD -j REJECT --reject-with icmp-host-prohibited
		ip6tables-nft -A FORWARD -s 2001:db8::/64 -j REJECT`)
	before := h.sh("nft list table inet firewalld")
	h.apply(wholeLab(), Rules{})
	list := h.blockers()
	if len(list) != 2 {
		t.Fatalf("blockers %+v, want 2", list)
	}
	for _, b := range list {
		if b.Amendable || b.Advice == "" || b.Reason != "final reject" {
			t.Errorf("blocker %+v, want advice and no amendment", b)
		}
	}
	if got := h.sh("nft list table inet firewalld"); got != before {
		t.Errorf("firewalld's table became\n%s", got)
	}
	if o := h.observe(); len(o.Incomplete) > 0 {
		t.Errorf("incomplete %q, want nothing that Apply cannot mend", o.Incomplete)
	}
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
	h.apply(wholeLab(), Rules{})
	if o := h.observe(); fmt.Sprint(o.Incomplete) != "[sw0 sw0.100]" {
		t.Errorf("incomplete %q, want the pair", o.Incomplete)
	}
	h.apply(redAndBlue, Rules{})
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
