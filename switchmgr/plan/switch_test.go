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
