package nsmgr

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// segment joins namespaces by a Linux bridge in the host, each with an address of
// both families that ends in its number.
func segment(t *testing.T, h *Host, names ...string) {
	t.Helper()
	ip(t, "link", "add", "br0", "type", "bridge")
	t.Cleanup(func() { ip(t, "link", "delete", "br0") })
	ip(t, "link", "set", "br0", "up")
	for i, ns := range names {
		create(t, h, ns)
		attach(t, h, ns, "eth0", ns+"-eth0")
		ip(t, "link", "set", ns+"-eth0", "master", "br0", "up")
		address(t, ns, i+1)
		ip(t, "-n", ns, "link", "set", "eth0", "up")
	}
}

func address(t *testing.T, ns string, n int) {
	t.Helper()
	ip(t, "-n", ns, "address", "add", fmt.Sprintf("192.0.2.%d/24", n), "dev", "eth0")
	ip(t, "-n", ns, "address", "add", fmt.Sprintf("2001:db8::%d/64", n), "dev", "eth0", "nodad")
}

// known returns which MAC a namespace has for an address.
func known(t *testing.T, ns, address string) string {
	t.Helper()
	for _, n := range ipJSON[struct{ Dst, LLAddr string }](t, "-n", ns, "neigh", "show", "to", address) {
		return n.LLAddr
	}
	return ""
}

// TestAnnounce moves the addresses of blue to green: red, who knows blue, is told.
func TestAnnounce(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	segment(t, h, "red", "blue", "green")
	moved := []string{"192.0.2.2", "2001:db8::2"}
	for _, a := range moved {
		out, err := exec.CommandContext(ctx, "ip", "netns", "exec", "red", "ping", "-c", "1", "-W", "10", a).CombinedOutput()
		if err != nil {
			t.Fatalf("%s", out)
		}
	}
	blue, green := ipLinkOf(t, "blue", "eth0").Address, ipLinkOf(t, "green", "eth0").Address
	ip(t, "-n", "blue", "link", "set", "eth0", "down")
	address(t, "green", 2)
	for _, a := range moved {
		if mac := known(t, "red", a); mac != blue {
			t.Errorf("red has %q for %s before, want that of blue", mac, a)
		}
	}
	must(t, h.Announce(ctx, "green", "eth0"))
	for _, a := range moved {
		if mac := known(t, "red", a); mac != green {
			t.Errorf("red has %q for %s afterwards, want that of green", mac, a)
		}
		if out, err := exec.CommandContext(ctx, "ip", "netns", "exec", "red", "ping", "-c", "1", "-W", "2", a).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	}

	wantClass(t, h.Announce(ctx, "blue", "eth0"), model.ErrInvalid) // is down
	wantClass(t, h.Announce(ctx, "blue", "eth1"), model.ErrNotFound)
	wantClass(t, h.Announce(ctx, "nobody", "eth0"), model.ErrNotFound)
	ip(t, "-n", "green", "address", "flush", "dev", "eth0")
	must(t, h.Announce(ctx, "green", "eth0")) // nothing to be told
}

// TestAnnounceRouter: a router says that it is one, and the kernels of others can
// read what is said.
func TestAnnounceRouter(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	segment(t, h, "red", "router")
	for forwarding, flags := range map[string]string{"0": "[20]", "1": "[a0]"} {
		must(t, h.SetSysctl("router", "net/ipv6/conf/eth0/forwarding", forwarding))
		l, _, err := h.FindLink(ctx, "router", "eth0")
		must(t, err)
		f := advertisement(l.MAC, l.Addresses[1].Addr(), forwarding == "1")
		if got := fmt.Sprintf("[%x]", f[14+40+4]); got != flags {
			t.Errorf("with forwarding %s the flags are %s, want %s", forwarding, got, flags)
		}
		// The kernel of red counts what it cannot make sense of.
		before := icmpErrors(t)
		must(t, h.Announce(ctx, "router", "eth0"))
		if after := icmpErrors(t); after != before {
			t.Errorf("red counts errors: %s, then %s", before, after)
		}
	}
}

func icmpErrors(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("ip", "netns", "exec", "red", "grep", "-E", "Icmp6InErrors|Icmp6InCsumErrors|Ip6InHdrErrors", "/proc/net/snmp6").Output()
	must(t, err)
	return strings.Join(strings.Fields(string(out)), " ")
}
