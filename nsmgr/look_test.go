package nsmgr

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// TestLook compares what one visit shows with the single questions.
func TestLook(t *testing.T) {
	h := routedHost(t)
	ctx := testContext(t)
	must(t, h.ReplaceRoute(ctx, "red", route("::/0", "2001:db8::fe")))
	in, found, err := h.Look(ctx, "red")
	must(t, err)
	links, err := h.Links(ctx, "red")
	must(t, err)
	routes, err := h.Routes(ctx, "red")
	must(t, err)
	if !found || !in.Managed || in.Name != "red" || !reflect.DeepEqual(in.Links, links) || !reflect.DeepEqual(in.Routes, routes) {
		t.Errorf("%+v, not %+v %+v", in, links, routes)
	}
	if len(links) < 2 || len(routes) < 3 {
		t.Errorf("links %+v, routes %+v", links, routes)
	}
	if _, found, err := h.Look(ctx, "nobody"); found || err != nil {
		t.Errorf("nobody: %v, %v", found, err)
	}

	ip(t, "netns", "add", "theirs")
	t.Cleanup(func() { ip(t, "netns", "delete", "theirs") })
	all, err := h.LookAll(ctx)
	must(t, err)
	var names []string
	for _, other := range all {
		names = append(names, other.Name)
		switch other.Name {
		case "red":
			if !reflect.DeepEqual(other, in) {
				t.Errorf("LookAll: %+v", other)
			}
		case "theirs":
			if other.Managed || other.Links != nil || other.Routes != nil {
				t.Errorf("LookAll: %+v", other)
			}
		}
	}
	if !slices.Contains(names, "red") || !slices.Contains(names, "theirs") || !slices.IsSorted(names) {
		t.Errorf("LookAll: %v", names)
	}
}

// TestForeignRoutes: routes of kinds that ovsns never makes.
func TestForeignRoutes(t *testing.T) {
	h := routedHost(t)
	for _, line := range [][]string{
		{"route", "add", "10.1.0.0/16", "nexthop", "via", "172.16.10.7", "nexthop", "via", "172.16.10.8"},
		{"route", "add", "2001:db8:1::/48", "nexthop", "via", "2001:db8::7", "nexthop", "via", "2001:db8::8"},
		{"nexthop", "add", "id", "9", "via", "172.16.10.9", "dev", "eth0"},
		{"route", "add", "10.2.0.0/16", "nhid", "9", "protocol", "bgp"},
		{"route", "add", "10.3.0.0/16", "via", "172.16.10.7", "table", "33"},
		{"route", "add", "10.4.0.0/16", "via", "172.16.10.7", "table", "1000"},
		{"route", "add", "unreachable", "10.5.0.0/16"},
		{"-6", "route", "add", "blackhole", "2001:db8:5::/48"},
	} {
		ip(t, append([]string{"-netns", "red"}, line...)...)
	}
	routes, err := h.Routes(testContext(t), "red")
	must(t, err)
	var got []string
	for _, r := range routes {
		if r.Protocol != "kernel" {
			got = append(got, fmt.Sprintf("%s %s %s %s", r.To, r.Via, r.Interface, r.Protocol))
		}
	}
	want := []string{
		"10.1.0.0/16 172.16.10.7 eth0 boot", "10.1.0.0/16 172.16.10.8 eth0 boot", "10.2.0.0/16 172.16.10.9 eth0 bgp",
		"2001:db8:1::/48 2001:db8::7 eth0 boot", "2001:db8:1::/48 2001:db8::8 eth0 boot",
	}
	if !slices.Equal(got, want) {
		t.Errorf("routes %q\nnot %q", got, want)
	}
}
