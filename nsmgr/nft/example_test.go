package nft_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
)

// Two segments, of which one goes out by NAT; they do not reach each other.
func Example() {
	ctx := context.Background()
	host, err := nsmgr.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer host.Close()
	firewall := nft.New(host, model.Host)
	lab := nft.Rules{
		Segments: []string{"sw0", "sw0.100"},
		NAT: []nft.NAT{
			{NAT: model.NAT{Subnet: netip.MustParsePrefix("172.16.10.0/24")}},
		},
	}
	if err := firewall.Apply(ctx, lab, nft.Rules{}); err != nil {
		fmt.Println(err)
		return
	}
	now, err := firewall.Observe(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range now.NAT {
		fmt.Println(n.Subnet, n.Packets, "packets")
	}
	fmt.Println(firewall.Apply(ctx, nft.Rules{}, lab)) // leaves nothing behind
	// Output:
	// 172.16.10.0/24 0 packets
	// <nil>
}
