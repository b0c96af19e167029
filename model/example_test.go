package model_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/ovsns/ovsns/model"
)

// The way from one State to another is a Plan, which can be read.
func Example() {
	before := model.NewState(
		model.Switch{Name: "sw0", Datapath: model.DatapathSystem},
		model.Namespace{Name: "red"},
		model.Attachment{
			Namespace: "red", Ifname: "eth0", Switch: "sw0", Port: "red-eth0",
			VLANs: model.VLANs{Access: 100},
		},
		model.Namespace{Name: "blue"},
	)

	after := before.Clone()
	red, _ := model.Get[model.Attachment](after, model.AttachmentKey("red", "eth0"))
	red.Access = 200
	red.Addresses = []netip.Prefix{netip.MustParsePrefix("172.16.10.1/24")}
	after.Put(red, model.Namespace{Name: "green"})
	after.Remove(model.NamespaceKey("blue"))

	if err := model.Diff(before, after).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// - namespace blue
	// + namespace green
	// ~ attachment red/eth0: vlan 100 -> vlan 200, address none -> 172.16.10.1/24
}

// A plan that was carried out in part is undone by its reverse.
func ExamplePlan_Reverse() {
	before := model.NewState(model.NAT{Subnet: netip.MustParsePrefix("10.20.0.0/24")})
	after := model.NewState(model.Switch{Name: "sw0", Datapath: model.DatapathNetdev})

	plan := model.Diff(before, after)
	for _, change := range plan.Reverse() {
		fmt.Println(change)
	}
	fmt.Println(len(model.Diff(before, plan.Reverse().Apply(after))), "differences are left")
	// Output:
	// - switch sw0: datapath netdev
	// + nat 10.20.0.0/24
	// 0 differences are left
}

// Failures are told apart by class; the hint is a command that mends them.
func ExampleError() {
	_, err := model.ParseAddress("172.16.10.1")
	fmt.Println("error:", err)
	fmt.Println("hint:", model.Hint(err))
	fmt.Println(errors.Is(err, model.ErrInvalid))
	// Output:
	// error: address 172.16.10.1 has no prefix length
	// hint: 172.16.10.1/24
	// true
}

func ExampleParseVLANs() {
	access, _ := model.ParseVLANs("100", "", "")
	trunk, _ := model.ParseVLANs("", "10,20-29", "10")
	fmt.Println(access, "is", access.Mode())
	fmt.Println(trunk, "is", trunk.Mode())

	_, err := model.ParseVLANs("4095", "", "")
	fmt.Println(err)
	// Output:
	// vlan 100 is access
	// trunk 10,20-29 native 10 is native-untagged
	// VLAN 4095 is outside 1 to 4094
}

// The host end of a veth tells whose it is, and is never too long.
func ExamplePortName() {
	fmt.Println(model.PortName("red", "eth0", 0))
	long := model.PortName("customer-4711-production", "eth0", 0)
	fmt.Println(long[:6], len(long))
	// Output:
	// red-eth0
	// custom 15
}

func ExampleLowestFree() {
	used := func(a netip.Addr) bool { return a == netip.MustParseAddr("172.16.10.1") }
	address, err := model.LowestFree(netip.MustParsePrefix("172.16.10.0/24"), used)
	fmt.Println(address, err)
	// Output: 172.16.10.2/24 <nil>
}
