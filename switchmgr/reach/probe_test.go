package reach_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ovsns/ovsns/switchmgr/reach"
)

// cable joins red and blue by a veth, in both internets.
const cable = `
ip netns add red; ip netns add blue
ip -n red link add eth0 type veth peer name eth0 netns blue
for n in red blue; do ip -n $n link set lo up; ip -n $n link set eth0 up; done
ip -n red addr add 10.0.0.1/24 dev eth0; ip -n blue addr add 10.0.0.2/24 dev eth0
ip -n red addr add 2001:db8::1/64 dev eth0 nodad; ip -n blue addr add 2001:db8::2/64 dev eth0 nodad
`

func TestReached(t *testing.T) {
	clean(t)
	shell(t, cable)
	var probes []reach.Probe
	for _, to := range []string{"10.0.0.2", "2001:db8::2"} {
		for _, p := range []reach.Protocol{reach.ICMP, reach.TCP, reach.UDP} {
			probes = append(probes,
				reach.Probe{From: "red", To: addr(to), At: "blue", Protocol: p, Port: 8080},
				reach.Probe{From: "blue", To: addr(to), At: "blue", Protocol: p, Port: 8080})
		}
		probes = append(probes, reach.Probe{From: "red", To: addr(to)})
	}
	for i, a := range ask(t, probes...) {
		if !a.Reached || a.Err != nil || a.RTT <= 0 {
			t.Errorf("%+v: %+v", probes[i], a)
		}
	}
}

func TestSilence(t *testing.T) {
	clean(t)
	shell(t, cable+`
ip netns exec blue nft add table inet x
ip netns exec blue nft add chain inet x in '{ type filter hook input priority 0; }'
ip netns exec blue nft add rule inet x in tcp dport 81 reject with tcp reset
ip netns exec blue nft add rule inet x in meta l4proto '{ tcp, udp }' th dport 80 drop
ip netns exec blue nft add rule inet x in icmp type echo-request drop
ip netns exec blue nft add rule inet x in udp dport 81 reject`)
	probe := func(to string, p reach.Protocol, port uint16) reach.Probe {
		return reach.Probe{From: "red", To: addr(to), At: "blue", Protocol: p, Port: port, Within: blockedSoon}
	}
	begin := time.Now()
	answers := ask(t,
		probe("10.0.0.2", reach.ICMP, 0), probe("10.0.0.2", reach.TCP, 80), probe("10.0.0.2", reach.UDP, 80),
		probe("10.0.0.2", reach.TCP, 81), probe("10.0.0.2", reach.UDP, 81),
		probe("10.9.9.9", reach.ICMP, 0), probe("10.9.9.9", reach.TCP, 80), probe("10.9.9.9", reach.UDP, 80),
		reach.Probe{From: "red", To: addr("10.0.0.2"), Protocol: reach.TCP, Port: 4444, Within: blockedSoon},
		reach.Probe{From: "red", To: addr("10.0.0.2"), Protocol: reach.UDP, Port: 4444, Within: blockedSoon},
		reach.Probe{From: "nobody", To: addr("10.0.0.2")},
	)
	if took := time.Since(begin); took > 7*blockedSoon { // one after another would be 8
		t.Errorf("took %v", took)
	}
	for i, a := range answers {
		if a.Reached {
			t.Errorf("%d is reached", i)
		}
		t.Logf("%d %+v", i, a)
		if refused := i == 3 || i == 4 || i == 8 || i == 9; a.Refused != refused {
			t.Errorf("%d refused: %v", i, a.Refused)
		}
		if unsent := i >= 5 && i <= 7; (a.SendError != nil) != unsent {
			t.Errorf("%d send error %v", i, a.SendError)
		}
		if (a.Err != nil) != (i == 10) {
			t.Errorf("%d error %v", i, a.Err)
		}
		if i < 3 && a.Requests < 4 {
			t.Errorf("%d gave up after %d requests", i, a.Requests)
		}
	}
	if !answers[0].Arrived { // a raw socket hears before the firewall of the place
		t.Log("the request is not seen behind the filter")
	}
}

// TestNoWayBack: the request arrives, the answer does not.
func TestNoWayBack(t *testing.T) {
	clean(t)
	shell(t, cable+`ip -n red addr add 192.0.2.1/32 dev eth0
ip -n red route change 10.0.0.0/24 dev eth0 src 192.0.2.1`)
	a := ask(t, reach.Probe{From: "red", To: addr("10.0.0.2"), At: "blue", Within: blockedSoon})[0]
	if a.Reached || !a.Arrived {
		t.Errorf("%+v", a)
	}
}

// TestStranger: the address answers, but in another place.
func TestStranger(t *testing.T) {
	clean(t)
	shell(t, cable+`ip netns add green
ip -n green link add eth0 type veth peer name eth1
ip -n green addr add 10.0.0.2/24 dev eth0; ip -n green link set eth0 up`)
	for _, p := range []reach.Protocol{reach.ICMP, reach.UDP, reach.TCP} {
		a := ask(t,
			reach.Probe{From: "red", To: addr("10.0.0.2"), At: "green", Protocol: p, Port: 99, Within: blockedSoon},
			reach.Probe{From: "red", To: addr("10.0.0.2"), At: "blue", Protocol: p, Port: 99})
		if a[0].Reached || a[0].Arrived || !a[1].Reached {
			t.Errorf("%s: %+v", p, a)
		}
	}
}

// TestBusy asks a port that a program has.
func TestBusy(t *testing.T) {
	clean(t)
	shell(t, cable)
	for _, p := range []reach.Protocol{reach.TCP, reach.UDP} {
		stop := occupy(t, "blue", p, "10.0.0.2:77")
		a := ask(t, reach.Probe{From: "red", To: addr("10.0.0.2"), At: "blue", Protocol: p, Port: 77, Within: blockedSoon})[0]
		if !a.Busy || a.Reached != (p == reach.TCP) {
			t.Errorf("%s: %+v", p, a)
		}
		stop()
	}
}

// TestNothingStays: no socket is left in the namespaces.
func TestNothingStays(t *testing.T) {
	clean(t)
	shell(t, cable)
	for _, p := range []reach.Protocol{reach.ICMP, reach.TCP, reach.UDP} {
		ask(t, reach.Probe{From: "red", To: addr("10.0.0.2"), At: "blue", Protocol: p, Port: 77})
	}
	for _, ns := range []string{"red", "blue"} {
		for _, file := range []string{"raw", "tcp", "udp", "raw6", "tcp6", "udp6"} {
			lines := shell(t, "ip netns exec "+ns+" cat /proc/net/"+file+" | tail -n +2")
			if lines != "" {
				t.Errorf("%s has %s", ns, lines)
			}
		}
	}
}

// crowd makes n namespaces on one switch, alternately in VLAN 10 and 20, all
// in one subnet.
func crowd(t *testing.T, n int) {
	t.Helper()
	clean(t)
	script, ports := "", ""
	for i := range n {
		script += fmt.Sprintf(`ip netns add n%[1]d
ip link add p%[1]d type veth peer name eth0 netns n%[1]d
ip -n n%[1]d addr add 10.0.0.%[2]d/24 dev eth0
ip netns exec n%[1]d ethtool -K eth0 tx off >/dev/null
`, i, i+1)
		ports += fmt.Sprintf(" -- add-port sw p%d tag=%d", i, 10+i%2*10)
	}
	script += "ovs-vsctl add-br sw -- set bridge sw datapath_type=netdev" + ports + "\n"
	for i := range n {
		script += fmt.Sprintf("ip link set p%[1]d up; ip -n n%[1]d link set eth0 up; ip -n n%[1]d link set lo up\n", i)
	}
	shell(t, script)
}

// TestEverybody asks 40 namespaces about all 40, at once.
func TestEverybody(t *testing.T) {
	const n = 40
	crowd(t, n)
	for _, p := range []reach.Protocol{reach.ICMP, reach.TCP, reach.UDP} {
		var probes []reach.Probe
		for i := range n {
			for j := range n {
				probe := reach.Probe{
					From: fmt.Sprint("n", i), To: addr(fmt.Sprint("10.0.0.", j+1)), At: fmt.Sprint("n", j), Protocol: p, Port: 5000,
				}
				if i%2 == j%2 {
					probe.Within = 10 * reach.DefaultWithin // a busy machine may need longer
				}
				probes = append(probes, probe)
			}
		}
		shell(t, "for i in $(seq 0 39); do ip -n n$i neigh flush all; done")
		begin := time.Now()
		answers := ask(t, probes...)
		took := time.Since(begin)
		wrong, requests, ok := 0, 0, 0
		var slowest time.Duration
		for i, a := range answers {
			want := i/n%2 == i%n%2
			if a.Reached != want || a.Err != nil {
				wrong++
				t.Errorf("%+v: %+v", probes[i], a)
			}
			if want {
				ok++
				requests += a.Requests
				slowest = max(slowest, a.Took)
			} else if a.Took > 5*reach.DefaultWithin { // generous: the machine may be busy
				t.Errorf("%+v took %v", probes[i], a.Took)
			}
		}
		t.Logf("%s: %d probes in %v, %d wrong; %d reached with %d requests, the slowest in %v",
			p, len(probes), took, wrong, ok, requests, slowest)
	}
}
