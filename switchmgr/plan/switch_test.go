package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

func TestCreateSwitch(t *testing.T) {
	l := newLab(t)
	want(t, l.must(createSwitch("")), "+ switch sw0: datapath system")
	want(t, l.must(createSwitch("sw0")), "")
	want(t, l.must(func(e *plan.Editor) error {
		return e.CreateSwitch(plan.SwitchRequest{Name: "sw1", Datapath: model.DatapathNetdev, Gateways: cidrs("10.0.0.254/24"), NAT: true, OutInterface: "eth0"})
	}),
		"+ sysctl net/ipv4/ip_forward: value 1, before 0",
		"+ switch sw1: datapath netdev",
		"+ gateway sw1: interface sw1, address 10.0.0.254/24",
		"+ nat 10.0.0.0/24: out-interface eth0")
	// auto keeps what there is, another choice changes it.
	want(t, l.must(func(e *plan.Editor) error {
		return e.CreateSwitch(plan.SwitchRequest{Name: "sw1", Datapath: model.DatapathAuto})
	}), "")
	want(t, l.must(func(e *plan.Editor) error {
		return e.CreateSwitch(plan.SwitchRequest{Name: "sw1", Datapath: model.DatapathSystem})
	}), "~ switch sw1: datapath netdev -> system")
	want(t, l.must(createSwitch("sw1", "10.0.0.253/24")), "~ gateway sw1: address 10.0.0.254/24 -> 10.0.0.253/24")
}

func TestCreateSwitchRefuses(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), gateway(100, "10.1.0.254/24"), attach("red"))
	l.host.Taken["br-int"] = plan.TakenForeign
	tests := []struct {
		name    string
		class   error
		message string
		edit    edit
	}{
		{"a stranger's bridge", model.ErrNotManaged, "br-int", createSwitch("br-int")},
		{"a stranger's interface", model.ErrNotManaged, "eth0", createSwitch("eth0")},
		{"the port of a namespace", model.ErrConflict, "attachment red/eth0", createSwitch("red-eth0")},
		{"a gateway's interface", model.ErrConflict, "gateway sw0:100", createSwitch("sw0.100")},
		{"too long", model.ErrInvalid, "16 bytes", createSwitch("abcdefghijklmnop")},
		{"a path", model.ErrInvalid, "'/'", createSwitch("a/b")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			l.refused(tt.class, tt.message, "", tt.edit)
		})
	}
	l.t = t
	l.refused(model.ErrInvalid, "needs a gateway", "--gateway", func(e *plan.Editor) error {
		return e.CreateSwitch(plan.SwitchRequest{Name: "sw1", NAT: true})
	})
}

func TestDeleteSwitch(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), createSwitch("sw1"))
	l.must(gatewayNAT(100, "", "10.1.0.254/24"), allow("sw0", "sw0:100"), func(e *plan.Editor) error {
		return e.AddUplink(plan.UplinkRequest{Interface: "eth1", Switch: "sw0"})
	})
	l.must(attach("red", "-s", "sw0"), attach("red", "-s", "sw1"), attach("blue", "-s", "sw0", "--vlan", "100"))
	l.must(addRoute("red", "192.168.0.0/16", "10.0.0.254"))

	l.refused(model.ErrNotFound, "sw9", "ovsns switch", deleteSwitch("sw9", true))
	l.refused(model.ErrConflict, "namespaces blue, red are still attached to switch sw0", "ovsns switch delete sw0 --force",
		deleteSwitch("sw0", false))
	want(t, l.must(deleteSwitch("sw0", true)),
		"- allow sw0,sw0:100: interface-a sw0, interface-b sw0.100",
		"- nat 10.1.0.0/24",
		"- route red/192.168.0.0/16: via 10.0.0.254",
		"- attachment red/eth0: switch sw0, port red-eth0, untagged, address 10.0.0.1/24, gateway 10.0.0.254",
		"- attachment blue/eth0: switch sw0, port blue-eth0, vlan 100, address 10.1.0.1/24, gateway 10.1.0.254",
		"- uplink eth1: switch sw0, untagged",
		"- gateway sw0:100: interface sw0.100, address 10.1.0.254/24",
		"- gateway sw0: interface sw0, address 10.0.0.254/24",
		"- switch sw0: datapath system",
		"- sysctl net/ipv4/ip_forward: value 1, before 0")
	l.refused(model.ErrConflict, "namespace red is still attached", "--force", deleteSwitch("sw1", false))
	l.must(detach("red", "", ""))
	want(t, l.must(deleteSwitch("", false)), "- switch sw1: datapath system")
}

func TestSetGateway(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	want(t, l.must(gateway(100, "10.1.0.254/24", "2001:db8:1::1/64")),
		"+ gateway sw0:100: interface sw0.100, address 10.1.0.254/24 2001:db8:1::1/64")
	want(t, l.must(gateway(100, "10.1.0.254/24", "2001:db8:1::1/64")), "")
	want(t, l.must(gateway(100, "10.1.0.1/24")), "~ gateway sw0:100: address 10.1.0.254/24 2001:db8:1::1/64 -> 10.1.0.1/24")
	l.refused(model.ErrInvalid, "needs a gateway", "--gateway", gateway(200))
	l.refused(model.ErrInvalid, "overlap", "", gateway(200, "10.2.0.1/24", "10.2.0.2/16"))
	l.refused(model.ErrInvalid, "overlap", "", gateway(200, "10.2.0.1/24", "10.2.0.1/24"))
	l.must(gateway(200, "10.2.0.1/24", "10.2.0.2/24"))

	l.host.Interfaces["sw0.300"] = plan.Interface{Owner: plan.TakenForeign}
	l.refused(model.ErrNotManaged, "sw0.300", "", gateway(300, "10.3.0.1/24"))
	l.must(createSwitch("sw0.400"))
	l.refused(model.ErrConflict, "switch sw0.400", "", gateway(400, "10.4.0.1/24"))
}

func TestGatewayNAT(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	want(t, l.must(gatewayNAT(0, "eth0", "10.0.0.254/24", "2001:db8::1/64")),
		"+ sysctl net/ipv4/ip_forward: value 1, before 0",
		"+ sysctl net/ipv6/conf/all/forwarding: value 1, before 0",
		"+ gateway sw0: interface sw0, address 10.0.0.254/24 2001:db8::1/64",
		"+ nat 10.0.0.0/24: out-interface eth0",
		"+ nat 2001:db8::/64: out-interface eth0")
	want(t, l.must(gatewayNAT(0, "eth0", "10.0.0.254/24", "2001:db8::1/64"), gateway(0, "10.0.0.254/24", "2001:db8::1/64")), "")

	// A new subnet takes over the NAT of the old one, even when that
	// interface is gone by now.
	delete(l.host.Interfaces, "eth0")
	want(t, l.must(gateway(0, "10.0.9.254/24", "2001:db8::1/64")),
		"- nat 10.0.0.0/24: out-interface eth0",
		"~ gateway sw0: address 10.0.0.254/24 2001:db8::1/64 -> 10.0.9.254/24 2001:db8::1/64",
		"+ nat 10.0.9.0/24: out-interface eth0")
	l.refused(model.ErrNotFound, "eth9", "", gatewayNAT(0, "eth9", "10.0.9.254/24"))
	want(t, l.must(gatewayNAT(0, "", "10.0.9.254/24")),
		"- nat 2001:db8::/64: out-interface eth0",
		"- sysctl net/ipv6/conf/all/forwarding: value 1, before 0",
		"~ gateway sw0: address 10.0.9.254/24 2001:db8::1/64 -> 10.0.9.254/24",
		"~ nat 10.0.9.0/24: out-interface eth0 -> none")
}

func TestGatewaySetAgainAddsNoNAT(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24", "2001:db8::1/64"), addNAT("10.0.0.0/24", ""))
	want(t, l.must(gateway(0, "10.0.0.254/24", "2001:db8::1/64")), "")
	want(t, l.must(gateway(0, "10.0.0.254/24", "2001:db8:5::1/64")),
		"~ gateway sw0: address 10.0.0.254/24 2001:db8::1/64 -> 10.0.0.254/24 2001:db8:5::1/64")
	// Of two subnets one goes; the one that stays had no NAT.
	l.must(gateway(0, "10.0.0.254/24", "10.0.1.254/24"))
	want(t, l.must(gateway(0, "10.0.1.254/24")),
		"- nat 10.0.0.0/24", "- sysctl net/ipv4/ip_forward: value 1, before 0",
		"~ gateway sw0: address 10.0.0.254/24 10.0.1.254/24 -> 10.0.1.254/24")
	onlyOut := func(e *plan.Editor) error {
		return e.SetGateway(plan.GatewayRequest{VLAN: 7, Addresses: cidrs("10.7.0.1/24"), OutInterface: "eth0"})
	}
	l.refused(model.ErrInvalid, "--out-interface needs --nat", "--nat --out-interface eth0", onlyOut)
}

func TestDeleteGateway(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), gatewayNAT(100, "", "10.1.0.254/24"), addNAT("10.9.0.0/24", ""), allow("sw0", "sw0:100"))
	l.refused(model.ErrNotFound, "segment sw0:200 has no gateway", "", deleteGateway(200))
	want(t, l.must(deleteGateway(100)),
		"- allow sw0,sw0:100: interface-a sw0, interface-b sw0.100",
		"- nat 10.1.0.0/24",
		"- gateway sw0:100: interface sw0.100, address 10.1.0.254/24")
	l.must(deleteGateway(0))
	if !l.state.Has(model.NATKey(model.Host, cidrs("10.9.0.0/24")[0])) {
		t.Error("the NAT of another subnet is gone")
	}
}

// TestStandIns is on a host where a switch can make no interfaces.
func TestStandIns(t *testing.T) {
	l := newLab(t)
	l.host.Auto = model.DatapathDummy
	userspace := func(e *plan.Editor) error {
		return e.CreateSwitch(plan.SwitchRequest{Name: "sw0", Datapath: model.DatapathNetdev})
	}
	want(t, l.must(userspace), "+ switch sw0: datapath dummy")
	want(t, l.must(gateway(0, "10.0.0.254/24"), gateway(100, "10.1.0.254/24")),
		"+ gateway sw0: interface sw0, port sw0-sw, address 10.0.0.254/24",
		"+ gateway sw0:100: interface sw0.100, port sw0.100-sw, address 10.1.0.254/24")
	// Userspace is userspace: what a switch has it keeps, on other hosts too.
	l.host.Auto = model.DatapathSystem
	want(t, l.must(userspace), "")
	if file := plan.Export(l.state); file.Switches["sw0"].Datapath != model.DatapathNetdev {
		t.Errorf("exported as %q", file.Switches["sw0"].Datapath)
	}
	l.refused(model.ErrConflict, "gateway sw0:100", "", createSwitch("sw0.100-sw"))
	l.host.Interfaces["sw0.200-sw"] = plan.Interface{Owner: plan.TakenForeign}
	l.refused(model.ErrNotManaged, "sw0.200-sw", "", gateway(200, "10.2.0.254/24"))
	want(t, l.must(func(e *plan.Editor) error { return e.DeleteGateway("sw0", 0) }),
		"- gateway sw0: interface sw0, port sw0-sw, address 10.0.0.254/24")
}
