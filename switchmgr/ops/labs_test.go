package ops_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func ips(list ...string) switchmgr.AddressChoice {
	if len(list) == 0 {
		return switchmgr.AddressChoice{}
	}
	return switchmgr.AddressChoice{Choice: switchmgr.ChoiceList, List: cidrs(list...)}
}

func createSwitch(r switchmgr.SwitchRequest) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.CreateSwitch(ctx, r)
	}
}

func attach(r switchmgr.AttachRequest) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) { return m.Attach(ctx, r) }
}

func detach(ns string) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.Detach(ctx, switchmgr.DetachRequest{Namespace: ns})
	}
}

func setGateway(r switchmgr.GatewayRequest) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.SetGateway(ctx, r)
	}
}

func link(r switchmgr.LinkRequest) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) { return m.AddLink(ctx, r) }
}

func uplink(ifname, sw string, v model.VLANs) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddUplink(ctx, switchmgr.UplinkRequest{Interface: ifname, Switch: sw, VLANs: &v})
	}
}

func route(ns, to, via string) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		hop := netip.MustParseAddr(via)
		dest, err := model.ParseDestination(to, hop)
		if err != nil {
			return nil, err
		}
		return m.AddRoute(ctx, model.Route{Namespace: ns, To: dest, Via: hop})
	}
}

func nat(subnet, out string) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddNAT(ctx, model.NAT{Subnet: netip.MustParsePrefix(subnet), OutInterface: out})
	}
}

func allow(a, b string) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddAllow(ctx, a, b)
	}
}

func addAddress(ns, p string) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddAddress(ctx, ns, netip.MustParsePrefix(p), "")
	}
}

func deleteAddress(ns, p string) verb {
	return func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteAddress(ctx, ns, netip.MustParsePrefix(p), "")
	}
}

func vlans(access, trunk, native string) *model.VLANs {
	v, err := model.ParseVLANs(access, trunk, native)
	if err != nil {
		panic(err) // the test is wrong
	}
	return &v
}

func mac(s string) model.MAC {
	m, err := model.ParseMAC(s)
	if err != nil {
		panic(err) // the test is wrong
	}
	return m
}

// labs are whole networks that have, all together, each kind of object and each
// change of it.
var labs = map[string]struct {
	verbs []verb
	tso   bool
}{
	// W1 and W2 of the walkthroughs, and all that may be joined without a switch.
	"walkthroughs": {[]verb{
		createSwitch(switchmgr.SwitchRequest{}),
		uplink("nic0", "", *vlans("", "100,200", "")),
		attach(switchmgr.AttachRequest{Namespace: "ns1", VLANs: vlans("100", "", ""), IP: ips("192.168.0.1/24")}),
		setGateway(switchmgr.GatewayRequest{VLAN: 200, Addresses: cidrs("192.168.0.1/24")}),
		link(switchmgr.LinkRequest{A: "testns1", B: "host", IPA: cidrs("192.168.20.102/24"), IPB: cidrs("192.168.20.101/24")}),
		link(switchmgr.LinkRequest{A: "host", B: "testns2", IPA: cidrs("192.168.10.101/24"), IPB: cidrs("192.168.10.102/24")}),
		route("testns1", "default", "192.168.20.101"),
		route("testns2", "default", "192.168.10.101"),
		allow("testns1", "testns2"),
		nat("192.168.20.0/24", ""),
		link(switchmgr.LinkRequest{A: "ns1", B: "ns2", IPA: cidrs("192.0.2.1/24"), IPB: cidrs("192.0.2.2/24"),
			MACA: mac("00:00:5E:00:53:11"), MACB: mac("00:00:5E:00:53:12")}),
		route("ns1", "203.0.113.0/24", "192.0.2.2"),
		link(switchmgr.LinkRequest{A: "ns2", B: "ns1", IPA: cidrs("192.0.2.9/24"), MACA: mac("00:00:5E:00:53:13")}),
		attach(switchmgr.AttachRequest{Namespace: "red", VLANs: vlans("", "10,20-29", "")}),
		attach(switchmgr.AttachRequest{Namespace: "blue", VLANs: vlans("", "10,20-29", "10"), IP: ips("10.0.0.1/24")}),
		attach(switchmgr.AttachRequest{Namespace: "red", VLANs: vlans("10", "", ""), IP: ips("10.0.0.3/24")}),
		attach(switchmgr.AttachRequest{Namespace: "blue", VLANs: vlans("", "10,30", "10")}),
		uplink("nic0", "", *vlans("", "10,20", "10")),
		uplink("nic1", "", *vlans("20", "", "")),
		detach("red"),
	}, true},
	"changes": {[]verb{
		createSwitch(switchmgr.SwitchRequest{Gateways: cidrs("10.0.0.254/24"), NAT: true}),
		createSwitch(switchmgr.SwitchRequest{Name: "sw1", Gateways: cidrs("10.1.0.254/24"), NAT: true, OutInterface: "wan"}),
		setGateway(switchmgr.GatewayRequest{Switch: "sw0", VLAN: 100, Addresses: cidrs("10.2.0.254/24"), NAT: true}),
		attach(switchmgr.AttachRequest{Namespace: "red", Switch: "sw0"}),
		attach(switchmgr.AttachRequest{Namespace: "red", Switch: "sw1"}), // no second default route
		attach(switchmgr.AttachRequest{Namespace: "red", Switch: "sw1", Gateway: switchmgr.GatewayChoice{
			Choice: switchmgr.ChoiceList, List: []netip.Addr{netip.MustParseAddr("10.1.0.254")}}}), // moves there
		attach(switchmgr.AttachRequest{Namespace: "blue", Switch: "sw0"}),
		addAddress("blue", "10.0.0.77/24"),
		addAddress("blue", "2001:db8::7/64"),
		deleteAddress("blue", "10.0.0.2/24"), // the first of its subnet
		addAddress("blue", "10.0.0.78/24"),
		attach(switchmgr.AttachRequest{Namespace: "blue", Switch: "sw0", IP: ips("10.0.0.78/24", "10.0.0.77/24", "2001:db8::7/64")}), // the other first
		route("blue", "2001:db8:9::/64", "fe80::9"),
		attach(switchmgr.AttachRequest{Namespace: "green", Switch: "sw0"}),
		attach(switchmgr.AttachRequest{Namespace: "green", Switch: "sw0", VLANs: vlans("100", "", ""), MTU: 1300, MAC: mac("02:00:00:00:00:01")}),
		setGateway(switchmgr.GatewayRequest{Switch: "sw0", Addresses: cidrs("10.0.0.253/24")}), // red and blue follow
		nat("10.0.0.0/24", "wan"), // in place
		nat("10.0.0.0/25", ""),    // in the middle
		nat("192.168.0.0/16", ""),
		func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteNAT(ctx, netip.MustParsePrefix("10.2.0.0/24"))
		},
		allow("sw0", "sw1"),
		allow("sw0:100", "sw1"),
		func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteGateway(ctx, "sw0", 100)
		},
	}, true},
	// Without TSO in the switch the senders complete their checksums themselves.
	"strange names": {[]verb{
		createSwitch(switchmgr.SwitchRequest{Name: `$(x)'{*`, Gateways: cidrs("10.0.0.254/24"), NAT: true}),
		createSwitch(switchmgr.SwitchRequest{Name: "ä=b,@[~#", Gateways: cidrs("10.1.0.254/24", "2001:db8:1::fe/64")}),
		createSwitch(switchmgr.SwitchRequest{Name: "type*", Gateways: cidrs("10.2.0.254/24"), NAT: true}),
		attach(switchmgr.AttachRequest{Namespace: `re'd";$(echo)`, Switch: `$(x)'{*`, Ifname: "a=b.c*"}),
		attach(switchmgr.AttachRequest{Namespace: "123", Switch: "ä=b,@[~#", Ifname: "up"}),
		setGateway(switchmgr.GatewayRequest{Switch: "type*", VLAN: 7, Addresses: cidrs("10.7.0.254/24", "2001:db8:7::1/64"), NAT: true}),
		attach(switchmgr.AttachRequest{Namespace: strings.Repeat("ü", 100), Switch: "type*", VLANs: vlans("7", "", ""), MTU: 1400}),
		link(switchmgr.LinkRequest{A: "123", B: `re'd";$(echo)`, IPA: cidrs("192.0.2.1/24"), IPB: cidrs("192.0.2.2/24")}),
		link(switchmgr.LinkRequest{A: "123", B: "host", IPA: cidrs("192.0.3.1/24"), IPB: cidrs("192.0.3.2/24")}),
		allow(`$(x)'{*`, "ä=b,@[~#"),
		nat("10.1.0.0/24", "wan"),
		nat("10.1.0.0/24", "type*"),
	}, false},
}

// TestLabs compares ovsns with its scripts on whole labs.
func TestLabs(t *testing.T) {
	for name, lab := range labs {
		t.Run(name, func(t *testing.T) { differ(t, lab.verbs, lab.tso) })
	}
}
