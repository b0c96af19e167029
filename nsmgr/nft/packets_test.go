package nft

import (
	"strings"
	"testing"
)

// counting makes the outside count where packets come from.
func (h *host) counting() {
	h.Helper()
	h.in("out", `nft '
		add table inet count
		add chain inet count in { type filter hook input priority 0; }
		add rule inet count in ip saddr 10.0.0.0/8 counter comment "unmasked"
		add rule inet count in ip6 saddr { 2001:db8:1::/64, 2001:db8:2::/64 } icmpv6 type echo-request counter comment "unmasked"
		add rule inet count in ip saddr 198.51.100.254 counter comment "masked"
		add rule inet count in ip6 saddr 2001:db8:ff::fe icmpv6 type echo-request counter comment "masked"'`)
}

// seen counts the outside's rules of that comment that have seen packets.
func (h *host) seen(comment string) int {
	h.Helper()
	n := 0
	for line := range strings.Lines(h.in("out", "nft list ruleset")) {
		if strings.Contains(line, `"`+comment+`"`) && !strings.Contains(line, "packets 0 ") {
			n++
		}
	}
	return n
}

func TestMasqueradeAndIsolation(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.counting()
	h.reaches("red", blueAddrs, true) // the host does forward
	h.apply(wholeLab(), Rules{})

	h.reaches("red", outAddrs, true)
	if h.seen("masked") != 2 || h.seen("unmasked") != 0 {
		t.Errorf("red was not masqueraded in both families:\n%s", h.in("out", "nft list ruleset"))
	}
	for _, n := range h.observe().NAT {
		if n.Packets != 1 || n.Bytes != 84 && n.Bytes != 104 {
			t.Errorf("nat %s counted %d packets, %d bytes; want the ping", n.Subnet, n.Packets, n.Bytes)
		}
	}
	h.reaches("blue", outAddrs, false)
	if h.seen("unmasked") != 2 {
		t.Errorf("blue did not leave unmasqueraded:\n%s", h.in("out", "nft list ruleset"))
	}
	h.reaches("red", blueAddrs, false)
	h.reaches("blue", redAddrs, false)

	h.apply(redAndBlue, Rules{})
	h.reaches("red", blueAddrs, true)
	h.reaches("blue", redAddrs, true)
	h.apply(Rules{}, redAndBlue)
	h.reaches("red", blueAddrs, false)
}

func TestOutInterface(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.apply(Rules{NAT: []NAT{nat("10.1.0.0/24", "eth0")}}, Rules{})
	h.reaches("red", outAddrs[:1], true)
	h.apply(Rules{NAT: []NAT{nat("10.1.0.0/24", "eth1")}}, Rules{})
	h.reaches("red", outAddrs[:1], false)
	o := h.observe()
	if len(o.NAT) != 1 || o.NAT[0].OutInterface != "eth1" || o.NAT[0].Packets != 1 {
		t.Errorf("observed %+v; want one rule by eth1 that kept its count", o.NAT)
	}
}

// TestSameInterface: what comes and leaves by one interface stays in one
// segment, so it is not isolated.
func TestSameInterface(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.apply(wholeLab(), Rules{})
	h.sh(`nft '
		add table inet probe
		add chain inet probe f { type filter hook forward priority 10; }
		add rule inet probe f iifname sw0 oifname sw0 counter'
		ip route add 10.3.0.0/24 via 10.1.0.1`)
	h.in("red", "sh -c 'ping -c 1 -W 0.3 10.3.0.1 || true'")
	if out := h.sh("nft list table inet probe"); strings.Contains(out, "packets 0 ") {
		t.Errorf("what comes and leaves by sw0 was dropped:\n%s\n%s", out, h.ruleset())
	}
}

// dropping lists the ways in which other programs drop what is forwarded.
var dropping = []struct {
	name    string
	setup   string
	program Program
	count   int
	where   string // shows the chain that must hold our rules, and no other
}{
	{"nftReject", `nft '
		add table inet my
		add chain inet my f1 { type filter hook forward priority 0; }
		add rule inet my f1 ct state established,related accept
		add rule inet my f1 counter log prefix "no " reject'`, ProgramNFT, 1, "nft list chain inet my f1"},
	{"nftJump", `nft '
		add table ip my
		add chain ip my f1 { type filter hook forward priority 10; }
		add chain ip my last
		add chain ip my middle
		add rule ip my last tcp dport 22 accept
		add rule ip my last meta mark set 7 drop
		add rule ip my middle jump last
		add rule ip my f1 counter jump middle
		add rule ip my f1 accept
		add table ip6 my
		add chain ip6 my f1 { type filter hook forward priority -10; }
		add chain ip6 my last
		add rule ip6 my last ct state invalid,new reject
		add rule ip6 my f1 goto last'`, ProgramNFT, 2, "nft list chain ip my f1"},
	{"iptablesReject", iptables("-nft", "-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT", "-A FORWARD -m comment --comment last -j REJECT"),
		ProgramIptables, 2, "iptables-nft -S FORWARD"},
	{"iptablesJump", iptables("-nft", "-N RH-Firewall-1", "-A RH-Firewall-1 -i lo -j ACCEPT", "-A RH-Firewall-1 -m conntrack --ctstate NEW -j DROP", "-A FORWARD -j LOG", "-A FORWARD -j RH-Firewall-1"),
		ProgramIptables, 2, "iptables-nft -S FORWARD"},
	{"dockerReject", iptables("-nft", "-N DOCKER-USER", "-A FORWARD -j DOCKER-USER", "-A FORWARD -j DROP"),
		ProgramDocker, 2, "iptables-nft -S DOCKER-USER"},
	{"dockerBehind", iptables("-nft", "-N DOCKER-USER", "-A FORWARD -j DROP", "-A FORWARD -j DOCKER-USER"),
		ProgramDocker, 2, "iptables-nft -S FORWARD"},
	{"legacyReject", iptables("-legacy", "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A FORWARD -j REJECT"),
		ProgramLegacy, 2, "iptables-legacy -S FORWARD"},
	{"legacyJump", iptables("-legacy", "-N X", "-A X -p tcp -j ACCEPT", "-A X -m state --state NEW -j DROP", "-A FORWARD -m comment --comment a -g X"),
		ProgramLegacy, 2, "iptables-legacy -S FORWARD"},
	{"nft4and6", `nft '
		add table ip my
		add chain ip my f1 { type filter hook forward priority 0; policy drop; }
		add rule ip my f1 counter
		add table ip6 my
		add chain ip6 my f1 { type filter hook forward priority 0; policy drop; }'`, ProgramNFT, 2, "nft list chain ip my f1"},
	{"inet", `nft '
		add table inet my
		add chain inet my f1 { type filter hook forward priority 5; policy drop; }
		add rule inet my f1 ct state invalid drop'`, ProgramNFT, 1, "nft list chain inet my f1"},
	{"iptables", iptables("-nft", "-P FORWARD DROP", "-A FORWARD -i docker0 -j ACCEPT"),
		ProgramIptables, 2, "iptables-nft -S FORWARD"},
	{"docker", iptables("-nft", "-P FORWARD DROP", "-N DOCKER-USER", "-A DOCKER-USER -j RETURN", "-A FORWARD -j DOCKER-USER", "-A FORWARD -i docker0 -j ACCEPT"),
		ProgramDocker, 2, "iptables-nft -S DOCKER-USER"},
	{"legacy", iptables("-legacy", "-P FORWARD DROP", "-A FORWARD -i docker0 -j ACCEPT"),
		ProgramLegacy, 2, "iptables-legacy -S FORWARD"},
	{"legacyDocker", iptables("-legacy", "-P FORWARD DROP", "-N DOCKER-USER", "-A DOCKER-USER -j RETURN", "-A FORWARD -j DOCKER-USER"),
		ProgramLegacy, 2, "iptables-legacy -S DOCKER-USER"},
}

// iptables returns a script that does this for both families.
func iptables(variant string, lines ...string) string {
	script := ""
	for _, l := range lines {
		script += "iptables" + variant + " -w " + l + "; ip6tables" + variant + " -w " + l + "\n"
	}
	return script
}

func TestThroughForeignDrop(t *testing.T) {
	for _, c := range dropping {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.lab()
			h.sh(c.setup)
			before := h.ruleset()
			h.reaches("red", blueAddrs[:1], false)

			h.apply(wholeLab(), Rules{})
			h.apply(redAndBlue, Rules{})
			h.reaches("red", outAddrs, true)
			h.reaches("red", blueAddrs, true)
			h.reaches("blue", redAddrs, true)
			h.checkBlockers(c.program, c.count)
			if out := h.sh(c.where); !strings.Contains(out, "ovsns") && !strings.Contains(out, "10.1.0.0/24") {
				t.Errorf("our rules are not where they should be:\n%s", out)
			}

			whole := h.ruleset()
			h.apply(wholeLab(), Rules{})
			h.apply(redAndBlue, Rules{})
			h.same("after the same again", whole)

			h.apply(Rules{}, redAndBlue)
			h.reaches("red", blueAddrs[:1], false)
			h.apply(Rules{}, wholeLab())
			h.sameBut("after removal", before)
			h.reaches("red", outAddrs, false)
		})
	}
}

func (h *host) checkBlockers(program Program, count int) {
	h.Helper()
	list := h.blockers()
	if len(list) != count {
		h.Errorf("%d blockers, want %d: %+v", len(list), count, list)
	}
	for _, b := range list {
		if b.Program != program || !b.Amendable || len(b.Missing) > 0 || b.Advice != "" {
			h.Errorf("blocker %+v; want an amendable one of %s that lacks nothing", b, program)
		}
	}
	if o := h.observe(); len(o.Incomplete)+len(o.Blocked)+len(o.Surplus) > 0 {
		h.Errorf("observed %+v, want all in force", o)
	}
}
