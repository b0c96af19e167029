package ovsdb

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
)

func TestRootRecords(t *testing.T) {
	subnet := netip.MustParsePrefix("10.0.0.0/8")
	for _, tc := range []struct {
		object     model.Object
		key, value string
	}{
		{model.Namespace{Name: "red"}, "ovsns-namespace/red", "namespace=red"},
		{
			model.Route{Namespace: "red", To: netip.MustParsePrefix("2001:db8::/32"), Via: netip.MustParseAddr("2001:db8::1")},
			"ovsns-route/red/2001:db8::/32", "namespace=red to=2001:db8::/32 via=2001:db8::1",
		},
		{
			model.Link{
				A: model.LinkEnd{Namespace: "red", Ifname: "eth0", Addresses: prefixes("192.0.2.1/24", "2001:db8::1/64"), MAC: model.MAC{2, 0, 0, 0, 0, 1}},
				B: model.LinkEnd{Namespace: "host", Ifname: "red-eth0"},
			},
			"ovsns-link/host/red",
			"a=red a-ifname=eth0 a-address=192.0.2.1/24,2001:db8::1/64 a-mac=02:00:00:00:00:01 b=host b-ifname=red-eth0",
		},
		{model.NAT{Subnet: subnet}, "ovsns-nat/host/10.0.0.0/8", "subnet=10.0.0.0/8"},
		{
			model.NAT{Place: model.VRFPlace("a"), Subnet: subnet, OutInterface: "a=b"},
			"ovsns-nat/vrf-a/10.0.0.0/8", "place=vrf-a subnet=10.0.0.0/8 out-interface=a=b",
		},
		{
			model.Allow{A: model.Segment{Switch: "sw0", VLAN: 300}, B: model.Segment{Namespace: "r,d:5"}, InterfaceA: "sw0.300", InterfaceB: "x"},
			"ovsns-allow/host/r,d:5,sw0:300",
			"a-switch=sw0 a-vlan=300 b-namespace=r,d:5 interface-a=sw0.300 interface-b=x",
		},
		{
			model.Sysctl{Name: model.ForwardIPv4, Before: "0", Value: "1"},
			"ovsns-sysctl/host/net/ipv4/ip_forward", "name=net%2Fipv4%2Fip_forward value=1 before=0",
		},
	} {
		if key, value := rootKey(tc.object), rootValue(tc.object); key != tc.key || value != tc.value {
			t.Errorf("%v is %s = %q", tc.object, key, value)
		}
		if o, err := rootObject(tc.key, tc.value); err != nil || !model.Equal(o, tc.object) {
			t.Errorf("%s = %q reads %+v, %v", tc.key, tc.value, o, err)
		}
	}
}

// TestDamagedRecords: the database is input, and what is not a record of the key
// under which it stands is none.
func TestDamagedRecords(t *testing.T) {
	for key, value := range map[string]string{
		"ovsns-namespace/red":                   "true",
		"ovsns-namespace/blue":                  "namespace=red",
		"ovsns-namespace/":                      "",
		"ovsns-route/red":                       "x",
		"ovsns-route/red/::/":                   "namespace=red to=::/0 via=::1",
		"ovsns-nat/x":                           "",
		"ovsns-nat/10.0.0.0/8":                  "subnet=10.0.0.0/8",
		"ovsns-nat/host/10.0.0.0/8":             "place=vrf-a subnet=10.0.0.0/8",
		"ovsns-nat/vrf-b/10.0.0.0/8":            "place=vrf-a subnet=10.0.0.0/8",
		"ovsns-link/a/b":                        "a=x",
		"ovsns-link/host/red":                   "a=red b=host",
		"ovsns-allow/host/a,b":                  "a-switch=s a-namespace=n",
		"ovsns-sysctl/host/net/ipv4/ip_forward": "name=net%2Fipv4%2Fip_forward value=%zz before=0",
		"ovsns-attachment/red/eth0":             "namespace=red",
		"ovsns-nonsense/red":                    "",
		"ovsns-":                                "",
	} {
		if o, err := rootObject(key, value); err == nil {
			t.Errorf("%s = %q reads %+v", key, value, o)
		}
	}
	for _, key := range []string{"system-id", "ovsns", "ovn-remote"} {
		if o, err := rootObject(key, "x"); o != nil || err != nil {
			t.Errorf("%s reads %v, %v", key, o, err)
		}
	}
	whole := portIDs(attachment("red", model.VLANs{Access: 5}), attachmentPorts(attachment("red", model.VLANs{Access: 5}))[0])
	if o, err := objectOf("red-eth0", whole); err != nil {
		t.Errorf("the whole record reads %v, %v", o, err)
	}
	for _, damage := range []string{
		"kind=x", "kind=namespace", "kind=", "vlan=9999", "trunk=5", "native-vlan=5", "mac=x", "mtu=x", "mtu=67", "address=x", "gateway=x",
		"namespace=", "ifname=", "switch=", "port=", "port=other", "namespace=a b",
	} {
		ids := maps.Clone(whole)
		key, value, _ := strings.Cut(damage, "=")
		ids[prefix+key] = value
		if o, err := objectOf("red-eth0", ids); err == nil {
			t.Errorf("%s reads %+v", damage, o)
		}
	}
	ids := rowIDs(sw0)
	if o, err := switchOf("sw0", ids); err != nil || !model.Equal(o, sw0) {
		t.Errorf("the switch reads %v, %v", o, err)
	}
	if o, err := switchOf("sw1", ids); err == nil {
		t.Errorf("another switch reads %v", o)
	}
}

// TestKindsHaveAPlace fails when a kind has no entry here.
func TestKindsHaveAPlace(t *testing.T) {
	for _, k := range model.Kinds() {
		if kinds[k].stand == 0 {
			t.Errorf("nothing says where objects of kind %s are recorded", k)
		}
		if (kinds[k].stand == onPorts) != (kinds[k].ports != nil) {
			t.Errorf("kind %s has ports and no rows, or rows and no ports", k)
		}
		if anyOf[k] == nil {
			t.Errorf("kind %s is not tested", k)
		}
	}
	if len(kinds) != len(model.Kinds()) {
		t.Errorf("there are %d kinds, %d of the model", len(kinds), len(model.Kinds()))
	}
}

// Any object that the model allows survives the way through the database.
func TestRecordsSurvive(t *testing.T) {
	for _, k := range model.Kinds() {
		t.Run(string(k), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				o := anyOf[k](t)
				for _, got := range recorded(t, o) {
					if !same(got, o) {
						t.Fatalf("%+v reads %+v", o, got)
					}
				}
			})
		})
	}
}

// same reports whether two objects agree in all that is recorded of them.
func same(a, b model.Object) bool {
	return a.Key() == b.Key() && model.Equal(a, b) && maps.Equal(rowIDs(a), rowIDs(b))
}

// recorded writes an object as it stands in the database and reads each of its
// records.
func recorded(t *rapid.T, o model.Object) (list []model.Object) {
	read := func(got model.Object, err error) {
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		list = append(list, got)
	}
	switch kinds[o.Key().Kind].stand {
	case inRoot:
		read(rootObject(rootKey(o), rootValue(o)))
	case onBridge:
		read(switchOf(o.Key().Name, rowIDs(o)))
	case onPorts:
		for _, p := range portsOf(o) {
			ids := portIDs(o, p)
			read(objectOf(p.name, ids))
			for key := range ids {
				if !slices.Contains(portKeys, key) {
					t.Fatalf("%s would stay when it is not set any more", key)
				}
			}
			if v, plain := columnsOf(columnsRow(p.vlans)); !plain || !v.Equal(p.vlans) {
				t.Fatalf("columns of %v read %v", p.vlans, v)
			}
		}
	}
	return list
}

func anyName(t *rapid.T, check func(string) error) string {
	return rapid.StringMatching(`[!-~äß日]{1,12}`).Filter(func(s string) bool { return check(s) == nil }).Draw(t, "name")
}

func anyVLANs(t *rapid.T) model.VLANs {
	vid := rapid.Custom(func(t *rapid.T) model.VID { return model.VID(rapid.IntRange(1, int(model.MaxVID)).Draw(t, "vid")) })
	switch rapid.IntRange(0, 3).Draw(t, "mode") {
	case 0:
		return model.VLANs{}
	case 3:
		return model.VLANs{Trunk: model.AllVLANs}
	case 1:
		return model.VLANs{Access: vid.Draw(t, "access")}
	}
	set, _ := model.ParseVIDSet(model.VIDSet(rapid.SliceOfN(vid, 1, 5).Draw(t, "trunk")).String())
	v := model.VLANs{Trunk: set}
	if rapid.Bool().Draw(t, "native") {
		v.Native = vid.Draw(t, "native")
	}
	return v
}

func anyAddr(t *rapid.T) netip.Addr {
	if rapid.Bool().Draw(t, "v4") {
		return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "addr")))
	}
	a := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "addr"))
	a[0] = 0x20
	return netip.AddrFrom16(a)
}

func anyPrefixes(t *rapid.T) []netip.Prefix {
	var list []netip.Prefix
	for range rapid.IntRange(0, 3).Draw(t, "count") {
		a := anyAddr(t)
		p := netip.PrefixFrom(a, rapid.IntRange(1, a.BitLen()).Draw(t, "bits"))
		if _, err := model.ParseAddress(p.String()); err == nil {
			list = append(list, p)
		}
	}
	return list
}

func anyMAC(t *rapid.T) model.MAC {
	m := model.MAC(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "mac"))
	m[0] = m[0]&^1 | 2
	return m
}

func anySegment(t *rapid.T) model.Segment {
	if rapid.Bool().Draw(t, "linked") {
		return model.Segment{Namespace: anyName(t, model.CheckNamespace)}
	}
	return model.Segment{Switch: anyName(t, model.CheckSwitch), VLAN: anyVLANs(t).Access}
}

func anyEnd(t *rapid.T) model.LinkEnd {
	return model.LinkEnd{
		Namespace: anyName(t, model.CheckNamespace), Ifname: anyName(t, model.CheckIfname),
		Addresses: anyPrefixes(t), MAC: anyMAC(t),
	}
}

// anyOf draws an object of a kind.
var anyOf = map[model.Kind]func(*rapid.T) model.Object{
	model.KindSysctl: func(t *rapid.T) model.Object {
		name := model.AcceptRA(anyName(t, model.CheckIfname))
		return model.Sysctl{Place: anyPlace(t), Name: name, Value: "2", Before: rapid.SampledFrom([]string{"0", "1"}).Draw(t, "before")}
	},
	model.KindSwitch: func(t *rapid.T) model.Object {
		datapath := rapid.SampledFrom([]model.Datapath{model.DatapathSystem, model.DatapathNetdev, model.DatapathDummy}).Draw(t, "datapath")
		return model.Switch{Name: anyName(t, model.CheckSwitch), Datapath: datapath}
	},
	model.KindNamespace: func(t *rapid.T) model.Object {
		return model.Namespace{Name: anyName(t, model.CheckNamespace), Forward: rapid.Bool().Draw(t, "forward")}
	},
	model.KindGateway: func(t *rapid.T) model.Object {
		g := model.Gateway{
			Switch: anyName(t, model.CheckSwitch), VLAN: anyVLANs(t).Access, Interface: anyName(t, model.CheckIfname),
			Addresses: anyPrefixes(t),
		}
		if rapid.Bool().Draw(t, "stand-in") {
			g.Port, g.VRF = anyName(t, model.CheckIfname), anyName(t, model.CheckNamespace)
		}
		return g
	},
	model.KindCable: func(t *rapid.T) model.Object {
		end := func(prefix string) model.CableEnd {
			name := rapid.StringMatching(prefix + `[!-.;-~äß]{1,6}`).Filter(func(s string) bool { return model.CheckIfname(s) == nil })
			return model.CableEnd{Switch: name.Draw(t, "switch"), Port: name.Draw(t, "port")}
		}
		return model.Cable{A: end("a"), B: end("b"), Name: anyName(t, model.CheckCable), Veth: rapid.Bool().Draw(t, "veth"), VLANs: anyVLANs(t)}
	},
	model.KindUplink: func(t *rapid.T) model.Object {
		return model.Uplink{
			Interface: anyName(t, model.CheckIfname), Switch: anyName(t, model.CheckSwitch), VLANs: anyVLANs(t),
			WasUp: rapid.Bool().Draw(t, "up"),
		}
	},
	model.KindAttachment: func(t *rapid.T) model.Object {
		a := model.Attachment{
			Namespace: anyName(t, model.CheckNamespace), Ifname: anyName(t, model.CheckIfname),
			Switch: anyName(t, model.CheckSwitch), Port: anyName(t, model.CheckIfname),
			VLANs: anyVLANs(t), Addresses: anyPrefixes(t), MAC: anyMAC(t),
		}
		if rapid.Bool().Draw(t, "routed") {
			a.Gateways, a.MTU = []netip.Addr{anyHop(t)}, rapid.IntRange(68, 65535).Draw(t, "mtu")
		}
		return a
	},
	model.KindLink: func(t *rapid.T) model.Object {
		l := model.Link{A: anyEnd(t), B: anyEnd(t)}
		if l.A.Namespace == l.B.Namespace {
			l.B.Namespace = model.HostEnd
		}
		return l
	},
	model.KindRoute: func(t *rapid.T) model.Object {
		return model.Route{Namespace: anyName(t, model.CheckNamespace), To: anySubnet(t), Via: anyHop(t)}
	},
	model.KindNAT: func(t *rapid.T) model.Object {
		return model.NAT{Place: anyPlace(t), Subnet: anySubnet(t), OutInterface: anyName(t, model.CheckIfname)}
	},
	model.KindAllow: func(t *rapid.T) model.Object {
		return model.Allow{
			Place: anyPlace(t), A: anySegment(t), B: anySegment(t),
			InterfaceA: anyName(t, model.CheckIfname), InterfaceB: anyName(t, model.CheckIfname),
		}
	},
}

func anyPlace(t *rapid.T) model.Place {
	if rapid.Bool().Draw(t, "in the host") {
		return model.Host
	}
	return model.VRFPlace(anyName(t, model.CheckNamespace))
}

func anyHop(t *rapid.T) netip.Addr {
	return rapid.Custom(anyAddr).Filter(func(a netip.Addr) bool {
		_, err := model.ParseNextHop(a.String())
		return err == nil
	}).Draw(t, "hop")
}

func anySubnet(t *rapid.T) netip.Prefix {
	return rapid.Custom(func(t *rapid.T) netip.Prefix { return netip.PrefixFrom(anyAddr(t), 24).Masked() }).
		Filter(func(p netip.Prefix) bool {
			_, err := model.ParseSubnet(p.String())
			return err == nil
		}).Draw(t, "subnet")
}
