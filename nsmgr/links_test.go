package nsmgr

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
)

func TestCreateVeths(t *testing.T) {
	h := newHost(t)
	create(t, h, "red", "blue")
	mac := model.MAC{2, 0, 0, 0, 0, 1}
	ip(t, "link", "add", "eth0", "type", "veth", "peer", "name", "eth1") // the host may have the same names
	for _, ends := range [][2]VethEnd{
		{{Name: "red-eth0", Alias: "ovsns: red eth0", Quiet: true}, {Namespace: "red", Name: "eth0", MAC: mac, MTU: 1400}},
		{{Namespace: "red", Name: "eth1", Alias: "ovsns", Quiet: true, MAC: mac, MTU: 9000}, {Namespace: "blue", Name: "eth1", Alias: "ovsns: x"}},
		{{Namespace: "red", Name: "eth2"}, {Name: "host2", Alias: "ovsns: h", Quiet: true, MTU: 1300}},
		{{Name: "host3", Alias: "ovsns: a"}, {Name: "host4", Alias: "ovsns: b", Quiet: true, MAC: mac}},
	} {
		must(t, h.CreateVeths(testContext(t), Veth{ends[0], ends[1]}))
		for _, e := range ends {
			checkEnd(t, h, e)
		}
	}
}

func checkEnd(t *testing.T, h *Host, e VethEnd) {
	t.Helper()
	got := ipLinkOf(t, e.Namespace, e.Name)
	mode := "eui64"
	if e.Quiet {
		mode = "none"
	}
	mtu := e.MTU
	if mtu == 0 {
		mtu = 1500
	}
	if got.Alias != e.Alias || got.Mode != mode || got.MTU != mtu || slices.Contains(got.Flags, "UP") {
		t.Errorf("%+v became %+v", e, got)
	}
	if !e.MAC.IsZero() && got.Address != e.MAC.String() {
		t.Errorf("%+v has MAC %s", e, got.Address)
	}
	l, found, err := h.FindLink(testContext(t), e.Namespace, e.Name)
	if err != nil || !found || l.Index != got.Index || l.MAC.String() != got.Address || l.MTU != got.MTU ||
		l.Alias != got.Alias || l.Kind != "veth" || l.Up || l.Managed() != strings.HasPrefix(e.Alias, "ovsns") {
		t.Errorf("FindLink %+v %v %v, ip %+v", l, found, err, got)
	}
}

func TestCreateVethsUp(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red", "blue")
	v4, v6 := netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8::1/64")
	host, inside := VethEnd{Name: "red-eth0", Quiet: true, Up: true}, VethEnd{Namespace: "red", Name: "eth0", Up: true}
	inside.Addresses = []netip.Prefix{v4, v6, v4, v6} // repeated: still fine
	must(t, h.CreateVeths(ctx,
		Veth{host, inside},
		Veth{{Namespace: "red", Name: "eth1", Up: true, Addresses: []netip.Prefix{v6}}, {Namespace: "blue", Name: "eth1"}},
	))
	for _, e := range []VethEnd{host, inside, {Namespace: "red", Name: "eth1", Up: true}, {Namespace: "blue", Name: "eth1"}} {
		if got := ipLinkOf(t, e.Namespace, e.Name); slices.Contains(got.Flags, "UP") != e.Up {
			t.Errorf("%+v became %+v", e, got)
		}
	}
	if got := addressesOf(t, h); got != "[192.0.2.1/24 2001:db8::1/64]" {
		t.Errorf("addresses %s", got)
	}
	if l := ipLinkOf(t, "", "red-eth0"); len(l.Addresses) != 0 {
		t.Errorf("the quiet end has %+v", l.Addresses)
	}
	again := VethEnd{Namespace: "red", Name: "eth2", Up: true, Addresses: []netip.Prefix{v6, netip.MustParsePrefix("2001:db8::1/48")}}
	wantClass(t, h.CreateVeths(ctx, Veth{{Name: "red-eth2", Quiet: true, Up: true}, again}), model.ErrConflict)
	if _, found, err := h.FindLink(ctx, "", "red-eth2"); found || err != nil {
		t.Errorf("a failure left the host's end: %v", err)
	}
}

func TestCreateVethTakenNames(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "ours")
	ip(t, "link", "add", "theirs", "type", "veth", "peer", "name", "theirs-peer")
	for _, c := range []struct {
		host, inside string
		class        error
	}{
		{"ours", "eth1", model.ErrConflict},
		{"theirs", "eth1", model.ErrNotManaged},
		{"new", "eth0", model.ErrNotManaged}, // no mark in the namespace
		{"a/b", "eth1", model.ErrInvalid},
		{"sixteen-letters-", "eth1", model.ErrInvalid},
		{"new", "lo", model.ErrInvalid},
	} {
		err := h.CreateVeths(ctx, Veth{VethEnd{Name: c.host, Alias: mark}, VethEnd{Namespace: "red", Name: c.inside}})
		wantClass(t, err, c.class)
	}
	wantClass(t, h.CreateVeths(ctx, Veth{VethEnd{Name: "new"}, VethEnd{Namespace: "nobody", Name: "eth1"}}), model.ErrNotFound)
	if links, err := h.Links(ctx, "red"); len(links) != 2 || err != nil {
		t.Errorf("links of red: %+v %v", links, err)
	}
	if _, found, _ := h.FindLink(ctx, "", "new"); found {
		t.Error("a failure left the host's end")
	}
}

func TestCreateVethFailsWhole(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	long := strings.Repeat("x", 300) // IFALIASZ is 256
	err := h.CreateVeths(ctx, Veth{VethEnd{Name: "a", Alias: mark}, VethEnd{Namespace: "red", Name: "b", Alias: long}})
	wantClass(t, err, model.ErrInvalid)
	wantClass(t, h.CreateVeths(ctx, Veth{VethEnd{Name: "a", MTU: 1 << 20}, VethEnd{Namespace: "red", Name: "b"}}), model.ErrInvalid)
	for _, ns := range []string{"", "red"} {
		links, err := h.Links(ctx, ns)
		if err != nil || len(links) != 1 {
			t.Errorf("links of %q: %+v %v", ns, links, err)
		}
	}
}

func TestDeleteLinks(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "ours")
	ip(t, "link", "add", "theirs", "type", "veth", "peer", "name", "theirs-peer")
	wantClass(t, h.DeleteLinks(ctx, "", "theirs"), model.ErrNotManaged)
	wantClass(t, h.DeleteLinks(ctx, "red", "eth0"), model.ErrNotManaged)
	must(t, h.DeleteLinks(ctx, "", "ours"))
	must(t, h.DeleteLinks(ctx, "", "ours"))
	must(t, h.DeleteLinks(ctx, "", "no such name at all"))
	if _, found, err := h.FindLink(ctx, "red", "eth0"); found || err != nil {
		t.Errorf("the other end: %v %v", found, err)
	}
}

func TestDeleteManyLinks(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	ip(t, "link", "add", "theirs", "type", "veth", "peer", "name", "theirs-peer")
	var names []string
	for i := range 50 {
		name := fmt.Sprint("ours", i)
		attach(t, h, "red", fmt.Sprint("eth", i), name)
		names = append(names, name)
	}
	wantClass(t, h.DeleteLinks(ctx, "", append(names, "theirs")...), model.ErrNotManaged)
	if links, err := h.Links(ctx, "red"); err != nil || len(links) != 51 {
		t.Errorf("a refused deletion left %d interfaces: %v", len(links), err)
	}
	must(t, h.DeleteLinks(ctx, "", append(names, "absent")...))
	if links, err := h.Links(ctx, "red"); err != nil || len(links) != 1 {
		t.Errorf("%d interfaces are left: %v", len(links), err)
	}
	if _, found, err := h.FindLink(ctx, "", "theirs"); !found || err != nil {
		t.Errorf("somebody else's link is gone: %v", err)
	}
}

func TestSetLink(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	mac := model.MAC{2, 0, 0, 0, 0, 9}
	must(t, h.SetLink(ctx, "red", "eth0", LinkChange{
		Up: new(true), MAC: &mac, MTU: new(1280), Alias: new("x"), TxChecksum: new(false),
	}))
	must(t, h.SetLink(ctx, "red", "lo", LinkChange{Up: new(true)}))
	got := ipLinkOf(t, "red", "eth0")
	if !slices.Contains(got.Flags, "UP") || got.Address != mac.String() || got.MTU != 1280 || got.Alias != "x" {
		t.Errorf("ip shows %+v", got)
	}
	if lo := ipLinkOf(t, "red", "lo"); !slices.Contains(lo.Flags, "UP") {
		t.Errorf("lo: %+v", lo)
	}
	offload := func() bool {
		return strings.Contains(ip(t, "netns", "exec", "red", "ethtool", "-k", "eth0"), "tx-checksumming: on")
	}
	if offload() {
		t.Error("tx checksumming is still on")
	}
	must(t, h.SetLink(ctx, "red", "eth0", LinkChange{Up: new(false), TxChecksum: new(true), Alias: new("")}))
	got = ipLinkOf(t, "red", "eth0")
	if slices.Contains(got.Flags, "UP") || got.Alias != "" || !offload() {
		t.Errorf("ip shows %+v", got)
	}
	wantClass(t, h.SetLink(ctx, "red", "eth7", LinkChange{Up: new(true)}), model.ErrNotFound)
	wantClass(t, h.SetLink(ctx, "red", "eth7", LinkChange{TxChecksum: new(true)}), model.ErrNotFound)
	wantClass(t, h.SetLink(ctx, "red", "eth0", LinkChange{MTU: new(1)}), model.ErrInvalid)
}

// TestQuietEndTakesNothing: not from somebody who sends to all MACs, nor where the
// host's rp_filter for all makes that of the end loose.
func TestQuietEndTakesNothing(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red", "loud")
	must(t, h.CreateVeths(ctx, Veth{VethEnd{Name: "other", Up: true}, VethEnd{Name: "other1", Up: true}}))
	must(t, h.AddAddress(ctx, "", "other", netip.MustParsePrefix("192.0.2.1/24")))
	attach(t, h, "red", "eth0", "red-eth0")
	must(t, h.CreateVeths(ctx, Veth{VethEnd{Name: "loud-eth0"}, VethEnd{Namespace: "loud", Name: "eth0"}}))
	for _, ns := range []string{"red", "loud"} {
		must(t, h.SetLink(ctx, ns, "eth0", LinkChange{Up: new(true)}))
		must(t, h.SetLink(ctx, "", ns+"-eth0", LinkChange{Up: new(true)}))
		must(t, h.AddAddress(ctx, ns, "eth0", netip.MustParsePrefix("192.0.2.2/24")))
		ip(t, "-n", ns, "neigh", "add", "192.0.2.1", "lladdr", "ff:ff:ff:ff:ff:ff", "dev", "eth0", "nud", "permanent")
	}
	for _, all := range []string{"2", "0"} {
		must(t, h.SetSysctl("", "net/ipv4/conf/all/rp_filter", all))
		for _, ns := range []string{"red", "loud"} {
			before := echoes(t)
			_ = exec.CommandContext(ctx, "ip", "netns", "exec", ns, "ping", "-c", "1", "-W", "0.3", "192.0.2.1").Run()
			if taken := echoes(t) != before; taken != (ns == "loud" && all == "0") {
				t.Errorf("from %s taken: %v, with rp_filter %s for all", ns, taken, all)
			}
		}
	}
}

// echoes returns a line that counts the pings to the host.
func echoes(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/net/snmp")
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 9 && fields[0] == "Icmp:" && fields[1] != "InMsgs" {
			return fields[9]
		}
	}
	t.Fatalf("no count in %s", text)
	return ""
}

func TestQuietEndStaysQuiet(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	must(t, h.SetLink(ctx, "red", "eth0", LinkChange{Up: new(true)}))
	must(t, h.SetLink(ctx, "", "red-eth0", LinkChange{Up: new(true)}))
	if l := ipLinkOf(t, "", "red-eth0"); len(l.Addresses) != 0 {
		t.Errorf("the quiet end has %+v", l.Addresses)
	}
	if l := ipLinkOf(t, "red", "eth0"); len(l.Addresses) != 1 || l.Addresses[0].Scope != "link" {
		t.Errorf("the other end has %+v", l.Addresses)
	}
	if l, _, err := h.FindLink(ctx, "red", "eth0"); err != nil || len(l.Addresses) != 0 || !l.Up {
		t.Errorf("FindLink: %+v %v", l, err)
	}
	for path, want := range map[string]string{
		"net/ipv4/conf/red-eth0/rp_filter": "1", "net/ipv6/conf/red-eth0/disable_ipv6": "1",
		"net/ipv4/conf/all/rp_filter": "0", "net/ipv6/conf/all/disable_ipv6": "0",
	} {
		if got, err := h.Sysctl("", path); got != want || err != nil {
			t.Errorf("%s is %q %v, want %q", path, got, err, want)
		}
	}
	// ARP asks by broadcast, which the host hears on every interface.
	must(t, h.CreateVeths(ctx, Veth{VethEnd{Name: "other"}, VethEnd{Name: "other1"}}))
	must(t, h.SetLink(ctx, "", "other", LinkChange{Up: new(true)}))
	must(t, h.AddAddress(ctx, "", "other", netip.MustParsePrefix("192.0.2.1/24")))
	must(t, h.AddAddress(ctx, "red", "eth0", netip.MustParsePrefix("192.0.2.2/24")))
	must(t, h.Do("red", func() error {
		_ = exec.CommandContext(ctx, "ping", "-c", "1", "-W", "1", "192.0.2.1").Run() // nobody there
		neighbours, err := exec.CommandContext(ctx, "ip", "neigh", "show", "to", "192.0.2.1").Output()
		if strings.Contains(string(neighbours), "lladdr") {
			t.Errorf("the host answers on the quiet end: %s", neighbours)
		}
		return err
	}))
}

func TestAddresses(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	must(t, h.SetLink(ctx, "red", "eth0", LinkChange{Up: new(true)}))
	must(t, h.SetLink(ctx, "", "red-eth0", LinkChange{Up: new(true)}))
	v4, v4b := netip.MustParsePrefix("172.16.10.1/24"), netip.MustParsePrefix("172.16.10.5/24")
	v6 := netip.MustParsePrefix("2001:db8::1/64")
	for _, p := range []netip.Prefix{v4, v4b, v6, v4, v6} { // repeated: still fine
		must(t, h.AddAddress(ctx, "red", "eth0", p))
	}
	must(t, h.Do("red", func() error { // bind(2) refuses a tentative address
		l, err := net.ListenPacket("udp6", "[2001:db8::1]:0")
		if err == nil {
			err = l.Close()
		}
		return err
	}))
	for _, a := range ipLinkOf(t, "red", "eth0").Addresses {
		if a.Local == "2001:db8::1" && (a.Tentative || !a.NoDAD) {
			t.Errorf("the IPv6 address is not usable at once: %+v", a)
		}
	}
	if got := addressesOf(t, h); got != "[172.16.10.1/24 172.16.10.5/24 2001:db8::1/64]" {
		t.Errorf("addresses %s", got)
	}
	wantClass(t, h.AddAddress(ctx, "red", "eth0", netip.MustParsePrefix("2001:db8::1/48")), model.ErrConflict)
	wantClass(t, h.AddAddress(ctx, "red", "eth7", v4), model.ErrNotFound)
	must(t, h.DeleteAddress(ctx, "red", "eth0", v4)) // the primary one
	must(t, h.DeleteAddress(ctx, "red", "eth0", v4))
	must(t, h.DeleteAddress(ctx, "red", "eth7", v4))
	if got := addressesOf(t, h); got != "[172.16.10.5/24 2001:db8::1/64]" {
		t.Errorf("addresses %s", got)
	}
}

func addressesOf(t *testing.T, h *Host) string {
	t.Helper()
	links, err := h.Links(testContext(t), "red")
	must(t, err)
	one, found, err := h.FindLink(testContext(t), "red", "eth0")
	must(t, err)
	for _, l := range links {
		if l.Name == "eth0" && found && slices.Equal(l.Addresses, one.Addresses) {
			return fmt.Sprint(l.Addresses)
		}
	}
	t.Fatalf("Links %+v, FindLink %+v", links, one)
	return ""
}

func TestIPv6Disabled(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	must(t, h.SetSysctl("red", "net/ipv6/conf/eth0/disable_ipv6", "1"))
	err := h.AddAddress(ctx, "red", "eth0", netip.MustParsePrefix("2001:db8::1/64"))
	wantClass(t, err, model.ErrNotReady)
	if !strings.Contains(err.Error(), "IPv6 is disabled") {
		t.Errorf("the kernel's words are lost: %v", err)
	}
}

func TestWaitLink(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	for _, ns := range []string{"", "red"} {
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		wantClass(t, h.WaitLink(short, ns, "late"), model.ErrNotReady)
		cancel()
		done := make(chan error)
		go func() { done <- h.WaitLink(ctx, ns, "late") }()
		must(t, h.CreateVeths(ctx, Veth{VethEnd{Namespace: ns, Name: "first"}, VethEnd{Namespace: ns, Name: "other"}}))
		ip(t, append(inNS(ns), "link", "set", "first", "name", "late")...)
		must(t, <-done)
		must(t, h.WaitLink(ctx, ns, "late"))
		ip(t, append(inNS(ns), "link", "delete", "late")...)
	}
	wantClass(t, h.WaitLink(ctx, "nobody", "late"), model.ErrNotFound)
}

func TestListsUnderChurn(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			name := fmt.Sprintf("v%d", i%50)
			if h.CreateVeths(ctx, Veth{VethEnd{Name: name, Alias: mark}, VethEnd{Namespace: "red", Name: name}}) != nil {
				_ = h.DeleteLinks(ctx, "", name)
			}
		}
	})
	for range 200 {
		if _, err := h.Links(ctx, ""); err != nil {
			t.Error(err)
		}
		if _, err := h.Routes(ctx, ""); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}
