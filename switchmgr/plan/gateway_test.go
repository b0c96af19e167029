package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

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
