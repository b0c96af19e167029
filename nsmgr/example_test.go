package nsmgr_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/ovsns/ovsns/nsmgr"
)

// A namespace with an interface, an address and a default route, joined to
// the host by a veth.
func Example() {
	ctx := context.Background()
	host, err := nsmgr.New()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()

	up := true
	for _, step := range []func() error{
		func() error { return host.CreateNamespaces(ctx, "red") },
		func() error {
			return host.CreateVeths(ctx, nsmgr.Veth{
				nsmgr.VethEnd{Name: "red-eth0", Alias: "ovsns: red eth0"},
				nsmgr.VethEnd{Namespace: "red", Name: "eth0", Alias: "ovsns: red eth0"},
			})
		},
		func() error { return host.SetLink(ctx, "", "red-eth0", nsmgr.LinkChange{Up: &up}) },
		func() error { return host.SetLink(ctx, "red", "eth0", nsmgr.LinkChange{Up: &up}) },
		func() error { return host.AddAddress(ctx, "red", "eth0", netip.MustParsePrefix("192.0.2.1/24")) },
		func() error {
			return host.ReplaceRoute(ctx, "red", nsmgr.Route{
				To:  netip.MustParsePrefix("0.0.0.0/0"),
				Via: netip.MustParseAddr("192.0.2.254"),
			})
		},
	} {
		if err := step(); err != nil {
			log.Fatal(err)
		}
	}

	link, _, err := host.FindLink(ctx, "red", "eth0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(link.Name, link.Kind, link.Addresses)
	if err := host.DeleteNamespaces(ctx, "red"); err != nil {
		log.Fatal(err)
	}
	_, found, err := host.FindLink(ctx, "", "red-eth0")
	fmt.Println(found, err)
	// Output:
	// eth0 veth [192.0.2.1/24]
	// false <nil>
}
