package ops

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// TestEveryKindHasItsEntry fails when somebody adds a kind to package model and
// forgets it here.
func TestEveryKindHasItsEntry(t *testing.T) {
	for _, k := range model.Kinds() {
		entry, there := kinds[k]
		if !there || reflect.ValueOf(entry).IsZero() {
			t.Errorf("nothing says which operations a %s needs: add its entry to kinds", k)
		}
	}
	if len(kinds) != len(model.Kinds()) {
		t.Errorf("there are %d entries for %d kinds", len(kinds), len(model.Kinds()))
	}
}

func subnets(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

var (
	someVeth = Veth{
		{Name: "red-eth0", Alias: "ovsns: red eth0", Quiet: true, Up: true, MTU: 1400},
		{Place: "red", Name: "eth0", MAC: model.MAC{2, 0, 0, 0, 0, 1}, Up: true, Addresses: subnets("10.0.0.1/24", "2001:db8::1/64"), OwnChecksums: true},
	}
	someHop   = Hop{Via: netip.MustParseAddr("10.0.0.254"), Interface: "eth0"}
	otherHop  = Hop{Via: netip.MustParseAddr("10.0.0.253")}
	nowhere   = netip.MustParsePrefix("0.0.0.0/0")
	somePort  = model.Uplink{Interface: "eth1", Switch: "sw0", VLANs: model.VLANs{Trunk: model.VIDSet{10, 20}, Native: 10}}
	someRules = model.NewState(model.Gateway{Switch: "sw0", Interface: "sw0"}, model.NAT{Subnet: subnets("10.0.0.0/24")[0]})
)

// examples has each type of operation, with the lines that do the same by hand, ""
// for those that need none. Those that are final have no way back.
var examples = []struct {
	op    Op
	lines string
	final bool
}{
	{MakeNamespace{"red"}, "ip netns add red\n" +
		"ip netns exec red sysctl -q -w net/ipv6/conf/default/accept_dad=0 net/ipv6/conf/default/mldv2_unsolicited_report_interval=1 net/ipv6/conf/default/router_solicitations=0\n" +
		"ip -n red link set dev lo up", false},
	{DeleteNamespace{Name: "red"}, "ip netns delete red", false},
	{FindGoing{Namespaces: []string{"red"}}, "", true},
	{DeleteFound{}, "", true},
	{MakeVeth{someVeth}, "ip link add name red-eth0 mtu 1400 type veth peer name eth0 netns red address 02:00:00:00:00:01\n" +
		"ip link set dev red-eth0 arp off addrgenmode none\n" +
		"sysctl -q -w net/ipv6/conf/red-eth0/disable_ipv6=1\n" +
		"sysctl -q -w net/ipv4/conf/red-eth0/rp_filter=1\n" +
		"ip link set dev red-eth0 up\n" +
		"ip netns exec red ethtool -K eth0 tx off\n" +
		"ip -n red link set dev eth0 up\n" +
		"ip -n red address add 10.0.0.1/24 dev eth0\n" +
		"ip -n red address add 2001:db8::1/64 dev eth0 nodad", false},
	{MakeVeth{Veth{{Place: "red", Name: "a"}, {Place: "blue", Name: "b"}}}, "ip -n red link add name a type veth peer name b netns blue", false},
	{MakeVeth{Veth{{Place: "red", Name: "a"}, {Name: "b"}}}, "ip link add name b type veth peer name a netns red", false},
	{DeleteVeth{Veth: someVeth, By: 1}, "ip -n red link delete dev eth0", false},
	{SetLink{"red", "eth0", LinkState{Up: On, MTU: 1500, TxChecksum: On}, LinkState{Up: Off, MTU: 1400, MAC: model.MAC{2}, TxChecksum: Off}},
		"ip netns exec red ethtool -K eth0 tx off\nip -n red link set dev eth0 address 02:00:00:00:00:00 mtu 1400 down", false},
	{SetLink{"", "sw0", LinkState{Up: On}, LinkState{Up: On}}, "", false}, // it only heals
	{SetLink{"", "sw0", LinkState{}, LinkState{Up: On}}, "ip link set dev sw0 up", false},
	{WaitLink{Name: "sw0.100"}, "", true},
	{Mark{"red", "eth0", "ovsns: red eth0"}, "", false},
	{Unmark{"red", "eth0"}, "", true},
	{SetAddresses{"", "sw0", subnets("10.0.0.1/24", "10.0.0.2/24", "10.1.0.1/24"), subnets("10.0.0.2/24", "10.0.0.3/24")},
		"ip address add 10.0.0.3/24 dev sw0\n" +
			"ip address delete 10.1.0.1/24 dev sw0\n" +
			"ip address delete 10.0.0.1/24 dev sw0\n" +
			"ip address replace 10.0.0.2/24 dev sw0\n" +
			"ip address replace 10.0.0.3/24 dev sw0", false},
	{SetAddresses{"red", "eth0", subnets("10.0.0.1/24", "10.0.0.2/24"), subnets("10.0.0.2/24", "10.0.0.1/24")},
		"ip -n red address delete 10.0.0.1/24 dev eth0\n" +
			"ip -n red address replace 10.0.0.2/24 dev eth0\n" +
			"ip -n red address delete 10.0.0.2/24 dev eth0\n" +
			"ip -n red address add 10.0.0.2/24 dev eth0\n" +
			"ip -n red address add 10.0.0.1/24 dev eth0", false},
	{SetRoute{"red", nowhere, Hop{}, someHop}, "ip -n red route add default via 10.0.0.254 dev eth0 proto static", false},
	{SetRoute{"red", nowhere, someHop, Hop{}}, "ip -n red route delete default via 10.0.0.254 dev eth0", false},
	{SetRoute{"red", nowhere, someHop, otherHop}, "ip -n red route replace default via 10.0.0.253 proto static", false},
	{SetSysctl{Name: "net/ipv4/ip_forward", Before: "0", After: "1"}, "sysctl -q -w net/ipv4/ip_forward=1", false},
	{SetSysctl{Place: "red", Name: "net/ipv4/conf/a=b/rp_filter", Before: "0", After: "1"},
		`ip netns exec red bash -c 'echo 1 > /proc/sys/net/ipv4/conf/a=b/rp_filter'`, false},
	{WriteRows{Change: model.Change{After: somePort}}, "ovs-vsctl add-port sw0 eth1 tag=10 trunks=10,20 vlan_mode=native-untagged", false},
	{WriteRows{Change: model.Change{After: model.Namespace{Name: "red"}}}, "", false}, // a record alone
	{AdoptRows{somePort}, "", false},
	{ReleasePort{"red-eth0"}, "", true},
	{FindDaemon{}, "", true},
	{Ping{}, "", true},
	{Await{}, "", true},
	{Sync{}, "", true},
	{ChangeFirewall{Place: "vrf-a", Before: model.NewState(), After: model.NewState(model.NAT{Place: "vrf-a", Subnet: subnets("10.0.0.0/24")[0]})},
		"ip netns exec vrf-a nft -f - <<'EOF'\n" + table(Rules{NAT: []model.NAT{{Subnet: subnets("10.0.0.0/24")[0]}}}) + "EOF", false},
	{ChangeFirewall{Before: someRules, After: model.NewState()}, "nft delete table inet ovsns", false},
	{Back{Sync{}}, "", false},
}

// TestEveryOperation: what each one comes to by hand, and that there is a way back
// and from there forth again.
func TestEveryOperation(t *testing.T) {
	var seen []string
	for _, e := range examples {
		name := reflect.TypeOf(e.op).Name()
		seen = append(seen, name)
		if got := strings.Join(e.op.Lines(), "\n"); got != e.lines {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, e.lines)
		}
		back := e.op.Reverse()
		if (back == nil) != e.final {
			t.Errorf("%s: the way back is %+v", name, back)
		}
		switch e.op.(type) {
		case Mark, AdoptRows, Back: // those are not simply swapped
			continue
		default:
		}
		if back != nil && !reflect.DeepEqual(forgetBy(back.Reverse()), forgetBy(e.op)) {
			t.Errorf("%s: the way back is %+v, and forth again %+v", name, back, back.Reverse())
		}
	}
	for _, name := range operations(t) {
		if !slices.Contains(seen, name) {
			t.Errorf("there is no example of %s", name)
		}
	}
}

// forgetBy leaves out by which end a veth is deleted.
func forgetBy(o Op) Op {
	if d, ok := o.(DeleteVeth); ok {
		d.By = 0
		return d
	}
	return o
}

// operations lists the types that implement Op, from the source.
func operations(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range source.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "op" && f.Recv != nil {
				names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	if len(names) < 15 {
		t.Fatalf("only %v", names)
	}
	return names
}

// names lists the phases that have something to do, in order.
func names(l List) (list []string) {
	for _, p := range l.Phases {
		if len(p.Steps) > 0 {
			list = append(list, p.Name)
		}
	}
	return list
}

var (
	sw  = model.Switch{Name: "sw0", Datapath: model.DatapathNetdev}
	red = model.Attachment{Namespace: "red", Ifname: "eth0", Switch: "sw0", Port: "red-eth0", Addresses: subnets("10.0.0.1/24")}
)

// TestOrder: in which order a plan is carried out, where that depends on what it
// does.
func TestOrder(t *testing.T) {
	lab := model.NewState(sw, model.Namespace{Name: "red"}, red)
	one := Facts{Before: model.NewState(sw, model.Namespace{Name: "red"})}
	many := one
	many.Many = true
	for _, tt := range []struct {
		name string
		plan model.Plan
		f    Facts
		want []string
	}{
		{"nothing", nil, Facts{}, nil},
		{"a lab", model.Diff(model.NewState(), lab), Facts{},
			[]string{"finding ovs-vswitchd", "making namespaces", "making links", "changing the switch"}},
		{"a port beside many", model.Plan{{After: red}}, many,
			[]string{"finding ovs-vswitchd", "changing the switch", "making links", "waiting for the port"}},
		{"a port beside few", model.Plan{{After: red}}, one,
			[]string{"finding ovs-vswitchd", "making links", "changing the switch"}},
		{"a lab goes", model.Diff(lab, model.NewState()), Facts{},
			[]string{"finding ovs-vswitchd", "changing the switch", "removing namespaces", "waiting for ovs-vswitchd"}},
		{"a port goes", model.Plan{{Before: red}}, Facts{Before: lab},
			[]string{"finding ovs-vswitchd", "changing the switch", "removing links", "waiting for ovs-vswitchd"}},
		{"an interface makes room", model.Plan{{Before: red}, {After: model.Link{
			A: model.LinkEnd{Namespace: "red", Ifname: "eth0"}, B: model.LinkEnd{Namespace: model.HostEnd, Ifname: "red-eth1"}}}}, Facts{Before: lab},
			[]string{"finding ovs-vswitchd", "removing links whose names are wanted", "making links", "changing the switch", "setting up interfaces",
				"changing the firewall", "waiting for ovs-vswitchd"}},
		{"a dead port", model.Plan{{After: red}}, Facts{Before: one.Before, Recorded: lab},
			[]string{"finding ovs-vswitchd", "letting go of dead ports", "making links", "changing the switch"}},
		{"a setting", model.Plan{{Before: model.Sysctl{Name: model.ForwardIPv4, Value: "1", Before: "0"}}}, Facts{},
			[]string{"putting settings back", "forgetting settings"}},
	} {
		if got := names(Plan(tt.plan, tt.f)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestNamesOfManyGoFirst: of hundreds of namespaces the names go before the links.
func TestNamesOfManyGoFirst(t *testing.T) {
	lab := model.NewState(sw)
	for i := range ManyPorts {
		a := red
		a.Namespace = "n" + string(rune('a'+i))
		lab.Put(model.Namespace{Name: a.Namespace}, a)
	}
	for _, many := range []bool{false, true} {
		for _, p := range Plan(model.Diff(lab, model.NewState()), Facts{Many: many}).Phases {
			if p.Name != "removing namespaces" {
				continue
			}
			if _, first := p.Steps[0].Op.(DeleteNamespace); first != many {
				t.Errorf("many %v: the first operation is %T", many, p.Steps[0].Op)
			}
			if !p.Finish {
				t.Error("it can be interrupted")
			}
		}
	}
}

// TestHeals: a change heals what no property speaks of.
func TestHeals(t *testing.T) {
	ill := red
	ill.Condition = "eth0 is down"
	lab := model.NewState(sw, model.Namespace{Name: "red"}, red)
	l := Plan(model.Plan{{Before: ill, After: red}}, Facts{Before: lab})
	var got []Op
	for _, p := range l.Phases {
		for _, s := range p.Steps {
			if o, ok := s.Op.(SetLink); ok {
				got = append(got, o)
			}
		}
	}
	want := []Op{
		SetLink{Name: "red-eth0", After: LinkState{Up: On}},
		SetLink{Place: "red", Name: "eth0", After: LinkState{Up: On, TxChecksum: Off}},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}
