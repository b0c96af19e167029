package model_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
)

func TestParseAddress(t *testing.T) {
	for _, text := range []string{
		"172.16.10.1/24", "10.0.0.254/8", "192.0.2.1/32", "10.0.0.0/31", "10.0.0.1/31", "10.0.0.1/30",
		"2001:db8::1/64", "2001:db8::ffff:ffff:ffff:ffff/64", "2001:db8::/127", "2001:db8::1/128", "fd00::1/8",
	} {
		if p, err := model.ParseAddress(text); err != nil || p.String() != text {
			t.Errorf("ParseAddress(%q) = %v, %v", text, p, err)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	tests := []struct{ text, hint string }{
		{"", ""},
		{"abc", ""},
		{"10.0.0.1/33", ""},
		{"10.0.0.1/-1", ""},
		{"10.0.0.1/024", ""},
		{"10.0.0/24", ""},
		{"10.0.0.1/24 ", ""},
		{"10.0.0.1/0", ""},
		{"fe80::1%eth0/64", ""},
		{"fe80::1/64", ""},
		{"fe80::1%eth0", ""},
		{"::ffff:10.0.0.1/120", ""},
		// Without a prefix.
		{"172.16.10.1", "172.16.10.1/24"},
		{"2001:db8::1", "2001:db8::1/64"},
		{"172.16.10.0", "172.16.10.1/24"},
		{"172.16.10.255", "172.16.10.254/24"},
		{"127.0.0.1", ""},
		// Network and broadcast.
		{"172.16.10.0/24", "172.16.10.1/24"},
		{"172.16.10.255/24", "172.16.10.254/24"},
		{"10.0.0.3/30", "10.0.0.2/30"},
		{"2001:db8::/64", "2001:db8::1/64"},
		// Nobody's.
		{"0.0.0.0/8", ""},
		{"::/64", ""},
		{"127.0.0.1/8", ""},
		{"::1/128", ""},
		{"224.0.0.1/24", ""},
		{"ff02::1/64", ""},
		{"255.255.255.255/32", ""},
	}
	for _, tt := range tests {
		p, err := model.ParseAddress(tt.text)
		if !errors.Is(err, model.ErrInvalid) || model.Hint(err) != tt.hint {
			t.Errorf("ParseAddress(%q) = %v, %v, hint %q; want ErrInvalid, hint %q", tt.text, p, err, model.Hint(err), tt.hint)
		}
	}
}

// prefixes generates addresses with a prefix length in both families.
func prefixes() *rapid.Generator[netip.Prefix] {
	return rapid.Custom(func(t *rapid.T) netip.Prefix {
		if rapid.Bool().Draw(t, "ipv6") {
			a := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
			return netip.PrefixFrom(netip.AddrFrom16(a), rapid.IntRange(0, 128).Draw(t, "bits"))
		}
		a := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
		// Edges of subnets are where mistakes are made.
		p := netip.PrefixFrom(netip.AddrFrom4(a), rapid.IntRange(0, 32).Draw(t, "bits"))
		if rapid.Bool().Draw(t, "network") {
			return p.Masked()
		}
		return p
	})
}

func TestParseAddressHintsAreAccepted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := prefixes().Draw(t, "prefix")
		for _, text := range []string{p.String(), p.Addr().String()} {
			got, err := model.ParseAddress(text)
			if err == nil && got != p {
				t.Fatalf("ParseAddress(%q) = %v", text, got)
			}
			if hint := model.Hint(err); hint != "" {
				if _, err := model.ParseAddress(hint); err != nil {
					t.Fatalf("ParseAddress(%q) hints at %q: %v", text, hint, err)
				}
			}
		}
	})
}

func TestParseSubnet(t *testing.T) {
	for _, text := range []string{"10.20.0.0/24", "2001:db8::/64", "192.0.2.1/32", "0.0.0.0/0"} {
		if p, err := model.ParseSubnet(text); err != nil || p.String() != text {
			t.Errorf("ParseSubnet(%q) = %v, %v", text, p, err)
		}
	}
	tests := []struct{ text, hint string }{
		{"10.20.0.1/24", "10.20.0.0/24"},
		{"2001:db8::1/64", "2001:db8::/64"},
		{"10.20.0.0", ""}, {"", ""}, {"10.20.0.0/40", ""}, {"::ffff:10.0.0.0/120", ""}, {"224.0.0.0/8", ""}, {"ff00::/8", ""},
	}
	for _, tt := range tests {
		_, err := model.ParseSubnet(tt.text)
		if !errors.Is(err, model.ErrInvalid) || model.Hint(err) != tt.hint {
			t.Errorf("ParseSubnet(%q): %v, hint %q; want ErrInvalid, hint %q", tt.text, err, model.Hint(err), tt.hint)
		}
	}
}

func TestParseIP(t *testing.T) {
	for _, text := range []string{"10.0.0.1", "2001:db8::1", "fe80::1"} {
		if a, err := model.ParseIP(text); err != nil || a.String() != text {
			t.Errorf("ParseIP(%q) = %v, %v", text, a, err)
		}
	}
	for _, text := range []string{"", "abc", "10.0.0.1/24", "10.0.0", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:10.0.0.1", "fe80::1%eth0"} {
		if a, err := model.ParseIP(text); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("ParseIP(%q) = %v, %v; want ErrInvalid", text, a, err)
		}
	}
}

func TestParseNextHop(t *testing.T) {
	for _, text := range []string{"10.0.0.1", "2001:db8::1", "fe80::1", "fe80::1%eth0"} {
		if a, err := model.ParseNextHop(text); err != nil || a.String() != text {
			t.Errorf("ParseNextHop(%q) = %v, %v", text, a, err)
		}
	}
	for _, text := range []string{"", "10.0.0.1%eth0", "2001:db8::1%eth0", "fe80::1%", "fe80::1%a/b", "ff02::1%eth0"} {
		if a, err := model.ParseNextHop(text); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("ParseNextHop(%q) = %v, %v; want ErrInvalid", text, a, err)
		}
	}
}

func TestMisplaced(t *testing.T) {
	tests := []struct{ has, after, want string }{
		{"10.0.0.1/24 10.0.0.2/24", "10.0.0.1/24 10.0.0.2/24", ""},
		{"10.0.0.1/24 10.0.0.2/24", "10.0.0.2/24 10.0.0.1/24", "10.0.0.2/24 10.0.0.1/24"},
		{"10.0.0.1/24 10.0.0.2/24 10.0.0.3/24", "10.0.0.1/24 10.0.0.3/24 10.0.0.2/24", "10.0.0.3/24 10.0.0.2/24"},
		{"10.0.0.1/24 10.9.0.1/24", "10.9.0.1/24 10.0.0.1/24", ""}, // two subnets
		{"10.9.0.1/24 10.0.0.1/24 10.0.0.2/24", "10.0.0.2/24 10.9.0.1/24 10.0.0.1/24", "10.0.0.2/24 10.0.0.1/24"},
		{"2001:db8::1/64 2001:db8::2/64", "2001:db8::2/64 2001:db8::1/64", ""},
	}
	for _, tt := range tests {
		got := model.Misplaced(list(t, tt.has), list(t, tt.after))
		if want := list(t, tt.want); !slices.Equal(got, want) {
			t.Errorf("Misplaced(%s, %s) = %v, want %v", tt.has, tt.after, got, want)
		}
	}
}

func list(t *testing.T, words string) []netip.Prefix {
	t.Helper()
	p, err := model.ParseAll(strings.Fields(words), netip.ParsePrefix)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParseDestination(t *testing.T) {
	v4, v6 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")
	tests := []struct {
		text string
		via  netip.Addr
		want string // "" is ErrInvalid
	}{
		{"default", v4, "0.0.0.0/0"},
		{"default", v6, "::/0"},
		{"0.0.0.0/0", v4, "0.0.0.0/0"},
		{"192.168.137.0/24", v4, "192.168.137.0/24"},
		{"192.168.137.7", v4, "192.168.137.7/32"},
		{"2001:db8:1::7", v6, "2001:db8:1::7/128"},
		{"192.168.137.1/24", v4, ""},
		{"192.168.137.0/24", v6, ""},
		{"192.168.137.7", v6, ""},
		{"2001:db8:1::7", v4, ""},
		{"224.0.0.1", v4, ""},
		{"fe80::1%eth0", v6, ""},
		{"defaults", v4, ""},
		{"", v4, ""},
	}
	for _, tt := range tests {
		got, err := model.ParseDestination(tt.text, tt.via)
		if tt.want == "" {
			if !errors.Is(err, model.ErrInvalid) {
				t.Errorf("ParseDestination(%q, %s) = %v, %v; want ErrInvalid", tt.text, tt.via, got, err)
			}
		} else if err != nil || got.String() != tt.want {
			t.Errorf("ParseDestination(%q, %s) = %v, %v; want %s", tt.text, tt.via, got, err, tt.want)
		}
	}
}

func TestLowestFree(t *testing.T) {
	tests := []struct {
		subnet string
		used   []string
		want   string // "" is ErrConflict
	}{
		{"172.16.10.0/24", nil, "172.16.10.1/24"},
		{"172.16.10.77/24", []string{"172.16.10.1", "172.16.10.2", "172.16.10.4"}, "172.16.10.3/24"},
		{"10.0.0.0/30", []string{"10.0.0.1"}, "10.0.0.2/30"},
		{"10.0.0.0/30", []string{"10.0.0.1", "10.0.0.2"}, ""},
		{"10.0.0.0/31", nil, "10.0.0.0/31"},
		{"10.0.0.0/31", []string{"10.0.0.0"}, "10.0.0.1/31"},
		{"10.0.0.1/32", nil, "10.0.0.1/32"},
		{"10.0.0.1/32", []string{"10.0.0.1"}, ""},
		{"255.255.255.252/30", []string{"255.255.255.253", "255.255.255.254"}, ""},
		{"2001:db8::/64", nil, "2001:db8::1/64"},
		{"2001:db8::/64", []string{"2001:db8::1"}, "2001:db8::2/64"},
		{"2001:db8::/127", nil, "2001:db8::/127"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", []string{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, ""},
	}
	for _, tt := range tests {
		used := map[netip.Addr]bool{}
		for _, a := range tt.used {
			used[netip.MustParseAddr(a)] = true
		}
		got, err := model.LowestFree(netip.MustParsePrefix(tt.subnet), in(used))
		if tt.want == "" {
			if !errors.Is(err, model.ErrConflict) {
				t.Errorf("LowestFree(%s, %s) = %v, %v; want ErrConflict", tt.subnet, tt.used, got, err)
			}
		} else if err != nil || got.String() != tt.want {
			t.Errorf("LowestFree(%s, %s) = %v, %v; want %s", tt.subnet, tt.used, got, err, tt.want)
		}
	}
}

func in(set map[netip.Addr]bool) func(netip.Addr) bool {
	return func(a netip.Addr) bool { return set[a] }
}

// A subnet gives each of its hosts' addresses once, in order, and no other.
func TestLowestFreeGivesEachOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(24, 30).Draw(t, "bits")
		subnet := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, rapid.Byte().Draw(t, "last")}), bits).Masked()
		used := map[netip.Addr]bool{}
		last := subnet.Addr()
		for range 1<<(32-bits) - 2 {
			p, err := model.LowestFree(subnet, in(used))
			if err != nil || !last.Less(p.Addr()) || p.Masked() != subnet {
				t.Fatalf("after %s: %v, %v", last, p, err)
			}
			if _, err := model.ParseAddress(p.String()); err != nil {
				t.Fatal(err)
			}
			used[p.Addr()], last = true, p.Addr()
		}
		if p, err := model.LowestFree(subnet, in(used)); !errors.Is(err, model.ErrConflict) {
			t.Fatalf("a full subnet gives %v, %v", p, err)
		}
	})
}

func TestParseMAC(t *testing.T) {
	for text, want := range map[string]string{
		"02:00:00:00:00:01": "02:00:00:00:00:01",
		"00:00:5E:00:53:11": "00:00:5e:00:53:11", // a walkthrough's
		"02-00-00-00-00-0a": "02:00:00:00:00:0a",
		"0200.0000.000a":    "02:00:00:00:00:0a",
	} {
		if m, err := model.ParseMAC(text); err != nil || m.String() != want {
			t.Errorf("ParseMAC(%q) = %v, %v; want %s", text, m, err, want)
		}
	}
	tests := []struct{ text, hint string }{
		{"", ""}, {"abc", ""}, {"02:00:00:00:00", ""}, {"02:00:00:00:00:0g", ""}, {"02:00:00:00:00:00:00:01", ""}, {"00:00:00:00:00:00", ""},
		{"01:00:5e:00:00:01", "--mac 02:00:5e:00:00:01"},
		{"ff:ff:ff:ff:ff:ff", "--mac fe:ff:ff:ff:ff:ff"},
	}
	for _, tt := range tests {
		_, err := model.ParseMAC(tt.text)
		if !errors.Is(err, model.ErrInvalid) || model.Hint(err) != tt.hint {
			t.Errorf("ParseMAC(%q): %v, hint %q; want ErrInvalid, hint %q", tt.text, err, model.Hint(err), tt.hint)
		}
	}
}

func TestMACRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := model.MAC(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "mac"))
		want[0] &^= 1
		data, err := json.Marshal(struct{ MAC model.MAC }{want})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ MAC model.MAC }
		if err := json.Unmarshal(data, &got); err != nil || got.MAC != want {
			t.Fatalf("%s reads as %v, %v", data, got.MAC, err)
		}
	})
}
