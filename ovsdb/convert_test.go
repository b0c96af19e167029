package ovsdb

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

func TestRootRecords(t *testing.T) {
	for _, tc := range []struct {
		object     model.Object
		key, value string
	}{
		{model.Namespace{Name: "red"}, "ovsns-namespace/red", "true"},
		{
			model.Route{Namespace: "red", To: netip.MustParsePrefix("2001:db8::/32"), Via: netip.MustParseAddr("2001:db8::1")},
			"ovsns-route/red/2001:db8::/32", "2001:db8::1",
		},
		{
			model.Link{
				A: model.LinkEnd{Namespace: "red", Ifname: "eth0", Addresses: prefixes("192.0.2.1/24", "2001:db8::1/64"), MAC: model.MAC{2, 0, 0, 0, 0, 1}},
				B: model.LinkEnd{Namespace: "host", Ifname: "red-eth0"},
			},
			"ovsns-link/host/red",
			"a=red a-if=eth0 a-ip=192.0.2.1/24,2001:db8::1/64 a-mac=02:00:00:00:00:01 b=host b-if=red-eth0",
		},
		{model.NAT{Subnet: netip.MustParsePrefix("10.0.0.0/8")}, "ovsns-nat/10.0.0.0/8", ""},
		{model.NAT{Subnet: netip.MustParsePrefix("10.0.0.0/8"), OutInterface: "eth0"}, "ovsns-nat/10.0.0.0/8", "eth0"},
		{
			model.Allow{A: model.Segment{Switch: "sw0", VLAN: 300}, B: model.Segment{Namespace: "r,d:5"}, InterfaceA: "sw0.300", InterfaceB: "x"},
			"ovsns-allow/r,d:5,sw0:300",
			"a-switch=sw0 a-vlan=300 a-if=sw0.300 b-namespace=r,d:5 b-if=x",
		},
		{model.Sysctl{Name: "net/ipv4/ip_forward", Before: "0", Value: "1"}, "ovsns-sysctl/net/ipv4/ip_forward", "0 1"},
		{model.Sysctl{Name: "net/ipv4/ip_local_port_range", Before: "32768 60999", Value: "1\t2"}, "ovsns-sysctl/net/ipv4/ip_local_port_range", "32768%2060999 1%092"},
	} {
		if key, value := rootKey(tc.object), rootValue(tc.object); key != tc.key || value != tc.value {
			t.Errorf("%v is %s = %q", tc.object, key, value)
		}
		if o, err := rootObject(tc.key, tc.value); err != nil || !model.Equal(o, tc.object) {
			t.Errorf("%s = %q reads %+v, %v", tc.key, tc.value, o, err)
		}
	}
}

func TestDamagedRecords(t *testing.T) {
	for key, value := range map[string]string{
		"ovsns-route/red":     "x",
		"ovsns-route/red/::/": "::1",
		"ovsns-nat/x":         "",
		"ovsns-link/a/b":      "a=x",
		"ovsns-allow/a,b":     "a-switch=s a-namespace=n",
		"ovsns-sysctl/x":      "%zz 1",
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
	for _, ids := range []map[string]string{
		{KeyKind: "x"}, {KeyKind: kindAttachment, KeyVLAN: "9999"}, {KeyKind: kindAttachment, KeyMAC: "x"},
		{KeyKind: kindAttachment, KeyMTU: "x"}, {KeyKind: kindGateway, KeyAddresses: "x"},
	} {
		if o, err := objectOf("p", ids); err == nil {
			t.Errorf("%v reads %+v", ids, o)
		}
	}
}

func TestColumns(t *testing.T) {
	id := func(n int) *int { return &n }
	mode := func(s string) *string { return &s }
	for _, tc := range []struct {
		port  schema.Port
		want  string
		plain bool
	}{
		{schema.Port{VLANMode: mode("access"), Tag: id(100)}, "vlan 100", true},
		{schema.Port{VLANMode: mode("access")}, "untagged", true},
		{schema.Port{VLANMode: mode("trunk"), Trunks: []int{10, 20, 21}}, "trunk 10,20-21", true},
		{schema.Port{VLANMode: mode("native-untagged"), Trunks: []int{10, 20}, Tag: id(10)}, "trunk 10,20 native 10", true},
		{schema.Port{}, "untagged", false},
		{schema.Port{Tag: id(100)}, "vlan 100", false},
		{schema.Port{VLANMode: mode("trunk")}, "untagged", false},
		{schema.Port{VLANMode: mode("native-untagged"), Tag: id(10)}, "untagged", false},
		{schema.Port{VLANMode: mode("native-tagged"), Trunks: []int{10}, Tag: id(10)}, "trunk 10 native 10", false},
		{schema.Port{VLANMode: mode("access"), Trunks: []int{10}, Tag: id(10)}, "trunk 10", false},
	} {
		v, plain := columnsOf(tc.port)
		if v.String() != tc.want || plain != tc.plain {
			t.Errorf("%+v is %v, %v; want %s, %v", tc.port, v, plain, tc.want, tc.plain)
		}
	}
}

// Any name that the model allows survives the way through the database.
func TestRecordsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anyObject(t)
		if key := rootKey(o); key != "" {
			got, err := rootObject(key, rootValue(o))
			if err != nil || !model.Equal(got, o) || got.Key() != o.Key() {
				t.Fatalf("%s = %q reads %+v, %v", key, rootValue(o), got, err)
			}
			return
		}
		r := portOf(o)
		got, err := objectOf(r.name, r.ids)
		if err != nil || !model.Equal(got, o) {
			t.Fatalf("%+v reads %+v, %v", r, got, err)
		}
		if v, plain := columnsOf(columnsRow(r.vlans)); !plain || !v.Equal(vlansOf(o)) {
			t.Fatalf("columns of %v read %v", r.vlans, v)
		}
	})
}

func portOf(o model.Object) portRecord {
	switch o := o.(type) {
	case model.Gateway:
		return gatewayPort(o)
	case model.Uplink:
		return uplinkPort(o)
	}
	return attachmentPort(o.(model.Attachment))
}

// columnsRow is the row that vlanColumns writes, as it would be read.
func columnsRow(v model.VLANs) schema.Port {
	mode := string(v.Mode())
	p := schema.Port{VLANMode: &mode}
	if tag := int(v.Access + v.Native); tag != 0 {
		p.Tag = &tag
	}
	for _, id := range v.Trunk {
		p.Trunks = append(p.Trunks, int(id))
	}
	return p
}

func anyName(t *rapid.T, check func(string) error) string {
	return rapid.StringMatching(`[!-~äß日]{1,12}`).Filter(func(s string) bool { return check(s) == nil }).Draw(t, "name")
}

func anyVLANs(t *rapid.T) model.VLANs {
	vid := rapid.Custom(func(t *rapid.T) model.VID { return model.VID(rapid.IntRange(1, int(model.MaxVID)).Draw(t, "vid")) })
	switch rapid.IntRange(0, 2).Draw(t, "mode") {
	case 0:
		return model.VLANs{}
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
		list = append(list, netip.PrefixFrom(a, rapid.IntRange(1, a.BitLen()).Draw(t, "bits")))
	}
	return list
}

func anyMAC(t *rapid.T) model.MAC {
	m := model.MAC(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "mac"))
	m[0] &^= 1
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

func anyObject(t *rapid.T) model.Object {
	ns, ifname, sw := anyName(t, model.CheckNamespace), anyName(t, model.CheckIfname), anyName(t, model.CheckSwitch)
	to := anyAddr(t)
	switch rapid.IntRange(0, 8).Draw(t, "kind") {
	case 0:
		return model.Namespace{Name: ns}
	case 1:
		return model.Route{Namespace: ns, To: netip.PrefixFrom(to, 16).Masked(), Via: anyAddr(t)}
	case 2:
		return model.Link{A: anyEnd(t), B: anyEnd(t)}
	case 3:
		return model.NAT{Subnet: netip.PrefixFrom(to, 24).Masked(), OutInterface: ifname}
	case 4:
		return model.Allow{A: anySegment(t), B: anySegment(t), InterfaceA: ifname, InterfaceB: sw}
	case 5:
		value := rapid.StringMatching(`[ -~\t]{0,9}`)
		return model.Sysctl{Name: "net/" + ns, Before: value.Draw(t, "before"), Value: value.Draw(t, "value")}
	case 6:
		return model.Gateway{Switch: sw, VLAN: anyVLANs(t).Access, Interface: ifname, Addresses: anyPrefixes(t), VRF: ns}
	case 7:
		return model.Uplink{Interface: ifname, Switch: sw, VLANs: anyVLANs(t), WasUp: rapid.Bool().Draw(t, "up")}
	}
	return model.Attachment{
		Namespace: ns, Ifname: ifname, Switch: sw, VLANs: anyVLANs(t), Addresses: anyPrefixes(t),
		Gateways: []netip.Addr{to}, MAC: anyMAC(t), MTU: rapid.IntRange(0, 9000).Draw(t, "mtu"), Port: ifname,
	}
}
