package sandbox_test

import (
	"strings"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

func TestOutside(t *testing.T) {
	h := start(t, sandbox.Options{Outside: true, NoSwitch: true})
	for script, want := range map[string]string{
		"curl -sS http://198.51.100.2/any/page":                            "hello 198.51.100.1, this is the outside",
		"curl -sS 'http://[2001:db8:ffff::2]'":                             "hello 2001:db8:ffff::1, this is the outside",
		"ip netns":                                                         "outside",
		"ip route get 203.0.113.7":                                         "via 198.51.100.2 dev eth0 src 198.51.100.1",
		"ip -n outside -o link show lo":                                    "LOOPBACK,UP",
		"cat /proc/$(ip netns pids outside)/cmdline":                       "ovsns: outside",
		"ping -q -c1 -W3 198.51.100.2 && ping -q -c1 -W3 2001:db8:ffff::2": "1 received",
	} {
		if got := shell(t, h, script); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, not %q", script, got, want)
		}
	}
	// It knows no way back to anything but the host.
	shell(t, h, `
ip addr add 10.1.0.1/32 dev lo
if ping -q -c1 -W1 -I 10.1.0.1 198.51.100.2; then exit 1; fi
if ip -n outside route | grep -v '^198.51.100.0/24 '; then exit 1; fi
test "$(ip netns exec outside cat /proc/sys/net/ipv4/ip_forward)" = 0`)
}

// Several outsides on one machine do not meet.
func TestOutsideTwice(t *testing.T) {
	a := start(t, sandbox.Options{Outside: true, NoSwitch: true})
	b := start(t, sandbox.Options{Outside: true, NoSwitch: true})
	a.Close()
	if got := shell(t, b, "curl -sS http://198.51.100.2"); !strings.HasPrefix(got, "hello ") {
		t.Errorf("got %q", got)
	}
}
