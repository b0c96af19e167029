package switchmgr_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/labfile"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

// From labBefore to labAfter each kind of object is made, changed and removed,
// settings all but changed, and red's eth1 has to make room for another one.
const (
	labBefore = `
version: 1
switches:
  sw0:
    gateway: [172.16.10.254/24]
    nat: true
    vlans:
      100: {gateway: [10.1.0.254/24, "2001:db8:1::fe/64"], nat: true}
      200: {gateway: [10.2.0.254/24]}
    uplinks: [{interface: eth1, trunk: "10,20"}, {interface: eth3, vlan: 10}]
  old: {gateway: [10.9.0.254/24]}
namespaces:
  red:
    forward: true
    interfaces:
      - {switch: sw0, vlan: 100, ip: [10.1.0.1/24, 10.1.0.5/24], mac: "02:00:00:00:00:01"}
      - {switch: old, ip: [10.9.0.1/24], mac: "02:00:00:00:00:02", gateway: none}
    routes: [{to: 10.8.0.0/16, via: 10.1.0.7}, {to: 10.7.0.0/16, via: 10.1.0.7}, {to: 10.6.0.0/16, via: 10.9.0.7}]
  blue:
    interfaces: [{switch: sw0, vlan: 200, ip: [10.2.0.1/24], mac: "02:00:00:00:00:03"}]
    routes: [{to: 10.5.0.0/16, via: 192.0.2.5}]
  gone:
    forward: true
    interfaces: [{switch: sw0, ip: [172.16.10.1/24], mac: "02:00:00:00:00:04"}]
    routes: [{to: 10.5.0.0/16, via: 192.0.2.2}]
links:
  - {a: red, b: blue, ifname_a: cable, ifname_b: cable, ip_a: 192.0.2.5/30, ip_b: 192.0.2.6/30, mac_a: "02:00:00:00:01:01", mac_b: "02:00:00:00:01:02"}
  - {a: gone, b: host, ip_a: 192.0.2.1/30, ip_b: 192.0.2.2/30, mac_a: "02:00:00:00:01:03", mac_b: "02:00:00:00:01:04"}
  - {a: gone, b: blue, ifname_b: other, mac_a: "02:00:00:00:01:05", mac_b: "02:00:00:00:01:06"}
nat: [{subnet: 10.20.0.0/24}, {subnet: 10.21.0.0/24}]
allow: [[sw0, "sw0:200"], [sw0, "sw0:100"]]
`
	labAfter = `
version: 1
switches:
  sw0:
    gateway: [172.16.10.253/24]
    nat: true
    vlans:
      100: {gateway: [10.1.0.254/24, 10.10.0.254/24]}
      300: {gateway: [10.3.0.254/24, "2001:db8:3::fe/64"], nat: true}
    uplinks: [{interface: eth2, trunk: "10,20"}, {interface: eth3, vlan: 20}]
  new: {gateway: [10.11.0.254/24]}
namespaces:
  red:
    interfaces:
      - {switch: sw0, vlan: 100, ip: [10.1.0.5/24, 10.1.0.1/24, "2001:db8:1::1/64"], mac: "02:00:00:00:00:11", mtu: 1400}
    routes: [{to: 10.8.0.0/16, via: 10.1.0.7}, {to: 10.7.0.0/16, via: 10.1.0.9}, {to: 10.4.0.0/16, via: 10.1.0.9}]
  blue:
    forward: true
    interfaces:
      - {switch: sw0, vlan: 200, ip: [10.2.0.1/24], mac: "02:00:00:00:00:03"}
      - {switch: new, ip: [10.11.0.2/24], mac: "02:00:00:00:00:05"}
  fresh:
    forward: true
    interfaces: [{switch: sw0, vlan: 300, ip: [10.3.0.1/24], mac: "02:00:00:00:00:06"}]
links:
  - {a: red, b: blue, ifname_a: cable, ifname_b: cable, ip_a: 192.0.2.9/30, ip_b: 192.0.2.10/30, mac_a: "02:00:00:00:02:01", mac_b: "02:00:00:00:01:02"}
  - {a: red, b: fresh, ifname_a: eth1, ip_a: 192.0.2.13/30, ip_b: 192.0.2.14/30, mac_a: "02:00:00:00:02:02", mac_b: "02:00:00:00:02:03"}
  - {a: fresh, b: host, ip_a: 192.0.2.17/30, ip_b: 192.0.2.18/30, mac_a: "02:00:00:00:02:04", mac_b: "02:00:00:00:02:05"}
nat: [{subnet: 10.20.0.0/24, out_interface: eth1}, {subnet: 10.22.0.0/24}]
allow: [[sw0, "sw0:100"], [sw0, "sw0:300"]]
`
)

// undone are plans that are made to fail after each of their operations, and what
// is there before.
var undone = []struct {
	name   string
	before string // a lab file
	shell  string // run then
	verb   func(context.Context, *switchmgr.Manager, *testing.T) (*switchmgr.Result, error)
}{
	{"from lab to lab", labBefore, "true", applies(labAfter)},
	{"everything is removed", labBefore, "true",
		func(ctx context.Context, m *switchmgr.Manager, _ *testing.T) (*switchmgr.Result, error) {
			return m.DestroyAll(ctx)
		}},
	{"all but the switches is damaged", labBefore,
		"ip link delete gone-eth0; ip link delete gone-eth1; ip -n blue link delete other; ip netns delete gone; ip -n red link delete eth0; ip -n blue link set eth0 down; ip link set sw0 down; sysctl -q net.ipv4.ip_forward=0; nft flush ruleset",
		func(ctx context.Context, m *switchmgr.Manager, _ *testing.T) (*switchmgr.Result, error) {
			return m.Restore(ctx)
		}},
	{"one port beside many", labBefore, "ovs-vsctl set open_vswitch . $(seq -f external_ids:ovsns-namespace/m%g=true 250)",
		func(ctx context.Context, m *switchmgr.Manager, _ *testing.T) (*switchmgr.Result, error) {
			return m.Attach(ctx, switchmgr.AttachRequest{Namespace: "one", Switch: "sw0"})
		}},
}

func applies(file string) func(context.Context, *switchmgr.Manager, *testing.T) (*switchmgr.Result, error) {
	return func(ctx context.Context, m *switchmgr.Manager, t *testing.T) (*switchmgr.Result, error) {
		return m.ApplyLab(ctx, parse(t, file), switchmgr.ApplyOptions{Prune: true})
	}
}

func parse(t *testing.T, file string) *model.Lab {
	t.Helper()
	lab, err := labfile.Parse("lab.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return lab
}

// TestUndoAtEachOperation lets plans fail after each of their operations: the host
// is as it was before.
func TestUndoAtEachOperation(t *testing.T) {
	shell(t, "for i in 1 2 3; do ip link add eth$i type veth peer name wire$i; done; ip link set eth1 up")
	t.Cleanup(func() { _ = exec.Command("sh", "-c", "for i in 1 2 3; do ip link delete eth$i; done").Run() })
	for _, u := range undone {
		t.Run(u.name, func(t *testing.T) {
			m := lab(t)
			apply(t, m, parse(t, u.before), switchmgr.ApplyOptions{})
			shell(t, u.shell)
			before := exactState(t)
			for step := 1; ; step++ {
				at := failAfter(m, step)
				_, err := u.verb(t.Context(), m, t)
				m.OnOperation(nil)
				if err == nil {
					t.Logf("%d steps", step-1)
					return
				}
				if strings.Contains(err.Error(), "undoing what was done before failed too") || !errors.Is(err, errInjected) {
					t.Fatalf("step %d, %s: %v", step, *at, err)
				}
				if d := settles(t, before); d != "" {
					t.Fatalf("step %d, %s, is not undone:\n%s", step, *at, d)
				}
			}
		})
	}
}

var errInjected = errors.New("injected")

// failAfter makes the next run fail after a number of batches of operations; it
// returns at which.
func failAfter(m *switchmgr.Manager, step int) *string {
	at := new(string)
	m.OnOperation(func(o ops.Op) error {
		if step--; step > 0 {
			return nil
		}
		*at = fmt.Sprintf("%T%+v", o, o)
		return errInjected
	})
	return at
}

// settles returns how the host differs from what it was, when ovs-vswitchd has had
// time to follow.
func settles(t *testing.T, before string) string {
	t.Helper()
	for limit := time.Now().Add(10 * time.Second); ; {
		d := difference(before, exactState(t))
		if d == "" || time.Now().After(limit) {
			return d
		}
		<-time.After(50 * time.Millisecond) // each look is work
	}
}

// exactState is hostState with what is the same when it is undone, though not when
// it is made anew: MACs that were chosen, and which interfaces are up; ports have
// MACs that the kernel draws.
func exactState(t *testing.T) string {
	t.Helper()
	script := `
		up() { ip -o link show up | awk -v n=$1 '{print n, "up", $2}' | sed 's/@.*//'; }
		up host
		for n in $(ls /run/netns 2>/dev/null); do
			ip netns exec $n sh -c "$(cat <<-'END'
				ip -o link show up | awk '{print "up", $2}'
				ip -o link show | awk '{for (i=1; i<NF; i++) if ($i == "link/ether") print $2, $(i+1)}'
				grep . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/*/forwarding
				for i in $(ls /sys/class/net); do echo "$i $(ethtool -k $i | grep ^tx-checksumming)"; done
			END
			)" | sed "s/^/$n /; s/@[^ ]*//"
		done
		grep -s . /proc/sys/net/ipv4/conf/*/arp_ignore /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/ipv6/conf/*/disable_ipv6`
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return elementList.ReplaceAllStringFunc(hostState(t), sorted) + string(out)
}

// elementList is that of a set of nftables; the kernel has no order of them.
var elementList = regexp.MustCompile(`elements = \{[^}]*\}`)

func sorted(elements string) string {
	list := strings.Split(strings.Trim(elements, "elmnts ={}"), ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}
