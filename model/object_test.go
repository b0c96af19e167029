package model_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func ips(list ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

func cidrs(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

var redLink = model.Link{
	A: model.LinkEnd{Namespace: "red", Ifname: "eth0", Addresses: cidrs("192.0.2.1/24"), MAC: model.MAC{0, 0, 0x5e, 0, 0x53, 0x11}},
	B: model.LinkEnd{Namespace: "host", Ifname: "red-eth0", Addresses: cidrs("192.0.2.2/24")},
}

// oneOfEach holds an object of each kind with every property set.
func oneOfEach() []model.Object {
	list := []model.Object{
		model.Sysctl{Name: "net/ipv4/ip_forward", Value: "1", Before: "0"},
		model.Switch{Name: "sw0", Datapath: model.DatapathSystem},
		model.Namespace{Name: "red"},
		model.Gateway{Switch: "sw0", VLAN: 100, Interface: "sw0.100", Port: "sw0.100-p", Addresses: cidrs("10.1.0.254/24", "2001:db8::1/64"), VRF: "tenant-a"},
		model.Uplink{Interface: "eth1", Switch: "sw0", VLANs: model.VLANs{Trunk: model.VIDSet{100, 200}}},
		model.Cable{
			A: model.CableEnd{Switch: "sw1", Port: "sw1-sw0"}, B: model.CableEnd{Switch: "sw0", Port: "sw0-sw1"},
			Name: "backup", Veth: true, VLANs: model.VLANs{Trunk: model.VIDSet{5, 6}, Native: 5},
		},
		model.Attachment{
			Namespace: "red", Ifname: "eth0", Switch: "sw0", Port: "red-eth0", VLANs: model.VLANs{Access: 100},
			Addresses: cidrs("10.1.0.1/24"), Gateways: ips("10.1.0.254"), MAC: model.MAC{2, 0, 0, 0, 0, 1}, MTU: 1400,
		},
		redLink,
		model.Route{Namespace: "red", To: netip.MustParsePrefix("10.0.0.0/8"), Via: netip.MustParseAddr("10.1.0.7")},
		model.NAT{Subnet: netip.MustParsePrefix("10.1.0.0/24"), OutInterface: "eth0"},
		model.Allow{A: model.Segment{Switch: "sw0"}, B: model.Segment{Switch: "sw0", VLAN: 100}, InterfaceA: "sw0", InterfaceB: "sw0.100"},
	}
	for i, o := range list {
		v := reflect.New(reflect.TypeOf(o)).Elem()
		v.Set(reflect.ValueOf(o))
		for field := range v.NumField() {
			if v.Field(field).Kind() == reflect.Bool {
				v.Field(field).SetBool(true)
			}
		}
		list[i] = v.Interface().(model.Object)
	}
	return list
}

func TestKeys(t *testing.T) {
	want := []string{
		"sysctl net/ipv4/ip_forward", "switch sw0", "namespace red", "gateway sw0:100", "uplink eth1", "cable sw0/sw1/backup",
		"attachment red/eth0", "link host/red", "route red/10.0.0.0/8", "nat 10.1.0.0/24", "allow sw0,sw0:100",
	}
	for i, o := range oneOfEach() {
		if got := o.Key().String(); got != want[i] {
			t.Errorf("the key of %T is %q; want %q", o, got, want[i])
		}
	}
}

func TestKeysOfPairsHaveNoOrder(t *testing.T) {
	if model.LinkKey("red", "blue") != model.LinkKey("blue", "red") {
		t.Error("a link depends on the order of its ends")
	}
	a, b := model.Segment{Switch: "sw0", VLAN: 100}, model.Segment{Namespace: "red"}
	if model.CableKey("s2", "s1", "x") != model.CableKey("s1", "s2", "x") || model.CableKey("s1", "s2", "x") == model.CableKey("s1", "s2", "") {
		t.Error("a cable depends on the order of its ends, or not on its name")
	}
	if model.AllowKey(model.Host, a, b) != model.AllowKey(model.Host, b, a) {
		t.Error("an allow depends on the order of its segments")
	}
}

func TestLinkEqualWhateverTheOrder(t *testing.T) {
	turned := model.Link{A: redLink.B, B: redLink.A}
	if !model.Equal(redLink, turned) {
		t.Error("a link differs from itself turned round")
	}
	turned.A.Addresses = cidrs("192.0.2.3/24")
	got := model.Change{Before: redLink, After: turned}.String()
	if want := "~ link host/red: host address 192.0.2.2/24 -> 192.0.2.3/24"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestLinkEnd(t *testing.T) {
	for name, want := range map[string]string{"red": "eth0", "host": "red-eth0", "blue": ""} {
		if end, ok := redLink.End(name); end.Ifname != want || ok != (want != "") {
			t.Errorf("End(%s) = %q, %v", name, end.Ifname, ok)
		}
	}
}

// notCompared are fields that belong to a key, or are remembered rather than
// wished for.
var notCompared = map[string]bool{
	"Sysctl.Name": true, "Switch.Name": true, "Namespace.Name": true, "Gateway.Switch": true, "Gateway.VLAN": true,
	"Uplink.Interface": true, "Uplink.WasUp": true, "Attachment.Namespace": true, "Attachment.Ifname": true,
	"Link.A": true, "Link.B": true, // TestLinkEqualWhateverTheOrder
	"Route.Namespace": true, "Route.To": true, "NAT.Subnet": true, "Allow.A": true, "Allow.B": true,
	"Cable.A": true, "Cable.B": true, "Cable.Name": true, // TestKeysOfPairsHaveNoOrder, TestCableEnds
	"Sysctl.Place": true, "NAT.Place": true, "Allow.Place": true,
}

// A property that Attrs forgot would never be changed by a plan.
func TestEqualSeesEveryField(t *testing.T) {
	for _, o := range oneOfEach() {
		if !model.Equal(o, o) {
			t.Errorf("%s differs from itself", o.Key())
		}
		typ := reflect.TypeOf(o)
		for i := range typ.NumField() {
			name := typ.Name() + "." + typ.Field(i).Name
			if notCompared[name] {
				continue
			}
			if strings.HasSuffix(name, ".Condition") {
				reflect.ValueOf(&o).Elem().Set(damaged(o))
			}
			other := reflect.New(typ).Elem()
			other.Set(reflect.ValueOf(o))
			other.Field(i).SetZero()
			if model.Equal(o, other.Interface().(model.Object)) {
				t.Errorf("two objects that differ in %s are Equal", name)
			}
		}
	}
}

func TestEqual(t *testing.T) {
	all := append(oneOfEach(), nil, model.Switch{Name: "sw1"}, model.Namespace{Name: "sw0"}, model.Gateway{Switch: "sw0"})
	for i, a := range all {
		for j, b := range all {
			if model.Equal(a, b) != (i == j) {
				t.Errorf("Equal(%v, %v) = %v", a, b, i != j)
			}
		}
	}
}

func TestAttrsHaveTheSameNamesInEachVersion(t *testing.T) {
	for _, o := range oneOfEach() {
		if _, ok := o.(model.Link); ok {
			continue // named after its ends
		}
		empty := reflect.New(reflect.TypeOf(o)).Elem().Interface().(model.Object)
		full, bare := o.Attrs(), empty.Attrs()
		if len(full) != len(bare) {
			t.Fatalf("%s has %d properties, or %d", o.Key(), len(full), len(bare))
		}
		for i := range full {
			if full[i].Name != bare[i].Name || full[i].Name == "" {
				t.Errorf("%s: property %d is %q, or %q", o.Key(), i, full[i].Name, bare[i].Name)
			}
		}
	}
}

func TestSegment(t *testing.T) {
	for want, s := range map[string]model.Segment{
		"sw0": {Switch: "sw0"}, "sw0:100": {Switch: "sw0", VLAN: 100}, "red": {Namespace: "red"},
	} {
		if s.String() != want {
			t.Errorf("%#v is %q; want %q", s, s, want)
		}
	}
	a := model.Attachment{Switch: "sw0", VLANs: model.VLANs{Trunk: model.VIDSet{10}}}
	if s, ok := a.Segment(); ok {
		t.Errorf("a trunk without native VLAN is in segment %s", s)
	}
	a.Native = 10
	if s, ok := a.Segment(); !ok || s.String() != "sw0:10" {
		t.Errorf("a trunk with native VLAN 10 is in segment %s, %v", s, ok)
	}
}

func TestDatapath(t *testing.T) {
	for _, d := range []model.Datapath{model.DatapathAuto, model.DatapathNetdev, model.DatapathSystem} {
		if got, err := model.DatapathOf.Parse(string(d)); got != d || err != nil {
			t.Errorf("--datapath %s = %q, %v", d, got, err)
		}
	}
	for _, text := range []string{"", "kernel", "AUTO"} {
		if _, err := model.DatapathOf.Parse(text); err == nil || !strings.Contains(err.Error(), "auto, system, netdev") {
			t.Errorf("--datapath %s: %v", text, err)
		}
	}
}

// damaged returns an object with something wrong with it.
func damaged(o model.Object) reflect.Value {
	v := reflect.New(reflect.TypeOf(o)).Elem()
	v.Set(reflect.ValueOf(o))
	v.FieldByName("Condition").SetString("eth0 is down")
	return v
}

// What is wrong with an object shows as a difference, never as a wish.
func TestConditionIsADifference(t *testing.T) {
	for _, o := range oneOfEach() {
		bad := damaged(o).Interface().(model.Object)
		got := model.Change{Before: bad, After: o}.String()
		if want := "~ " + o.Key().String() + ": eth0 is down -> ok"; got != want {
			t.Errorf("got %q; want %q", got, want)
		}
		if made := (model.Change{After: bad}).String(); strings.Contains(made, "down") {
			t.Errorf("what is made shows a condition: %q", made)
		}
	}
}

// A kind that is missing among the types would not be recorded.
func TestTypesDescribeEachKind(t *testing.T) {
	kinds := model.Kinds()
	for i, o := range oneOfEach() {
		if kinds[i] != o.Key().Kind {
			t.Errorf("kind %d is %s; want that of %T", i, kinds[i], o)
		}
		typ := model.TypeOf(o.Key().Kind)
		texts := map[string]string{}
		for _, f := range typ.Fields {
			if f.Use&model.Stored != 0 {
				texts[f.Name] = f.Text(o)
			}
		}
		back, err := typ.Read(func(name string) string { return texts[name] })
		if err != nil || !reflect.DeepEqual(back, o) {
			t.Errorf("%s is read back as %+v, %v", o.Key(), back, err)
		}
	}
	if len(kinds) != len(oneOfEach()) {
		t.Errorf("there are %d kinds; want %d", len(kinds), len(oneOfEach()))
	}
}

// What could not be read again is refused before it is recorded.
func TestCheck(t *testing.T) {
	for _, o := range oneOfEach() {
		if err := model.Check(o); err != nil {
			t.Errorf("%s: %v", o.Key(), err)
		}
	}
	at := model.Attachment{Namespace: "red", Ifname: "eth0", Switch: "sw0", Port: "red-eth0"}
	for want, bad := range map[string]func(*model.Attachment){
		"MTU 9 is outside 68 to 65535":         func(a *model.Attachment) { a.MTU = 9 },
		"VLAN 4095 is outside 1 to 4094":       func(a *model.Attachment) { a.Access = 4095 },
		"the switch is missing":                func(a *model.Attachment) { a.Switch = "" },
		`namespace name "a/b" contains '/'`:    func(a *model.Attachment) { a.Namespace = "a/b" },
		"--native-vlan needs --trunk":          func(a *model.Attachment) { a.Native = 5 },
		"address 10.0.0.0/24 is the network":   func(a *model.Attachment) { a.Addresses = cidrs("10.0.0.0/24") },
		"MAC 01:00:00:00:00:01 is a multicast": func(a *model.Attachment) { a.MAC = model.MAC{1, 0, 0, 0, 0, 1} },
	} {
		a := at
		bad(&a)
		if err := model.Check(a); !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v; want %q", a, err, want)
		}
	}
}
