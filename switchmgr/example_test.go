package switchmgr_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// A switch with a gateway in VLAN 100, and two namespaces there.
func Example() {
	ctx := context.Background()
	m, err := switchmgr.Open(ctx, switchmgr.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	steps := []func() (*switchmgr.Result, error){
		func() (*switchmgr.Result, error) {
			return m.CreateSwitch(ctx, switchmgr.SwitchRequest{Name: "sw0"})
		},
		func() (*switchmgr.Result, error) {
			return m.SetGateway(ctx, switchmgr.GatewayRequest{
				VLAN:      100,
				Addresses: []netip.Prefix{netip.MustParsePrefix("172.16.10.254/24")},
			})
		},
		func() (*switchmgr.Result, error) {
			return m.Attach(ctx, switchmgr.AttachRequest{Namespace: "red", VLANs: &model.VLANs{Access: 100}})
		},
		func() (*switchmgr.Result, error) {
			return m.Attach(ctx, switchmgr.AttachRequest{Namespace: "blue", VLANs: &model.VLANs{Access: 100}})
		},
	}
	for _, step := range steps {
		if _, err := step(); err != nil {
			log.Fatal(err)
		}
	}

	lab, err := m.Show(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range lab.Switches[0].Attachments {
		fmt.Println(a.Namespace, a.Ifname, a.VLANs, a.Addresses, "via", a.Gateways)
	}
	if _, err := m.DestroyAll(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// blue eth0 vlan 100 [172.16.10.2/24] via [172.16.10.254]
	// red eth0 vlan 100 [172.16.10.1/24] via [172.16.10.254]
}

// With DryRun a verb returns its plan and does nothing.
func ExampleOptions_dryRun() {
	ctx := context.Background()
	m, err := switchmgr.Open(ctx, switchmgr.Options{DryRun: true})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	result, err := m.CreateSwitch(ctx, switchmgr.SwitchRequest{
		Name:     "sw0",
		Datapath: model.DatapathNetdev,
		Gateways: []netip.Prefix{netip.MustParsePrefix("172.16.10.254/24")},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, change := range result.Plan {
		fmt.Println(change)
	}
	// Output:
	// + switch sw0: datapath netdev
	// + gateway sw0: interface sw0, address 172.16.10.254/24
}

// Errors have a class to test for, and often a hint.
func ExampleManager_Attach_errors() {
	ctx := context.Background()
	m, err := switchmgr.Open(ctx, switchmgr.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	_, err = m.Attach(ctx, switchmgr.AttachRequest{Namespace: "red"})
	fmt.Println(errors.Is(err, model.ErrNotFound))
	fmt.Println(err)
	fmt.Println(model.Hint(err))
	// Output:
	// true
	// there is no switch
	// ovsns switch create
}
