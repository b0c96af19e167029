package plan_test

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// A switch with a gateway and NAT, and a namespace on it: what was asked for,
// and the plan that comes of it.
func Example() {
	recorded := model.NewState() // nothing was made so far
	host := plan.Host{
		Auto:    model.DatapathSystem,
		Sysctls: map[string]string{model.ForwardIPv4: "0"},
	}

	editor := plan.NewEditor(recorded, host)
	err := editor.CreateSwitch(plan.SwitchRequest{
		Name:     "sw0",
		Gateways: []netip.Prefix{netip.MustParsePrefix("172.16.10.254/24")},
		NAT:      true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := editor.Attach(plan.AttachRequest{Namespace: "red"}); err != nil {
		fmt.Println(err)
		return
	}

	changes, err := editor.Plan(recorded)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := changes.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// + sysctl net/ipv4/ip_forward: value 1, before 0
	// + switch sw0: datapath system
	// + namespace red
	// + gateway sw0: interface sw0, address 172.16.10.254/24
	// + attachment red/eth0: switch sw0, port red-eth0, untagged, address 172.16.10.1/24, gateway 172.16.10.254
	// + nat 172.16.10.0/24
}

// Two VLANs may not use the same subnet on one host.
func ExampleEditor_SetGateway() {
	editor := plan.NewEditor(model.NewState(model.Switch{Name: "sw0"}), plan.Host{})
	subnet := []netip.Prefix{netip.MustParsePrefix("192.168.0.254/24")}
	for _, vlan := range []model.VID{100, 200} {
		if err := editor.SetGateway(plan.GatewayRequest{VLAN: vlan, Addresses: subnet}); err != nil {
			fmt.Println(err)
			return
		}
	}
	_, err := editor.Plan(model.NewState())
	fmt.Println("error:", err)
	fmt.Println("hint:", model.Hint(err))
	// Output:
	// error: subnet 192.168.0.0/24 of sw0.100 overlaps 192.168.0.0/24 of sw0.200
	// hint: take another subnet, or keep the two apart with --vrf NAME
}

// A repeated wish plans nothing; a changed one plans just the change.
func ExampleEditor_Attach() {
	recorded := model.NewState(
		model.Switch{Name: "sw0"}, model.Namespace{Name: "red"},
		model.Attachment{Namespace: "red", Ifname: "eth0", Switch: "sw0", Port: "red-eth0", VLANs: model.VLANs{Access: 100}},
	)
	for _, vlan := range []model.VID{100, 200} {
		editor := plan.NewEditor(recorded, plan.Host{})
		err := editor.Attach(plan.AttachRequest{Namespace: "red", VLANs: &model.VLANs{Access: vlan}})
		if err != nil {
			fmt.Println(err)
			return
		}
		changes, err := editor.Plan(recorded)
		fmt.Println(vlan, changes, err)
	}
	// Output:
	// 100 [] <nil>
	// 200 [~ attachment red/eth0: vlan 100 -> vlan 200] <nil>
}
