package nft

import (
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"github.com/ovsns/ovsns/nsmgr"
)

// flows of the subnets.
func flows(subnets ...string) (list []nsmgr.Flows) {
	for _, s := range subnets {
		list = append(list, nsmgr.Flows{Subnet: netip.MustParsePrefix(s)})
	}
	return list
}

// forget forgets flows in the place of the host and returns how many there were.
func (h *host) forget(list ...nsmgr.Flows) int {
	h.Helper()
	n, err := h.nsmgr.ForgetFlows(h.Context(), h.at, list...)
	if err != nil {
		h.Fatal(err)
	}
	return n
}

// pinging has a node ping addresses until the test ends: each a flow of its own.
func (h *host) pinging(node string, addrs []string) {
	h.Helper()
	for _, a := range addrs {
		cmd := exec.CommandContext(h.Context(), "ip", "netns", "exec", h.ns(node), "ping", "-n", "-q", "-i", "0.05", a)
		if err := cmd.Start(); err != nil {
			h.Fatal(err)
		}
		h.Cleanup(func() { _ = cmd.Wait() })
	}
}

// becomes reports whether the outside counts packets of one comment in both
// families, and none of another, before long.
func (h *host) becomes(seen, unseen string) bool {
	h.Helper()
	for range 40 {
		h.in("out", "nft delete table inet count")
		h.counting()
		<-time.After(250 * time.Millisecond)
		if h.seen(seen) == 2 && h.seen(unseen) == 0 {
			return true
		}
	}
	return false
}

// sees reports whether the outside counts any packet of a comment from now on.
func (h *host) sees(comment string) bool {
	h.Helper()
	h.in("out", "nft delete table inet count")
	h.counting()
	<-time.After(time.Second)
	return h.seen(comment) > 0
}

// TestRunningFlows: a flow keeps the NAT that it began with, or without, until it is
// forgotten. In the host and in a namespace.
func TestRunningFlows(t *testing.T) {
	t.Parallel()
	top := newHost(t)
	for _, h := range []*host{top, top.place("router")} {
		h.lab()
		h.counting()
		h.apply(Rules{Segments: []string{"sw0", "sw0.100"}, NAT: []NAT{nat("10.2.0.0/24", "")}}, Rules{})
		red := []string{"10.1.0.0/24", "2001:db8:1::/64"}
		h.pinging("red", outAddrs)
		if !h.becomes("unmasked", "masked") {
			t.Fatalf("without NAT:\n%s", h.in("out", "nft list ruleset"))
		}
		h.apply(nats(red...), Rules{})
		if h.sees("masked") {
			t.Error("the flows get NAT by themselves: the test shows nothing")
		}
		if n := h.forget(flows(red...)...); n < 2 {
			t.Errorf("%d flows forgotten", n)
		}
		if !h.becomes("masked", "unmasked") {
			t.Errorf("after nat add:\n%s", h.in("out", "nft list ruleset"))
		}
		h.apply(Rules{}, nats(red...))
		if h.sees("unmasked") {
			t.Error("the flows lose NAT by themselves: the test shows nothing")
		}
		h.forget(flows(red...)...)
		if !h.becomes("unmasked", "masked") {
			t.Errorf("after nat delete:\n%s", h.in("out", "nft list ruleset"))
		}
		h.sh("for n in red blue out; do ip netns delete " + h.ns("") + "$n; done; for l in sw0 sw0.100 eth0; do ip link delete $l 2>/dev/null || true; done")
	}
}

// TestOtherFlows: nobody else's are forgotten.
func TestOtherFlows(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.apply(wholeLab(), Rules{})
	h.apply(redAndBlue, Rules{})
	h.reaches("red", outAddrs, true)
	h.reaches("red", blueAddrs, true)
	h.reaches("blue", redAddrs, true)
	h.reaches("blue", []string{"10.2.0.254", "2001:db8:2::fe"}, true)
	if n := h.forget(flows("10.9.0.0/24", "2001:db8:9::/64")...); n != 0 {
		t.Errorf("%d flows of nobody", n)
	}
	pair := nsmgr.Flows{Subnet: netip.MustParsePrefix("10.2.0.0/24"), Peer: netip.MustParsePrefix("10.1.0.0/24")}
	if n := h.forget(pair); n != 2 {
		t.Errorf("%d flows between red and blue, want 2: one begun by each", n)
	}
	if n := h.forget(pair); n != 0 {
		t.Errorf("%d of them are still there", n)
	}
	if n := h.forget(flows("198.51.100.0/24")...); n != 1 {
		t.Errorf("%d flows to the outside, want that of red, by its far end", n)
	}
	if n := h.forget(flows("10.2.0.0/24")...); n != 1 {
		t.Errorf("%d flows of blue are left, want that to the host", n)
	}
	if n := h.forget(flows("2001:db8:1::/64")...); n < 3 {
		t.Errorf("%d flows of red in IPv6, want three at least", n)
	}
}
