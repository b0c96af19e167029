package nsmgr

import (
	"fmt"
	"net/netip"
	"testing"
)

// BenchmarkNamespaces makes and deletes 100 namespaces, each with a veth to
// the host, an address, and checksum offload off; `ip` needs about a second.
func BenchmarkNamespaces(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				h := newHost(b)
				names := buildLab(b, h, n)
				must(b, h.DeleteNamespaces(testContext(b), names...))
				must(b, h.Close())
			}
		})
	}
}

func buildLab(b *testing.B, h *Host, n int) (names []string) {
	ctx := testContext(b)
	for i := range n {
		ns := fmt.Sprintf("ns%d", i)
		names = append(names, ns)
		create(b, h, ns)
		attach(b, h, ns, "eth0", ns+"-eth0")
		must(b, h.SetLink(ctx, ns, "eth0", LinkChange{Up: new(true), TxChecksum: new(false)}))
		address := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		must(b, h.AddAddress(ctx, ns, "eth0", netip.PrefixFrom(address, 16)))
		must(b, h.SetLink(ctx, "", ns+"-eth0", LinkChange{Up: new(true)}))
	}
	return names
}
