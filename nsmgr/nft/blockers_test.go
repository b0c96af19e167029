package nft

import (
	"fmt"
	"strings"
	"testing"
)

// TestNotBlocking: chains that let through what they do not know, or of which that
// is not certain, get no rules of ours.
func TestNotBlocking(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"acceptsAtLast":      iptables("-nft", "-P FORWARD DROP", "-A FORWARD -i docker0 -j DROP", "-A FORWARD -j ACCEPT"),
		"legacyAccepts":      iptables("-legacy", "-P FORWARD DROP", "-A FORWARD -j ACCEPT", "-A FORWARD -j DROP"),
		"otherInterface":     iptables("-nft", "-A FORWARD -i docker0 -j REJECT", "-A FORWARD ! -o docker0 -p tcp --dport 25 -j DROP"),
		"returns":            iptables("-nft", "-N X", "-A X -j RETURN", "-A X -j DROP", "-A FORWARD -j X"),
		"legacyReturns":      iptables("-legacy", "-N X", "-A X -j RETURN", "-A X -j DROP", "-A FORWARD -j X"),
		"answersOnly":        "nft 'add table inet my; add chain inet my f { type filter hook forward priority 0; }; add rule inet my f ct state invalid drop'",
		"limited":            "nft 'add table inet my; add chain inet my f { type filter hook forward priority 0; }; add rule inet my f limit rate 5/second drop'",
		"acceptedBefore":     "nft 'add table inet my; add chain inet my f { type filter hook forward priority 0; }; add rule inet my f counter accept; add rule inet my f drop'",
		"conditionalJump":    "nft 'add table inet my; add chain inet my x; add chain inet my f { type filter hook forward priority 0; }; add rule inet my x drop; add rule inet my f iifname eth7 jump x'",
		"chainOfAnotherHook": "nft 'add table inet my; add chain inet my f { type filter hook input priority 0; policy drop; }; add rule inet my f drop'",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.sh(script)
			before := h.ruleset()
			h.apply(wholeLab(), Rules{})
			h.apply(redAndBlue, Rules{})
			if list := h.blockers(); len(list) > 0 {
				t.Errorf("blockers %+v", list)
			}
			if o := h.observe(); len(o.Incomplete)+len(o.Blocked) > 0 {
				t.Errorf("observed %+v", o)
			}
			h.sh("nft delete table inet ovsns")
			h.same("but for our table", before)
		})
	}
}

const firewalld = `nft '
	add table inet firewalld
	add chain inet firewalld filter_FORWARD_POLICIES
	add chain inet firewalld filter_FORWARD { type filter hook forward priority 10; }
	add rule inet firewalld filter_FORWARD ct state established,related accept
	add rule inet firewalld filter_FORWARD jump filter_FORWARD_POLICIES
	add rule inet firewalld filter_FORWARD reject with icmpx admin-prohibited'
`

// TestFirewalld: its chains are not changed, so what they drop is told, until
// firewalld has heard of the lab.
func TestFirewalld(t *testing.T) {
	t.Parallel()
	for what, told := range map[string]string{
		"interface": "iifname sw0 accept",
		"wildcard":  "iifname sw0* accept",
		"subnet":    "ip saddr 10.1.0.0/24 accept",
		"range":     "ip saddr 10.1.0.0/22 accept",
		"nothing":   "iifname sw01 ip saddr 10.2.0.0/24 accept",
	} {
		t.Run(what, func(t *testing.T) {
			h := newHost(t)
			h.sh(firewalld)
			before := h.sh("nft list table inet firewalld")
			h.apply(wholeLab(), Rules{})
			h.apply(redAndBlue, Rules{})
			list := h.blockers()
			const all = "[10.1.0.0/24 2001:db8:1::/64 sw0 sw0.100]"
			if len(list) != 1 || list[0].Amendable || list[0].Advice == "" || list[0].Reason != "final reject" || fmt.Sprint(list[0].Missing) != all {
				t.Errorf("blockers %+v, want one with advice and without amendment", list)
			}
			if o := h.observe(); fmt.Sprint(o.Blocked) != all || len(o.Incomplete) > 0 {
				t.Errorf("observed %+v, want all blocked, and nothing that Apply mends", o)
			}
			if got := h.sh("nft list table inet firewalld"); got != before {
				t.Errorf("firewalld's table became\n%s", got)
			}
			h.sh("nft add rule inet firewalld filter_FORWARD_POLICIES " + told)
			o := h.observe()
			if blocked := fmt.Sprint(o.Blocked); blocked != map[bool]string{true: all, false: "[]"}[what == "nothing"] && what != "range" {
				t.Errorf("told of %s, blocked are %s", what, blocked)
			}
		})
	}
}

// TestRejectInsertedBefore: rules of ours that no packet comes to any more are
// missing, and are put where they count, each once.
func TestRejectInsertedBefore(t *testing.T) {
	t.Parallel()
	for _, variant := range []string{"-nft", "-legacy"} {
		t.Run(variant, func(t *testing.T) {
			h := newHost(t)
			h.lab()
			h.sh(iptables(variant, "-P FORWARD DROP"))
			h.apply(wholeLab(), Rules{})
			h.reaches("red", outAddrs, true)
			h.sh(iptables(variant, "-I FORWARD -j REJECT"))
			h.reaches("red", outAddrs[:1], false)
			if o := h.observe(); fmt.Sprint(o.Incomplete) != "[10.1.0.0/24 2001:db8:1::/64]" || len(o.Surplus) > 0 {
				t.Errorf("observed %+v, want NAT incomplete", o)
			}
			h.apply(Rules{}, Rules{})
			h.reaches("red", outAddrs, true)
			if n := strings.Count(h.sh("iptables"+variant+" -S FORWARD; ip6tables"+variant+" -S FORWARD"), `"ovsns nat`); n != 4 {
				t.Errorf("%d rules of ours, want 4", n)
			}
			// The same again, from iptables itself: two copies of each.
			h.sh(`for p in iptables` + variant + ` ip6tables` + variant + `; do $p -S FORWARD | grep ovsns | sed "s/^/$p /" | sh -e; done`)
			h.apply(Rules{}, Rules{})
			if n := strings.Count(h.sh("iptables"+variant+" -S FORWARD; ip6tables"+variant+" -S FORWARD"), `"ovsns nat`); n != 4 {
				t.Errorf("%d rules of ours after a second copy, want 4", n)
			}
			if o := h.observe(); len(o.Incomplete)+len(o.Surplus) > 0 {
				t.Errorf("observed %+v in the end", o)
			}
		})
	}
}
