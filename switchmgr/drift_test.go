package switchmgr_test

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// driftLab has one of everything, and every property that can be set.
const driftLab = `
version: 1
switches:
  sw0:
    gateway: [172.16.10.254/24]
    nat: true
    vlans: {100: {gateway: [10.1.0.254/24, "2001:db8:1::fe/64"], nat: true}}
    uplinks: [{interface: up0, vlan: 300}]
  sw1: {}
  sw2: {}
namespaces:
  red:
    interfaces: [{switch: sw0, vlan: 100, mac: "02:00:00:00:00:01"}]
    routes: [{to: 10.8.0.0/16, via: 10.1.0.7}]
  green:
    interfaces: [{switch: sw0, trunk: "100,200", native_vlan: 200, mtu: 1400, ip: [192.0.2.129/25]}]
  blue: {forward: true}
links:
  - {a: red, b: blue, ip_a: [192.0.2.1/30], ip_b: [192.0.2.2/30], mac_a: "02:00:00:00:01:01", mac_b: "02:00:00:00:01:02"}
  - {a: sw1, b: sw2, trunk: "10,20", native_vlan: 10}
  - {a: sw2, b: sw1, name: v, veth: true, vlan: 30}
  - {a: green, b: host, ip_a: [192.0.2.5/30], ip_b: [192.0.2.6/30]}
nat: [{subnet: 10.20.0.0/24, out_interface: up9}]
allow: [[sw0, "sw0:100"]]
`

var (
	driftSwitch   = model.SwitchKey("sw0")
	driftRed      = model.NamespaceKey("red")
	driftBlue     = model.NamespaceKey("blue")
	driftOwn      = model.GatewayKey("sw0", 0)
	driftGateway  = model.GatewayKey("sw0", 100)
	driftUplink   = model.UplinkKey("up0")
	driftAccess   = model.AttachmentKey("red", "eth0")
	driftTrunk    = model.AttachmentKey("green", "eth0")
	driftLink     = model.LinkKey("red", "blue")
	driftHostLink = model.LinkKey("green", model.HostEnd)
	driftPatch    = model.CableKey("sw1", "sw2", "")
	driftVeth     = model.CableKey("sw1", "sw2", "v")
	driftForward  = model.SysctlKey(model.Host, model.ForwardIPv4)
	driftRoute    = model.Key{Kind: model.KindRoute, Name: "red/10.8.0.0/16"}
	driftNAT      = model.Key{Kind: model.KindNAT, Name: "10.20.0.0/24"}
	driftAllow    = model.Key{Kind: model.KindAllow, Name: "sw0,sw0:100"}
)

// damage is what somebody does to a property of an object by hand, and what has to be
// said of it.
type damage struct {
	key      model.Key
	property string
	do, says string
}

// move puts a port of sw0 on sw1.
func move(port string) string {
	return "id=$(ovs-vsctl get port " + port + " _uuid); ovs-vsctl remove bridge sw0 ports $id -- add bridge sw1 ports $id"
}

const natRule = "handle=$(nft -a list chain inet ovsns postrouting | sed -n '/10.20.0.0/s/.*handle //p'); nft "

var damages = []damage{
	{driftForward, "name", "sysctl -qw net.ipv4.ip_forward=0", "value 1 -> 0"},
	{driftForward, "value", "sysctl -qw net.ipv4.ip_forward=0", "value 1 -> 0"},

	{driftSwitch, "datapath", "ovs-vsctl set bridge sw0 datapath_type=system", "datapath netdev -> system"},
	{driftSwitch, "state", "ovs-vsctl set interface sw0 type=tap", "port sw0 is of type tap"},

	{driftRed, "namespace", "ip netns del red", "it is gone"},
	{driftRed, "namespace", "umount /run/netns/red; rm /run/netns/red", "it is gone"},
	{driftBlue, "forward", "ip netns exec blue sysctl -qw net.ipv4.ip_forward=0", "forward on -> none"},
	{driftBlue, "forward", "ip netns exec blue sysctl -qw net.ipv6.conf.all.forwarding=0", "forward on -> none"},
	{driftRed, "state", "ip -n red link set lo down", "lo is down"},

	{driftGateway, "switch", move("sw0.100"), "port sw0.100 is on switch sw1"},
	{driftGateway, "vlan", "ovs-vsctl set port sw0.100 tag=7", "port sw0.100 is vlan 7"},
	{driftGateway, "vlan", "ovs-vsctl clear port sw0.100 vlan_mode", "port sw0.100 is trunk"},
	{driftGateway, "interface", "ip link del sw0.100", "interface sw0.100 is gone"},
	{driftGateway, "interface", "ip link set sw0.100 down; ip link set sw0.100 name other", "interface sw0.100 is gone"},
	{driftGateway, "address", "ip addr del 10.1.0.254/24 dev sw0.100", "address 10.1.0.254/24 2001:db8:1::fe/64 -> 2001:db8:1::fe/64"},
	{driftGateway, "state", "ip link set sw0.100 down", "sw0.100 is down"},
	{driftGateway, "state", "ovs-ofctl mod-port sw0 sw0.100 down", "sw0.100 is down"},
	{driftGateway, "state", `nft delete element inet ovsns segments '{ "sw0.100" }'`, "sw0.100 is not kept apart from other segments"},
	{driftGateway, "state", "nft delete table inet ovsns", "sw0.100 is not kept apart from other segments"},
	{driftOwn, "address", "ip addr flush dev sw0", "address 172.16.10.254/24 -> none"},
	{driftOwn, "state", "ip link set sw0 down", "sw0 is down"},

	{driftUplink, "switch", move("up0"), "switch sw0 -> sw1"},
	{driftUplink, "vlan", "ovs-vsctl set port up0 tag=7", "vlan 300 -> vlan 7"},
	{driftUplink, "trunk", "ovs-vsctl set port up0 vlan_mode=trunk trunks=5 -- clear port up0 tag", "vlan 300 -> trunk 5"},
	{driftUplink, "native-vlan", "ovs-vsctl set port up0 vlan_mode=native-untagged", "vlan 300 -> "},
	{driftUplink, "interface", "ip link del up0; " + makeUplink, "ovs-vswitchd has another interface of that name open"},
	{driftUplink, "state", "ip link set up0 down", "up0 is down"},
	{driftUplink, "state", "ovs-vsctl set interface up0 type=internal", "port up0 is of type internal"},

	{driftAccess, "namespace", "ip netns del red", "its namespace is gone"},
	{driftAccess, "ifname", "ip -n red link set eth0 down; ip -n red link set eth0 name other", "interface eth0 is gone"},
	{driftAccess, "ifname", "ip -n red link del eth0", "interface red-eth0 is gone"},
	{driftAccess, "port", "ip link set red-eth0 netns blue", "interface red-eth0 is gone"},
	{driftAccess, "switch", move("red-eth0"), "switch sw0 -> sw1"},
	{driftAccess, "vlan", "ovs-vsctl set port red-eth0 tag=7", "vlan 100 -> vlan 7"},
	{driftAccess, "vlan", "ovs-vsctl clear port red-eth0 tag", "vlan 100 -> untagged"},
	{driftAccess, "vlan", "ovs-vsctl clear port red-eth0 vlan_mode", "vlan 100 -> trunk"},
	{driftAccess, "trunk", "ovs-vsctl set port red-eth0 trunks=5,6 vlan_mode=trunk", "vlan 100 -> trunk 5-6"},
	{driftTrunk, "trunk", "ovs-vsctl set port green-eth0 trunks=1", "trunk 100,200 native 200 -> trunk 1 native 200"},
	{driftTrunk, "native-vlan", "ovs-vsctl clear port green-eth0 tag", "trunk 100,200 native 200 -> "},
	{driftAccess, "address", "ip -n red addr flush dev eth0 scope global", "address 10.1.0.1/24 2001:db8:1::1/64 -> none"},
	{driftAccess, "gateway", "ip -n red route del default", "gateway 10.1.0.254 2001:db8:1::fe -> 2001:db8:1::fe"},
	{driftAccess, "gateway", "ip -n red -6 route replace default via 2001:db8:1::77", "gateway 10.1.0.254 2001:db8:1::fe -> 10.1.0.254"},
	{driftAccess, "mac", "ip -n red link set eth0 address 02:00:00:00:00:99", "mac 02:00:00:00:00:01 -> 02:00:00:00:00:99"},
	{driftTrunk, "mtu", "ip -n green link set eth0 mtu 1300", "mtu 1400 -> 1300"},
	{driftTrunk, "mtu", "ip link set green-eth0 mtu 1350", "mtu 1400 -> 1350"},
	{driftAccess, "mtu", "ip -n red link set eth0 mtu 1300", "mtu none -> 1300"},
	{driftAccess, "state", "ip -n red link set eth0 down", "eth0 is down"},
	{driftAccess, "state", "ip link set red-eth0 down", "red-eth0 is down"},
	{driftAccess, "state", "ovs-ofctl mod-port sw0 red-eth0 down", "red-eth0 is down"},
	{driftAccess, "state", "ip netns exec red ethtool -K eth0 tx on", "eth0 has checksum offload on"},
	{driftAccess, "state", "ovs-vsctl set interface red-eth0 type=internal", "port red-eth0 is of type internal"},

	{driftLink, "a", "ip netns del red", "is gone"},
	{driftLink, "b", "ip netns del blue", "is gone"},
	{driftLink, "a-ifname", "ip -n red link del eth1", "is gone"},
	{driftLink, "b-ifname", "ip -n blue link set eth0 down; ip -n blue link set eth0 name other", "is gone"},
	{driftLink, "a-address", "ip -n red addr flush dev eth1 scope global", "red address 192.0.2.1/30 -> none"},
	{driftLink, "b-address", "ip -n blue addr flush dev eth0 scope global", "blue address 192.0.2.2/30 -> none"},
	{driftLink, "a-mac", "ip -n red link set eth1 address 02:00:00:00:00:99", "red mac 02:00:00:00:01:01 -> 02:00:00:00:00:99"},
	{driftLink, "b-mac", "ip -n blue link set eth0 address 02:00:00:00:00:99", "blue mac 02:00:00:00:01:02 -> 02:00:00:00:00:99"},
	{driftLink, "state", "ip -n blue link set eth0 down", "blue eth0 is down"},
	{driftHostLink, "state", "ip link set green-eth1 down", "host green-eth1 is down"},
	{driftHostLink, "state", `nft delete element inet ovsns segments '{ "green-eth1" }'`, "green-eth1 is not kept apart from other segments"},

	{driftPatch, "a", "id=$(ovs-vsctl get port sw1-sw2 _uuid); ovs-vsctl remove bridge sw1 ports $id -- add bridge sw0 ports $id", "port sw1-sw2 is on switch sw0"},
	{driftPatch, "a-port", "ovs-vsctl del-port sw1-sw2", "sw1-sw2"},
	{driftPatch, "b", "ovs-vsctl del-port sw2-sw1", "sw2-sw1"},
	{driftPatch, "b-port", "ovs-vsctl set interface sw2-sw1 type=internal", "port sw2-sw1 is of type internal"},
	{driftPatch, "trunk", "ovs-vsctl set port sw1-sw2 trunks=5", "trunk 10,20 native 10 -> trunk 5 native 10"},
	{driftPatch, "native-vlan", "ovs-vsctl clear port sw2-sw1 tag", "trunk 10,20 native 10 -> "},
	{driftPatch, "state", "ovs-vsctl set interface sw1-sw2 options:peer=nobody", "nobody"},
	{driftVeth, "vlan", "ovs-vsctl set port sw1-sw2.v tag=31", "vlan 30 -> vlan 31"},
	{driftVeth, "veth", "ip link del sw1-sw2.v", "is gone"},
	{driftVeth, "state", "ip link set sw2-sw1.v down", "sw2-sw1.v is down"},

	{driftRoute, "namespace", "ip netns del red", "the route is gone"},
	{driftRoute, "to", "ip -n red route del 10.8.0.0/16", "the route is gone"},
	{driftRoute, "via", "ip -n red route replace 10.8.0.0/16 via 10.1.0.8", "via 10.1.0.7 -> 10.1.0.8"},

	{driftNAT, "subnet", natRule + "delete rule inet ovsns postrouting handle $handle", "the rule is gone"},
	{driftNAT, "out-interface", natRule + `replace rule inet ovsns postrouting handle $handle ip saddr 10.20.0.0/24 oifname up8 counter masquerade comment '"ovsns nat 10.20.0.0/24 out up8"'`, "out-interface up9 -> up8"},
	{driftNAT, "state", "iptables -P FORWARD DROP", "another program's firewall drops it"},
	{driftNAT, "state", "iptables -F FORWARD", "another program's firewall drops it"},

	{driftAllow, "interface-a", `nft delete element inet ovsns allowed '{ "sw0" . "sw0.100" }'`, "the firewall drops some of it"},
	{driftAllow, "interface-b", `nft delete element inet ovsns allowed '{ "sw0.100" . "sw0", "sw0" . "sw0.100" }'`, "the rule is gone"},
	{driftAllow, "interface-b", "nft flush chain inet ovsns forward", "the rule is gone"},
	{driftAllow, "state", "iptables -F FORWARD", "the firewall drops some of it"},
}

// Why there is nothing to damage.
const (
	ofTheName   = "it is part of the name alone"
	ofThePast   = "it tells what was before ovsns"
	onlyTheHost = "no lab has any of these elsewhere than in the host"
	notHere     = "there is none where /dev/net/tun can be opened"
	hasNone     = "nothing is wrong with one that is there"
)

var undamaged = map[model.Kind]map[string]string{
	model.KindSysctl:  {"place": onlyTheHost, "before": ofThePast, "state": hasNone},
	model.KindSwitch:  {"switch": ofTheName},
	model.KindGateway: {"port": notHere, "vrf": onlyTheHost},
	model.KindUplink:  {"was-up": ofThePast},
	model.KindCable:   {"name": ofTheName},
	model.KindRoute:   {"state": hasNone},
	model.KindNAT:     {"place": onlyTheHost},
	model.KindAllow: {
		"place": onlyTheHost, "a-switch": ofTheName, "a-vlan": ofTheName, "a-namespace": ofTheName,
		"b-switch": ofTheName, "b-vlan": ofTheName, "b-namespace": ofTheName,
	},
}

// TestEveryProperty: no property is forgotten in the list of damages.
func TestEveryProperty(t *testing.T) {
	damaged := map[model.Kind]map[string]bool{}
	for _, k := range model.Kinds() {
		damaged[k] = map[string]bool{}
	}
	for _, d := range damages {
		damaged[d.key.Kind][d.property] = true
	}
	for _, k := range model.Kinds() {
		for _, f := range model.TypeOf(k).Fields {
			_, exempt := undamaged[k][f.Name]
			if stored := f.Use&(model.Stored|model.Observed) != 0; stored && damaged[k][f.Name] == exempt {
				t.Errorf("%s of %s: damaged %v, exempt %v", f.Name, k, damaged[k][f.Name], exempt)
			}
		}
	}
}

const makeUplink = "ip link add up0 type veth peer name up1; ip link set up1 up; ip link set up0 up"

// TestDrift damages each property of each kind of object by hand. Show, doctor and
// the plan of restore name it, and restore makes it good.
func TestDrift(t *testing.T) {
	shell(t, "ovs-vsctl set open_vswitch . other_config:userspace-tso-enable=false; "+makeUplink+"; ip link add up9 type veth peer name up8")
	t.Cleanup(func() {
		if out, err := exec.Command("sh", "-c", "ovs-vsctl set open_vswitch . other_config:userspace-tso-enable=true; ip link del up0; ip link del up9; nft flush ruleset").CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	m := applied(t, driftLab)
	dry := open(t, switchmgr.Options{DryRun: true})
	for _, d := range damages {
		t.Run(d.do, func(t *testing.T) {
			shell(t, d.do)
			d.isShown(t, m)
			r, err := dry.Restore(t.Context())
			if must(t, r, err); !changes(r.Plan, d.key) {
				t.Errorf("restore would do\n%v", r.Plan)
			}
			r, err = m.Restore(t.Context())
			if must(t, r, err); !changes(r.Plan, d.key) {
				t.Errorf("restore did\n%v", r.Plan)
			}
			isClean(t, m)
			// ovs-vswitchd listens on the uplink that there is now.
			shell(t, "awk -v i=$(cat /sys/class/net/up0/ifindex) '$5 == i { heard = 1 } END { exit !heard }' /proc/net/packet")
		})
		if t.Failed() {
			break
		}
	}
}

func changes(p model.Plan, k model.Key) bool {
	for _, c := range p {
		if c.Key() == k {
			return true
		}
	}
	return false
}

// isShown requires that show and doctor say what is wrong.
func (d damage) isShown(t *testing.T, m *switchmgr.Manager) {
	t.Helper()
	lab, err := m.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	said := false
	for _, drift := range lab.Drift {
		if drift.Key == d.key {
			said = said || strings.Contains(drift.Text, d.says)
		}
		if drift.Obstacle != "" {
			t.Errorf("%s cannot be restored: %s", drift, drift.Obstacle)
		}
	}
	if !said {
		t.Errorf("no %q of %s in %v", d.says, d.key, lab.Drift)
	}
	lab.Drift = nil
	text, err := json.Marshal(lab)
	if problem := strings.ReplaceAll(d.says, ">", `\u003e`); err != nil || !strings.Contains(string(text), problem) {
		t.Errorf("%q is no problem in the view: %v", d.says, err)
	}
	checks, err := m.Doctor(t.Context())
	if last := checks[len(checks)-1]; err != nil || last.Status != switchmgr.CheckWarn || last.Name != "lab" {
		t.Errorf("doctor says %+v, %v", last, err)
	}
}

func isClean(t *testing.T, m *switchmgr.Manager) {
	t.Helper()
	r, err := m.Restore(t.Context())
	if must(t, r, err); len(r.Plan) > 0 {
		t.Errorf("there is something left to restore: %v", r.Plan)
	}
	lab, err := m.Show(context.Background())
	if err != nil || len(lab.Drift) > 0 {
		t.Errorf("after restore %v, %v", lab.Drift, err)
	}
}

// TestNoFlows: a switch whose flows somebody has deleted is named, with the way out.
func TestNoFlows(t *testing.T) {
	m := applied(t, "version: 1\nswitches: {sw0: {}, sw1: {}}\n")
	flows := func() (found []switchmgr.Check) {
		checks, err := m.Doctor(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(checks, func(c switchmgr.Check) bool { return c.Name != "flows" })
	}
	if found := flows(); len(found) > 0 {
		t.Errorf("new switches have no flows: %v", found)
	}
	shell(t, "ovs-ofctl del-flows sw0")
	found := flows()
	if len(found) != 1 || found[0].Status != switchmgr.CheckWarn || !strings.Contains(found[0].Detail, "sw0") {
		t.Fatalf("doctor says %v", found)
	}
	shell(t, strings.TrimPrefix(found[0].Hint, "sudo "))
	if found := flows(); len(found) > 0 {
		t.Errorf("the hint does not help: %v", found)
	}
}

// TestRestoreTheRest: what cannot be restored does not keep the rest from it, and is
// named.
func TestRestoreTheRest(t *testing.T) {
	shell(t, makeUplink+"; ip link add up9 type veth peer name up8")
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", "up9").Run() })
	m := applied(t, driftLab)
	shell(t, "ip netns del blue; ip netns add blue; ip link del up0; ip -n red addr flush dev eth0; nft delete table inet ovsns")
	shown, err := m.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range shown.Drift {
		hopeless := map[model.Key]string{
			driftBlue: "namespace blue was not made by ovsns", driftLink: "namespace blue was not made by ovsns",
			driftUplink: "the host has no interface up0",
		}[d.Key]
		if d.Key.Kind != model.KindSysctl && d.Obstacle != hopeless {
			t.Errorf("%s: obstacle %q, want %q", d, d.Obstacle, hopeless)
		}
	}
	r, err := m.Restore(t.Context())
	if !errors.Is(err, model.ErrNotManaged) || !strings.Contains(err.Error(), "the host has no interface up0") {
		t.Errorf("restored with %v", err)
	}
	if r == nil || !changes(r.Plan, driftAccess) || changes(r.Plan, driftBlue) || changes(r.Plan, driftUplink) {
		t.Errorf("restored %+v", r)
	}
	shell(t, "ip netns exec red ping -c 1 -w 20 10.1.0.254; nft list table inet ovsns; ip netns del blue; "+makeUplink)
	r, err = m.Restore(t.Context())
	must(t, r, err)
	isClean(t, m)
}
