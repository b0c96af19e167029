package model_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
)

// badNames are bad for a namespace as well as for an interface or a switch.
var badNames = map[string]string{
	"empty":        "",
	"dot":          ".",
	"parent":       "..",
	"slash":        "a/b",
	"space":        "a b",
	"tab":          "a\tb",
	"newline":      "a\nb",
	"wide space":   "a\u3000b",
	"zero byte":    "a\x00b",
	"bell":         "a\ab",
	"not UTF-8":    "a\xff",
	"a flag":       "--all",
	"300 letters":  strings.Repeat("n", 300),
	"256 letters":  strings.Repeat("n", 256),
	"128 umlauts":  strings.Repeat("ü", 128),
	"zero width":   "a\u200bb",
	"leading path": "../a",
}

func TestCheckNamespace(t *testing.T) {
	for _, name := range []string{"red", "a", "v-net-0", "a.b", "a:b", "...", "日本", strings.Repeat("n", 255), "sw0", "0"} {
		if err := model.CheckNamespace(name); err != nil {
			t.Errorf("CheckNamespace(%.20q): %v", name, err)
		}
	}
	for what, name := range badNames {
		if err := model.CheckNamespace(name); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: got %v; want ErrInvalid", what, err)
		} else if strings.ContainsAny(err.Error(), "\n\x00") || len(err.Error()) > 150 {
			t.Errorf("%s: the message is not one short line: %q", what, err)
		}
	}
	if err := model.CheckNamespace(model.HostEnd); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("the name of the host itself: %v", err)
	}
}

func TestCheckIfname(t *testing.T) {
	for _, name := range []string{"eth0", "v-net-0", "eth0.100", "abcdefghijklmno", "a@b"} {
		if err := errors.Join(model.CheckIfname(name), model.CheckSwitch(name)); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	bad := []string{"abcdefghijklmnop", "eth0:1", "lo", "all", "default", "eth%d", "100%"}
	for _, name := range badNames {
		bad = append(bad, name)
	}
	for _, name := range bad {
		if err := model.CheckIfname(name); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("CheckIfname(%.20q): got %v; want ErrInvalid", name, err)
		}
		if err := model.CheckSwitch(name); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("CheckSwitch(%.20q): got %v; want ErrInvalid", name, err)
		}
	}
}

func TestPortName(t *testing.T) {
	tests := []struct{ namespace, ifname, want string }{
		{"red", "eth0", "red-eth0"},
		{"abcdefghij", "eth0", "abcdefghij-eth0"},
		{"v-net-0", "eth1", "v-net-0-eth1"},
	}
	for _, tt := range tests {
		if got := model.PortName(tt.namespace, tt.ifname, 0); got != tt.want {
			t.Errorf("PortName(%q, %q) = %q; want %q", tt.namespace, tt.ifname, got, tt.want)
		}
	}
	// What is shortened keeps its beginning, to be known by.
	if got := model.PortName("customer-42-web", "eth0", 0); !strings.HasPrefix(got, "custom") {
		t.Errorf("a long name became %q", got)
	}
}

func TestPortNamesOfEqualBeginnings(t *testing.T) {
	seen := map[string]string{}
	for i := range 40 {
		namespace := strings.Repeat("x", 30) + fmt.Sprint(i)
		port := model.PortName(namespace, "eth0", 0)
		if other, twice := seen[port]; twice {
			t.Errorf("namespaces %s and %s both get %s", other, namespace, port)
		}
		seen[port] = namespace
	}
}

// namespaces generates names that CheckNamespace accepts.
func namespaces() *rapid.Generator[string] {
	letters := rapid.OneOf(
		rapid.StringMatching(`[a-z0-9._-]{1,12}`),
		rapid.StringMatching(`[ü日本語é:%@-]{1,6}[a-z-]{0,8}`),
		rapid.StringMatching(`[a-zA-Z0-9_-]{16,255}`),
		rapid.StringOfN(rapid.Rune(), 1, 60, 255),
	)
	return letters.Filter(func(name string) bool { return model.CheckNamespace(name) == nil })
}

func TestPortNamesAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		namespace := namespaces().Draw(t, "namespace")
		ifname := rapid.SampledFrom([]string{"eth0", "eth12", "wan", "abcdefghijklmno"}).Draw(t, "ifname")
		seen := map[string]bool{}
		for attempt := range 4 {
			port := model.PortName(namespace, ifname, attempt)
			if err := model.CheckIfname(port); err != nil {
				t.Fatal(err)
			}
			if port != model.PortName(namespace, ifname, attempt) {
				t.Fatalf("%q is not the same each time", port)
			}
			if strings.Trim(port, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
				t.Fatalf("%q needs quotes somewhere", port)
			}
			if seen[port] {
				t.Fatalf("attempt %d gives %q again", attempt, port)
			}
			seen[port] = true
		}
	})
}

func TestPortNamesDifferByInterface(t *testing.T) {
	long := strings.Repeat("n", 255)
	if a, b := model.PortName(long, "eth0", 0), model.PortName(long, "eth1", 0); a == b {
		t.Errorf("both interfaces of a namespace get %s", a)
	}
	// The same text, cut in two ways.
	if a, b := model.PortName(long+"-a", "b", 0), model.PortName(long, "a-b", 0); a == b {
		t.Errorf("two namespaces get %s", a)
	}
}

func TestGatewayInterface(t *testing.T) {
	for _, tt := range []struct {
		sw   string
		vlan model.VID
		want string
	}{{"sw0", 0, "sw0"}, {"sw0", 100, "sw0.100"}, {"v-net-0", 4094, "v-net-0.4094"}, {"abcdefghijklmno", 0, "abcdefghijklmno"}} {
		if got := model.GatewayInterface(tt.sw, tt.vlan); got != tt.want {
			t.Errorf("GatewayInterface(%q, %d) = %q; want %q", tt.sw, tt.vlan, got, tt.want)
		}
	}
	seen := map[string]model.VID{}
	for vlan := model.VID(1); vlan <= model.MaxVID; vlan++ {
		name := model.GatewayInterface("abcdefghijklmno", vlan)
		if err := model.CheckIfname(name); err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[name]; twice {
			t.Fatalf("VLANs %d and %d both get %s", other, vlan, name)
		}
		seen[name] = vlan
	}
}

func TestStandInPort(t *testing.T) {
	for ifname, want := range map[string]string{"sw0": "sw0-sw", "v-net-0.4094": "v-net-0.4094-sw"} {
		if got := model.StandInPort(ifname); got != want {
			t.Errorf("StandInPort(%q) = %q; want %q", ifname, got, want)
		}
	}
	long := model.StandInPort("abcdefghijklmno")
	if err := model.CheckIfname(long); err != nil || long == model.StandInPort("abcdefghijklmn0") {
		t.Errorf("%q: %v", long, err)
	}
}
