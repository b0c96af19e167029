package switchmgr_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/internal/labtest"
)

// realPairs is how many pairs of labs are made on the real switch.
func realPairs() int {
	if testing.Short() {
		return 5
	}
	return 25
}

// TestLabPairsOnTheSwitch applies random labs A and then B to a host, and B to
// a bare one: the hosts end up the same.
func TestLabPairsOnTheSwitch(t *testing.T) {
	m := lab(t)
	shell(t, "ip link add eth1 type veth peer name wire")
	t.Cleanup(func() { _ = exec.Command("ip", "link", "delete", "eth1").Run() })
	bare := hostState(t)
	labs := labtest.Lab()
	for i := range realPairs() {
		a, b := labs.Example(2*i), labs.Example(2*i+1)
		apply(t, m, a, switchmgr.ApplyOptions{Prune: true})
		apply(t, m, b, switchmgr.ApplyOptions{Prune: true})
		after := hostState(t)
		destroyAll(t, m)
		if d := difference(bare, hostState(t)); d != "" {
			t.Fatalf("pair %d: destroying leaves\n%s", i, d)
		}
		apply(t, m, b, switchmgr.ApplyOptions{})
		if d := difference(hostState(t), after); d != "" {
			t.Fatalf("pair %d: B after A differs from B\n%s\nA: %+v\nB: %+v", i, d, a, b)
		}
		destroyAll(t, m)
	}
}

func destroyAll(t *testing.T, m *switchmgr.Manager) {
	t.Helper()
	if _, err := m.DestroyAll(t.Context()); err != nil {
		t.Fatalf("%v (hint %q)", err, model.Hint(err))
	}
}

// hostState describes what a lab may change on the host, without what is
// drawn or numbered anew each time.
func hostState(t *testing.T) string {
	t.Helper()
	// ovs-vswitchd gives a switch's own interfaces the least MTU of its ports,
	// in its own time.
	script := `
		links() {
			ip $1 -d address show | sed '/^[0-9]*: sw/s/ mtu [0-9]*//'
			ip $1 -4 route show; ip $1 -6 route show
		}
		links ''
		for n in $(ls /run/netns 2>/dev/null); do echo "namespace $n"; links "-n $n"; done
		ovs-vsctl --no-headings --format=csv \
			-- --columns=external_ids list open_vswitch \
			-- --columns=name,datapath_type,external_ids list bridge \
			-- --columns=name,tag,trunks,vlan_mode,external_ids list port \
			-- --columns=name,type,external_ids list interface
		nft list ruleset
		sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding`
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return volatile.ReplaceAllString(string(out), "")
}

// volatile is what differs between two makings of the same thing: numbers of
// interfaces and namespaces, link-local addresses and MACs nobody asked for,
// which the kernel draws, and what it has not yet found out, as the carrier.
var volatile = regexp.MustCompile(`(?m)^\d+: |@if\d+|@\S+:|link-netns\S* \S+|^ +link/ether .*\n|^ +inet6 fe80.*\n|^fe80.*\n|^ff00.*\n|^ +valid_lft.*\n` +
	`| tentative| linkdown|promiscuity.*$| state \w+| qdisc \w+|<[^>]*>`)

// difference lists the lines that only one of two texts has, whatever their
// order: interfaces are listed as they were made.
func difference(want, got string) string {
	var b strings.Builder
	lines := map[string]int{}
	for l := range strings.Lines(want) {
		lines[l]++
	}
	for l := range strings.Lines(got) {
		if lines[l]--; lines[l] < 0 {
			b.WriteString("+" + l)
		}
	}
	for l, n := range lines {
		for range n {
			b.WriteString("-" + l)
		}
	}
	return b.String()
}
