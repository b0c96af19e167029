package switchmgr_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// demo is a lab that has one of everything.
func demo() *model.Lab {
	return &model.Lab{
		Version: model.LabVersion,
		Switches: map[string]model.LabSwitch{
			"sw0": {
				LabSegment: model.LabSegment{Gateway: prefixes("172.16.10.254/24"), NAT: true},
				VLANs: map[model.VID]model.LabSegment{
					100: {Gateway: prefixes("10.1.0.254/24", "2001:db8:1::fe/64"), NAT: true},
					200: {Gateway: prefixes("10.2.0.254/24")},
				},
			},
			"sw1": {},
		},
		Namespaces: map[string]model.LabNamespace{
			"red": {
				Interfaces: []model.LabInterface{
					{Switch: "sw0", LabVLANs: model.LabVLANs{VLAN: 100}},
					{Switch: "sw1", IP: []string{"10.9.0.1/24"}, MTU: 1400},
				},
				Routes: []model.LabRoute{{To: "10.8.0.0/16", Via: netip.MustParseAddr("10.9.0.7")}},
			},
			"blue":  {Interfaces: []model.LabInterface{{Switch: "sw0", LabVLANs: model.LabVLANs{VLAN: 200}}}},
			"trunk": {Interfaces: []model.LabInterface{{Switch: "sw1", LabVLANs: model.LabVLANs{Trunk: model.VIDSet{10, 20}, NativeVLAN: 10}}}},
			"alone": {},
		},
		Links: []model.LabLink{{A: "alone", B: "host", IPA: prefixes("192.0.2.1/30"), IPB: prefixes("192.0.2.2/30")}},
		NAT:   []model.LabNAT{{Subnet: netip.MustParsePrefix("10.20.0.0/24")}},
		Allow: [][2]string{{"sw0", "sw0:200"}},
	}
}

func apply(t *testing.T, m *switchmgr.Manager, l *model.Lab, o switchmgr.ApplyOptions) *switchmgr.Result {
	t.Helper()
	r, err := m.ApplyLab(t.Context(), l, o)
	if err != nil {
		t.Fatalf("%v (hint %q)", err, model.Hint(err))
	}
	return r
}

func TestApplyLab(t *testing.T) {
	m := lab(t)
	if r := apply(t, m, demo(), switchmgr.ApplyOptions{}); len(r.Plan) < 15 {
		t.Errorf("a small plan: %v", r.Plan)
	}
	if r := apply(t, m, demo(), switchmgr.ApplyOptions{Prune: true}); len(r.Plan) != 0 {
		t.Errorf("a second time there is something to do: %v", r.Plan)
	}
	shell(t, "ip netns exec red ping -c 1 -w 20 10.1.0.254")
	shell(t, "ip netns exec red ping -c 1 -w 20 2001:db8:1::fe")
	shell(t, "ip netns exec alone ping -c 1 -w 20 192.0.2.2")
	shell(t, "[ $(ip netns exec red cat /sys/class/net/eth1/mtu) = 1400 ]")

	// What the file no longer names stays, until it is pruned.
	smaller := demo()
	delete(smaller.Namespaces, "blue")
	smaller.Links, smaller.NAT, smaller.Allow = nil, nil, nil
	delete(smaller.Namespaces, "alone")
	if r := apply(t, m, smaller, switchmgr.ApplyOptions{}); len(r.Plan) != 0 {
		t.Errorf("without prune something goes: %v", r.Plan)
	}
	apply(t, m, smaller, switchmgr.ApplyOptions{Prune: true})
	shell(t, "[ \"$(ls /run/netns | tr '\\n' ' ')\" = 'red trunk ' ]")
	if r := apply(t, m, smaller, switchmgr.ApplyOptions{Prune: true}); len(r.Plan) != 0 {
		t.Errorf("something is left to prune: %v", r.Plan)
	}
	if _, err := m.DestroyLab(t.Context(), smaller); err != nil {
		t.Fatal(err)
	}
	shell(t, "[ -z \"$(ls /run/netns)$(ovs-vsctl list-br)$(nft list ruleset)\" ]")
	shell(t, "[ $(cat /proc/sys/net/ipv4/ip_forward) = 0 ]")
}

// TestRemovalOfWhatIsTheirs: a namespace that somebody has replaced is found out
// before anything is changed.
func TestRemovalOfWhatIsTheirs(t *testing.T) {
	m := lab(t)
	apply(t, m, demo(), switchmgr.ApplyOptions{})
	shell(t, "ip netns delete blue; ip netns add blue")
	before, err := m.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.DestroyAll(t.Context())
	if !errors.Is(err, model.ErrNotManaged) || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("destroy with a namespace of somebody else's: %v", err)
	}
	after, err := m.Show(t.Context())
	if err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("the lab was\n%+v\nand is\n%+v, %v", before, after, err)
	}
	shell(t, "ip netns exec red ping -c 1 -w 20 10.1.0.254; ip netns delete blue")
}

// TestInterruptedRemoval: until the first interface goes a removal is undone, from
// then on it is finished.
func TestInterruptedRemoval(t *testing.T) {
	m := lab(t)
	for at, undone := range map[string]bool{
		"changing the switch": true, "removing links": true,
		"waiting for ovs-vswitchd": false, "removing namespaces": false,
	} {
		apply(t, m, demo(), switchmgr.ApplyOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		_, err := m.ApplyLab(ctx, &model.Lab{}, switchmgr.ApplyOptions{Prune: true, Progress: func(_, _ int, step string) {
			if step == at {
				cancel()
			}
		}})
		if (err != nil) != undone {
			t.Errorf("interrupted before %s: %v", at, err)
		}
		if undone {
			if r := apply(t, m, demo(), switchmgr.ApplyOptions{Prune: true}); len(r.Plan) != 0 {
				t.Errorf("interrupted before %s, something is missing: %v", at, r.Plan)
			}
			shell(t, "ip netns exec red ping -c 1 -w 20 10.1.0.254")
		} else {
			shell(t, "[ -z \"$(ls /run/netns)$(ovs-vsctl list-br)$(nft list ruleset)$(ls /sys/class/net | grep -- -eth)\" ]")
		}
	}
}

func TestProgress(t *testing.T) {
	m := lab(t)
	var told []string
	apply(t, m, demo(), switchmgr.ApplyOptions{Progress: func(done, total int, step string) {
		if done >= total {
			t.Errorf("%d of %d steps done before %s", done, total, step)
		}
		told = append(told, step)
	}})
	for _, want := range []string{"making namespaces (0 of 4)", "making links (0 of 5)", "changing the switch"} {
		if !slices.Contains(told, want) {
			t.Errorf("%q is not in %q", want, told)
		}
	}
}

// TestRouteOverANewInterface moves an address and adds an interface with a
// route behind it in one plan.
func TestRouteOverANewInterface(t *testing.T) {
	m := lab(t)
	eth0 := model.LabInterface{Switch: "sw0", IP: []string{"10.0.0.1/24"}}
	red := func(i ...model.LabInterface) *model.Lab {
		return &model.Lab{
			Switches:   map[string]model.LabSwitch{"sw0": {}},
			Namespaces: map[string]model.LabNamespace{"red": {Interfaces: i}},
		}
	}
	apply(t, m, red(eth0), switchmgr.ApplyOptions{})
	eth0.IP = []string{"10.0.1.1/24"}
	l := red(eth0, model.LabInterface{Switch: "sw0", LabVLANs: model.LabVLANs{VLAN: 5}, IP: []string{"10.5.0.1/24"}})
	n := l.Namespaces["red"]
	n.Routes = []model.LabRoute{{To: "10.6.0.0/16", Via: netip.MustParseAddr("10.5.0.254")}}
	l.Namespaces["red"] = n
	apply(t, m, l, switchmgr.ApplyOptions{})
	shell(t, "ip -n red route | grep '10.6.0.0/16 via 10.5.0.254 dev eth1'")
}

func TestExportRoundTrip(t *testing.T) {
	m := lab(t)
	apply(t, m, demo(), switchmgr.ApplyOptions{})
	first, err := m.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := apply(t, m, first, switchmgr.ApplyOptions{Prune: true}); len(r.Plan) != 0 {
		t.Errorf("what was exported differs: %v", r.Plan)
	}
	if _, err := m.DestroyAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	apply(t, m, first, switchmgr.ApplyOptions{})
	second, err := m.Export(t.Context())
	if err != nil || fmt.Sprint(first) != fmt.Sprint(second) {
		t.Errorf("exported\n%v\nand from that\n%v %v", first, second, err)
	}
}

// TestRestore ruins everything but the database, as a reboot does.
func TestRestore(t *testing.T) {
	m := lab(t)
	apply(t, m, demo(), switchmgr.ApplyOptions{})
	if r, err := m.Restore(t.Context()); err != nil || len(r.Plan) != 0 {
		t.Errorf("there is something to restore: %v %v", r, err)
	}
	shell(t, `for n in $(ls /run/netns); do ip netns delete $n; done
		for l in $(ls /sys/class/net | grep -- -eth); do ip link delete $l || true; done
		ip addr flush dev sw0; ip link set sw0 down
		nft flush ruleset; sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0`)
	if r, err := m.Restore(t.Context()); err != nil || len(r.Plan) == 0 {
		t.Fatalf("nothing was restored: %v %v", r, err)
	}
	if r := apply(t, m, demo(), switchmgr.ApplyOptions{Prune: true}); len(r.Plan) != 0 {
		t.Errorf("after restore something differs: %v", r.Plan)
	}
	shell(t, "ip netns exec red ping -c 1 -w 20 10.1.0.254")
	shell(t, "ip netns exec alone ping -c 1 -w 20 192.0.2.2")
	shell(t, "nft list table inet ovsns | grep 10.20.0.0/24")
	shell(t, "[ $(cat /proc/sys/net/ipv4/ip_forward) = 1 ]")
}
