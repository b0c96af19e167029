package switchmgr_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/labfile"
)

// checkLab has the reasons to be unreachable that a lab can have.
const checkLab = `
version: 1
switches:
  sw0:
    gateway: [172.16.0.254/24, "2001:db8:0::fe/64"]
    vlans:
      100: {gateway: [172.16.1.254/24]}
      200: {gateway: [172.16.2.254/24]}
  sw1: {}
namespaces:
  red: {interfaces: [{switch: sw0, vlan: 100, ip: 172.16.1.1/24}]}
  rose: {interfaces: [{switch: sw0, vlan: 100, ip: 172.16.1.2/24}]}
  blue: {interfaces: [{switch: sw0, vlan: 200, ip: 172.16.2.1/24}]}
  green: {interfaces: [{switch: sw0, vlan: 300, ip: 172.16.1.3/24, gateway: none}]}
  plain: {interfaces: [{switch: sw0, ip: [172.16.0.1/24, "2001:db8::1/64"]}]}
  four: {interfaces: [{switch: sw0, ip: 172.16.0.4/24}]}
  other: {interfaces: [{switch: sw1, ip: 172.16.1.9/24}]}
  lone: {}
  end: {}
links:
  - {a: end, b: host, ip_a: 198.51.100.2/24, ip_b: 198.51.100.1/24}
allow: [["sw0", "sw0:200"]]
`

// verdicts reads "red blue ok [tcp 80] | reason".
func expectations(t *testing.T, text string) (*model.Lab, []string) {
	t.Helper()
	lab, reasons := &model.Lab{}, []string{}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		what, reason, _ := strings.Cut(strings.TrimSpace(line), "|")
		words := strings.Fields(what)
		e := model.Expectation{From: words[0], To: words[1], Is: model.Verdict(words[2]), Within: "600ms"}
		if len(words) > 3 {
			fmt.Sscan(words[4], map[string]*uint16{"tcp": &e.TCP, "udp": &e.UDP}[words[3]])
		}
		lab.Expect = append(lab.Expect, e)
		reasons = append(reasons, strings.TrimSpace(reason))
	}
	return lab, reasons
}

// verify checks a list; those with a reason must fail and say it.
func verify(t *testing.T, m *switchmgr.Manager, text string) {
	t.Helper()
	lab, reasons := expectations(t, text)
	outcomes, err := m.Check(t.Context(), lab)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		what := fmt.Sprintf("%s -> %s is %s, got %q (%s; %s)", o.From, o.To, o.Is, o.Got, o.Reason, o.Hint)
		if o.Pass != (reasons[i] == "") {
			t.Errorf("pass %v: %s", o.Pass, what)
		}
		if !strings.Contains(o.Reason+" -- "+o.Hint, reasons[i]) {
			t.Errorf("not %q: %s", reasons[i], what)
		}
		t.Log(what)
	}
}

func applied(t *testing.T, text string) *switchmgr.Manager {
	t.Helper()
	file, err := labfile.Parse("lab.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	m := lab(t)
	if _, err := m.ApplyLab(t.Context(), file, switchmgr.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCheck(t *testing.T) {
	m := applied(t, checkLab)
	verify(t, m, `
		red rose ok
		red rose ok tcp 80
		red rose ok udp 53
		rose red ok tcp 80
		red red ok
		red host ok
		red 172.16.1.254 ok
		host red ok
		host end ok udp 1
		plain blue ok
		plain blue ok tcp 80
		plain four ok
		red blue blocked
		red green blocked
		red green blocked tcp 80
		red other blocked udp 80
		red lone blocked
		lone red blocked
		red 172.16.1.77 blocked
		red 198.51.100.2 blocked
		four 2001:db8::1 blocked
	`)
	verify(t, m, `
		red rose blocked | red/eth0 and rose/eth0 are both in sw0:100
		plain blue blocked tcp 80 | the host routes between sw0 and sw0:200
		plain blue blocked | -- ovsns allow delete sw0 sw0:200
		red host blocked | is an address of the host itself
		end host blocked | a cable joins end and host
		red blue ok | the host keeps the segments sw0:100 and sw0:200 apart
		red blue ok tcp 80 | -- ovsns allow add sw0:100 sw0:200
		red green ok | different VLANs: red/eth0 is in VLAN 100, green/eth0 in VLAN 300 -- ovsns attach green -s sw0 --ifname eth0 --vlan 100
		green red ok udp 9 | different VLANs: green/eth0 is in VLAN 300, red/eth0 in VLAN 100
		red other ok | different switches: red/eth0 is on sw0, other/eth0 on sw1
		green blue ok | green has no route to 172.16.2.1, and its segment has no gateway
		end red ok | end has no route to 172.16.1.1 -- ovsns route add end default via 198.51.100.1
		red lone ok | lone has no address
		lone red ok | lone has no address
		lone 172.16.1.1 ok | lone has no IPv4 address
		red nobody ok | there is no namespace nobody
		nobody red blocked | there is no namespace nobody
		red 172.16.1.77 ok | nobody in sw0:100 has the address 172.16.1.77
		four 2001:db8::1 ok | four has no IPv6 address
		red 172.16.1.2 ok tcp 81 | 172.16.1.2 refuses: nothing listens on port 81
		blue 198.51.100.2 ok | the host keeps the segments sw0:200 and end apart
	`)
}

// TestCheckDamage breaks a lab in many ways; the reason names the way.
func TestCheckDamage(t *testing.T) {
	m := applied(t, checkLab)
	for _, c := range []struct{ damage, repair, want string }{
		{"ip -n rose link set eth0 down", "ip -n rose link set eth0 up", "red rose ok | interface rose/eth0 is down"},
		{"ip -n red link set eth0 down", "ip -n red link set eth0 up", "red rose ok | interface red/eth0 is down -- ovsns restore"},
		{"ovs-vsctl set port rose-eth0 tag=7", "", "red rose ok | rose/eth0 in VLAN 7; rose/eth0 is not as it was made: vlan 100 -> vlan 7 -- ovsns restore"},
		{"ip -n rose addr flush dev eth0 scope global", "", "red rose ok | rose has no address; rose/eth0 is not as it was made: address 172.16.1.2/24 -> none"},
		{"ip link delete four-eth0", "", "plain four ok | interface four/eth0 is gone -- ovsns restore"},
		{"ip netns delete four", "", "plain four blocked | there is no namespace four"},
		{"ip -n blue route delete default", "",
			"plain blue ok | the answer has no way back: blue has no route to 172.16.0.1 -- ovsns route add blue default via 172.16.2.254"},
		{"sysctl -q -w net.ipv4.ip_forward=0", "", "plain blue ok | the host does not forward IPv4"},
		{"ip netns exec blue nft -f - <<'E'\ntable inet x { chain i { type filter hook input priority 0; tcp dport 80 drop; tcp dport 81 reject with tcp reset; }; }\nE", "ip netns exec blue nft flush ruleset",
			"plain blue ok tcp 80 | by a firewall there"},
		{"ip netns exec blue nft -f - <<'E'\ntable inet x { chain i { type filter hook input priority 0; tcp dport 81 reject with tcp reset; }; }\nE", "ip netns exec blue nft flush ruleset",
			"plain blue ok tcp 81 | a firewall refuses port 81"},
		{"ip netns exec blue nft -f - <<'E'\ntable inet x { chain i { type filter hook output priority 0; icmp type echo-reply drop; }; }\nE", "ip netns exec blue nft flush ruleset",
			"plain blue ok | the request arrived at blue, but no answer came back"},
	} {
		t.Run(c.damage, func(t *testing.T) {
			shell(t, c.damage)
			verify(t, m, c.want)
			if c.repair != "" {
				shell(t, c.repair)
			}
			r, err := m.Restore(t.Context())
			must(t, r, err)
		})
	}
	verify(t, m, "red rose ok\nplain four ok\nplain blue ok tcp 80")
}

// TestCheckTwins: the same addresses in two VLANs. What answers in the one is
// not who was meant in the other.
func TestCheckTwins(t *testing.T) {
	m := applied(t, `
version: 1
switches: {sw0: {}}
namespaces:
  a1: {interfaces: [{vlan: 100, ip: 192.168.0.1/24}]}
  a2: {interfaces: [{vlan: 100, ip: 192.168.0.2/24}]}
  b1: {interfaces: [{vlan: 200, ip: 192.168.0.1/24}]}
  b2: {interfaces: [{vlan: 200, ip: 192.168.0.2/24}]}
`)
	verify(t, m, `
		a1 a2 ok
		b1 b2 ok tcp 80
		a1 b2 blocked
		a1 b2 blocked tcp 80
		a1 b2 blocked udp 80
		a1 b1 blocked
		b2 a1 blocked
		a1 b2 ok | 192.168.0.2 is an address of a2 too
		a1 b1 ok | 192.168.0.1 is an address of a1 too
		a2 b1 ok udp 5 | 192.168.0.1 is an address of a1 too
	`)
}

// TestCheckOutside looks at NAT, and at what an unknown world does.
func TestCheckOutside(t *testing.T) {
	m := applied(t, `
version: 1
switches: {sw0: {gateway: 172.16.0.254/24}}
namespaces: {red: {interfaces: [{ip: 172.16.0.1/24}]}}
`)
	shell(t, `ip netns add inet
ip link add up0 type veth peer name up1 netns inet
ip addr add 198.51.100.1/24 dev up0; ip link set up0 up
ip -n inet addr add 198.51.100.2/24 dev up1; ip -n inet link set up1 up; ip -n inet link set lo up`)
	defer shell(t, "ip link delete up0; ip netns delete inet")
	verify(t, m, `
		host 198.51.100.2 ok
		inet host ok
		red 198.51.100.2 blocked
		red 198.51.100.2 ok | nothing masquerades 172.16.0.0/24 on its way out by up0, and the host does not forward -- ovsns nat add 172.16.0.0/24
		inet red ok | inet has no route to 172.16.0.1
	`)
	shell(t, "sysctl -q -w net.ipv4.ip_forward=1")
	verify(t, m, `red 198.51.100.2 ok | nothing masquerades 172.16.0.0/24 on its way out by up0, so nobody there knows the way back`)
	shell(t, "sysctl -q -w net.ipv4.ip_forward=0")
	r, err := m.AddNAT(t.Context(), model.NAT{Subnet: prefixes("172.16.0.0/24")[0]})
	must(t, r, err)
	verify(t, m, `
		red 198.51.100.2 ok
		red inet ok tcp 80
		red inet ok udp 80
		red inet blocked udp 80 | the host masquerades 172.16.0.0/24
		red 198.51.100.9 ok | the host got no answer when it asked for the MAC of 198.51.100.9
	`)
}

func TestCheckRefuses(t *testing.T) {
	m := lab(t)
	for _, e := range []model.Expectation{
		{From: "", To: "red", Is: model.ReachOK},
		{From: "red", To: "a/b", Is: model.ReachOK},
		{From: "red", To: "0.0.0.0", Is: model.ReachOK},
		{From: "red", To: "blue"},
		{From: "red", To: "blue", Is: model.ReachOK, Within: "soon"},
		{From: "red", To: "blue", Is: model.ReachOK, Within: "0s"},
		{From: "red", To: "blue", Is: model.ReachOK, TCP: 1, UDP: 1},
	} {
		if _, err := m.Check(t.Context(), &model.Lab{Expect: []model.Expectation{e}}); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%+v: %v", e, err)
		}
	}
	outcomes, err := m.Check(t.Context(), &model.Lab{})
	if err != nil || len(outcomes) != 0 {
		t.Errorf("nothing expected: %v %v", outcomes, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	late := &model.Lab{Expect: []model.Expectation{{From: "host", To: "198.51.100.77", Is: model.ReachOK}}}
	if _, err := m.Check(ctx, late); !errors.Is(err, model.ErrNotReady) {
		t.Errorf("out of time: %v", err)
	}
}

// TestCheckCrowd expects 40 namespaces to reach half of each other.
func TestCheckCrowd(t *testing.T) {
	const n = 40
	text := "version: 1\nswitches: {sw0: {}}\nnamespaces:\n"
	for i := range n {
		text += fmt.Sprintf("  n%d: {interfaces: [{vlan: %d, ip: 10.0.0.%d/24}]}\n", i, 10+i%2, i+1)
	}
	m := applied(t, text)
	for _, port := range []uint16{0, 80} {
		lab := &model.Lab{}
		for i := range n {
			for j := range n {
				e := model.Expectation{From: fmt.Sprint("n", i), To: fmt.Sprint("n", j), Is: model.ReachOK, TCP: port}
				if i%2 != j%2 {
					e.Is = model.ReachBlocked
				} else {
					e.Within = "20s" // a busy machine may need longer
				}
				lab.Expect = append(lab.Expect, e)
			}
		}
		begin := time.Now()
		outcomes, err := m.Check(t.Context(), lab)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(begin)
		requests := 0
		for _, o := range outcomes {
			if !o.Pass {
				t.Errorf("%+v", o)
			}
			if o.Is == model.ReachOK {
				requests += o.Addresses[0].Requests
			}
		}
		if took > switchmgr.CheckTime(lab) {
			t.Errorf("%v is more than %v", took, switchmgr.CheckTime(lab))
		}
		t.Logf("%d expectations in %v; %d requests for %d that are ok", len(outcomes), took, requests, n*n/2)
	}
}
