package nsmgr

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// routedHost has red with 172.16.10.1/24 and 2001:db8::1/64 on eth0, up.
func routedHost(t *testing.T) *Host {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	must(t, h.SetLink(ctx, "", "red-eth0", LinkChange{Up: new(true)}))
	must(t, h.SetLink(ctx, "red", "eth0", LinkChange{Up: new(true)}))
	for _, p := range []string{"172.16.10.1/24", "2001:db8::1/64"} {
		must(t, h.AddAddress(ctx, "red", "eth0", netip.MustParsePrefix(p)))
	}
	return h
}

func route(to, via string) Route {
	return Route{To: netip.MustParsePrefix(to), Via: netip.MustParseAddr(via)}
}

func TestRoutes(t *testing.T) {
	h := routedHost(t)
	ctx := testContext(t)
	for range 2 {
		for _, r := range []Route{
			route("0.0.0.0/0", "172.16.10.254"), route("::/0", "2001:db8::fe"),
			route("10.0.0.0/8", "172.16.10.7"), route("2001:db8:7::/48", "2001:db8::7"),
		} {
			must(t, h.ReplaceRoute(ctx, "red", r))
		}
	}
	must(t, h.ReplaceRoute(ctx, "red", route("10.0.0.0/8", "172.16.10.8")))
	must(t, h.ReplaceRoute(ctx, "red", route("2001:db8:7::/48", "2001:db8::8")))
	must(t, h.ReplaceRoute(ctx, "red", Route{To: netip.MustParsePrefix("10.9.0.0/16"), Interface: "eth0"}))
	compareRoutes(t, h, 7)

	must(t, h.DeleteRoute(ctx, "red", route("10.0.0.0/8", "172.16.10.99"))) // another one
	compareRoutes(t, h, 7)
	for range 2 {
		must(t, h.DeleteRoute(ctx, "red", route("10.0.0.0/8", "172.16.10.8")))
		must(t, h.DeleteRoute(ctx, "red", route("::/0", "2001:db8::fe")))
		must(t, h.DeleteRoute(ctx, "red", Route{To: netip.MustParsePrefix("10.9.0.0/16"), Interface: "eth0"}))
		must(t, h.DeleteRoute(ctx, "red", Route{To: netip.MustParsePrefix("10.9.0.0/16"), Interface: "eth7"}))
	}
	compareRoutes(t, h, 4)
}

// compareRoutes compares with ip(8); want counts those beside fe80.
func compareRoutes(t *testing.T, h *Host, want int) {
	t.Helper()
	var theirs, ours []string
	for _, family := range []string{"-4", "-6"} {
		for _, r := range ipJSON[struct{ Dst, Gateway, Dev, Protocol string }](t, family, "-n", "red", "route") {
			theirs = append(theirs, strings.Join([]string{r.Dst, r.Gateway, r.Dev, r.Protocol}, " "))
		}
	}
	routes, err := h.Routes(testContext(t), "red")
	must(t, err)
	count := 0
	for _, r := range routes {
		dst, via := r.To.String(), ""
		if r.To.Bits() == 0 {
			dst = "default"
		}
		if r.Via.IsValid() {
			via = r.Via.String()
		}
		if !strings.HasPrefix(dst, "fe80") {
			count++
		}
		ours = append(ours, strings.Join([]string{dst, via, r.Interface, r.Protocol}, " "))
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	if fmt.Sprint(ours) != fmt.Sprint(theirs) || count != want {
		t.Errorf("routes (%d, want %d)\n%q\nip shows\n%q", count, want, ours, theirs)
	}
}

func TestRouteErrors(t *testing.T) {
	h := routedHost(t)
	ctx := testContext(t)
	for _, r := range []Route{
		route("10.0.0.0/8", "192.0.2.1"),        // next hop not connected
		route("2001:db8:7::/48", "2001:db9::1"), // likewise
		route("172.16.10.0/24", "172.16.10.9"),  // the connected subnet itself
	} {
		err := h.ReplaceRoute(ctx, "red", r)
		wantClass(t, err, model.ErrConflict)
	}
	for _, r := range []Route{
		{}, {To: netip.MustParsePrefix("10.0.0.0/8")}, route("10.0.0.1/8", "172.16.10.9"),
		route("10.0.0.0/8", "2001:db8::7"),
	} {
		wantClass(t, h.ReplaceRoute(ctx, "red", r), model.ErrInvalid)
	}
	missing := route("10.0.0.0/8", "172.16.10.9")
	missing.Interface = "eth7"
	wantClass(t, h.ReplaceRoute(ctx, "red", missing), model.ErrNotFound)
	wantClass(t, h.ReplaceRoute(ctx, "nobody", route("10.0.0.0/8", "172.16.10.9")), model.ErrNotFound)
	compareRoutes(t, h, 2)
}
