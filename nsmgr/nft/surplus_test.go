package nft

import (
	"fmt"
	"strings"
	"testing"
)

// TestSavedRuleset loads a ruleset that was saved while there was a lab. What
// nobody asks for any more is seen, and goes.
func TestSavedRuleset(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.counting()
	h.sh(iptables("-nft", "-P FORWARD DROP") + iptables("-legacy", "-P FORWARD DROP"))
	h.apply(wholeLab(), Rules{})
	h.apply(redAndBlue, Rules{})
	h.sh("mkdir -p /run/saved; cd /run/saved; nft list table inet ovsns > nft; for p in iptables ip6tables; do for v in nft legacy; do $p-$v-save > $p-$v; done; done")
	h.apply(Rules{}, wholeLab())
	h.apply(Rules{}, redAndBlue)
	h.sh("cd /run/saved; nft -f nft; for p in iptables ip6tables; do for v in nft legacy; do $p-$v-restore < $p-$v; done; done; rm -r /run/saved")

	now := Rules{Segments: []string{"sw0", "sw0.100"}}
	o := h.observe()
	surplus := o.Without(now)
	if len(surplus.NAT) != 2 || len(surplus.Allow) != 1 || len(surplus.Segments)+len(o.Surplus)+len(o.Foreign)+len(o.Incomplete) > 0 {
		t.Errorf("observed %+v", o)
	}
	h.apply(now, surplus)
	if o := h.observe(); !o.Without(now).empty() || len(o.Surplus) > 0 {
		t.Errorf("in the end %+v", o)
	}
	if text := h.ruleset(); strings.Contains(text, "ovsns nat") || strings.Contains(text, "ovsns allow ") {
		t.Errorf("left:\n%s", text)
	}
	h.sh(iptables("-nft", "-P FORWARD ACCEPT") + iptables("-legacy", "-P FORWARD ACCEPT"))
	h.reaches("red", outAddrs[:1], false)
	h.reaches("red", blueAddrs, false)
	if h.seen("masked") > 0 || h.seen("unmasked") == 0 {
		t.Errorf("red is masqueraded:\n%s", h.in("out", "nft list ruleset"))
	}
}

// TestSurplus damages what is in force in one way each. It shows, and Apply with
// nothing to do mends it.
func TestSurplus(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.sh(iptables("-nft", "-P FORWARD DROP"))
	h.apply(wholeLab(), Rules{})
	h.apply(redAndBlue, Rules{})
	before := h.observe()
	const handle = `$(nft -a list table inet ovsns | sed -n '/ovsns nat 2001/s/.*handle //p')`
	for _, c := range []struct{ name, damage, surplus string }{
		{"second rule", `nft 'add rule inet ovsns postrouting ip saddr 10.1.0.0/24 oifname != @segments oifname != lo counter masquerade comment "ovsns nat 10.1.0.0/24"'`,
			"ovsns nat 10.1.0.0/24"},
		{"another action", `nft replace rule inet ovsns postrouting handle ` + handle + ` 'accept comment "ovsns nat 2001:db8:1::/64 out eth0"'`,
			"ovsns nat 2001:db8:1::/64 in eth0, ovsns nat 2001:db8:1::/64 out eth0, ovsns nat 2001:db8:1::/64 out eth0"},
		{"segments accepted", `nft 'flush chain inet ovsns forward; add rule inet ovsns forward iifname @segments oifname @segments accept comment "ovsns isolate segments"'`,
			"ovsns isolate segments"},
		{"another order", `nft 'flush chain inet ovsns forward
			add rule inet ovsns forward iifname @segments oifname @segments counter drop comment "ovsns isolate segments"
			add rule inet ovsns forward iifname . oifname @allowed accept comment "ovsns allowed pairs"'`,
			"ovsns allowed pairs, ovsns isolate segments"},
		{"one before ours", `nft 'insert rule inet ovsns prerouting counter comment "ovsns of old"'`, "ovsns check sources, ovsns of old"},
		{"to itself", `nft 'add element inet ovsns allowed { eth7 . eth7 }'`, "ovsns allowed eth7 to itself"},
		{"left accept", `iptables-nft -I FORWARD -s 10.7.0.0/24 -m comment --comment "ovsns nat 10.7.0.0/24 out" -j ACCEPT`, "ovsns nat 10.7.0.0/24 out"},
		{"left accept of a pair", `ip6tables-nft -A FORWARD -i sw0 -o sw0.7 -m comment --comment "ovsns allow sw0 sw0.7" -j ACCEPT`, "ovsns allow sw0 sw0.7"},
		{"asleep", `nft add table inet ovsns '{ flags dormant; }'`, ""},
	} {
		h.sh(c.damage)
		o := h.observe()
		if got := strings.Join(o.Surplus, ", "); got != c.surplus || len(o.Foreign) > 0 {
			t.Errorf("%s: observed %+v, want surplus %q", c.name, o, c.surplus)
		}
		if c.name == "asleep" && !o.empty() {
			t.Errorf("a table that does nothing has %+v in force", o.Rules)
		}
		if c.name == "segments accepted" && len(o.Segments) > 0 {
			t.Errorf("segments %v are said to be kept apart", o.Segments)
		}
		add := Rules{}
		if c.name == "another action" {
			add = wholeLab() // the rule is as good as gone
		}
		h.apply(add, Rules{})
		if after := h.observe(); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: after Apply %+v\nat first %+v", c.name, after, before)
		}
	}
}
