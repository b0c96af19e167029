package reach_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/reach"
)

// place makes one with an interface eth0 and routes "PREFIX [VIA]".
func place(name string, i reach.Interface, addresses string, routes ...string) *reach.Place {
	i.Name, i.Up = "eth0", !i.Gone
	p := &reach.Place{Name: name, Known: true}
	for a := range strings.FieldsSeq(addresses) {
		prefix := netip.MustParsePrefix(a)
		i.Addresses = append(i.Addresses, prefix)
		p.Routes = append(p.Routes, nsmgr.Route{To: prefix.Masked(), Interface: "eth0"})
	}
	for _, r := range routes {
		to, via, _ := strings.Cut(r, " ")
		p.Routes = append(p.Routes, nsmgr.Route{To: netip.MustParsePrefix(to), Via: addr(via), Interface: "eth0"})
	}
	p.Interfaces = []reach.Interface{i}
	return p
}

func network(places ...*reach.Place) *reach.Network {
	n := &reach.Network{Places: map[string]*reach.Place{}, Segments: map[string]string{}}
	for _, p := range places {
		n.Places[p.Name] = p
	}
	return n
}

func access(sw string, vlan model.VID) reach.Interface {
	return reach.Interface{Switch: sw, VLANs: model.VLANs{Access: vlan}}
}

// TestWhyNotWithoutPackets has what no test with real packets has.
func TestWhyNotWithoutPackets(t *testing.T) {
	trunk := reach.Interface{Switch: "sw0", VLANs: model.VLANs{Trunk: model.VIDSet{10, 20}}}
	native := reach.Interface{Switch: "sw0", VLANs: model.VLANs{Trunk: model.VIDSet{10}, Native: 10}}
	drifted := access("sw0", 10)
	drifted.Problem = "vlan 20 -> vlan 10"
	for _, c := range []struct {
		name    string
		network *reach.Network
		answer  reach.Answer
		want    string
	}{
		{"trunk here", network(place("a", trunk, "10.0.0.1/24"), place("b", access("sw0", 10), "10.0.0.2/24")), reach.Answer{},
			"a/eth0 is a trunk without a native VLAN"},
		{"trunk there", network(place("a", access("sw0", 10), "10.0.0.1/24"), place("b", trunk, "10.0.0.2/24")), reach.Answer{},
			"b/eth0 is a trunk without a native VLAN"},
		{"native", network(place("a", native, "10.0.0.1/24"), place("b", access("sw0", 10), "10.0.0.2/24")), reach.Answer{},
			"nothing is known to be in the way; the request was lost before b"},
		{"native differs", network(place("a", native, "10.0.0.1/24"), place("b", access("sw0", 0), "10.0.0.2/24")), reach.Answer{},
			"different VLANs: a/eth0 is in VLAN 10, b/eth0 in the untagged segment; ovsns attach b -s sw0 --ifname eth0 --vlan 10"},
		{"drifted", network(place("a", drifted, "10.0.0.1/24"), place("b", access("sw0", 20), "10.0.0.2/24")), reach.Answer{},
			"b/eth0 in VLAN 20; a/eth0 is not as it was made: vlan 20 -> vlan 10; ovsns restore"},
		{"cable elsewhere", network(place("a", reach.Interface{Peer: "c", PeerInterface: "eth0"}, "10.0.0.1/24"),
			place("b", access("sw0", 0), "10.0.0.2/24"), place("c", reach.Interface{Peer: "a", PeerInterface: "eth0"}, "10.0.0.3/24")), reach.Answer{},
			"a/eth0 is a cable to c, but b has 10.0.0.2"},
		{"other cable", network(place("a", access("sw0", 0), "10.0.0.1/24"),
			place("b", reach.Interface{Peer: "c", PeerInterface: "eth0"}, "10.0.0.2/24")), reach.Answer{},
			"b has 10.0.0.2 at the end of a cable to c, not on switch sw0"},
		{"foreign interface", network(place("a", access("sw0", 0), "10.0.0.1/24"), place("b", reach.Interface{}, "10.0.0.2/24")), reach.Answer{},
			"on an interface that is not on switch sw0"},
		{"gone", network(place("a", access("sw0", 0), "10.0.0.1/24"), place("b", reach.Interface{Switch: "sw0", Gone: true}, "10.0.0.2/24")), reach.Answer{},
			"interface b/eth0 is gone; ovsns restore"},
		{"a circle", network(place("a", access("sw0", 0), "10.0.0.1/24", "0.0.0.0/0 10.0.0.3"),
			place("c", access("sw0", 0), "10.0.0.3/24", "0.0.0.0/0 10.0.0.1"), place("b", access("sw0", 1), "10.9.0.2/24")), reach.Answer{},
			"the routes go round in a circle"},
		{"nothing known", network(place("a", reach.Interface{}, "10.0.0.1/24"), place("b", reach.Interface{}, "10.0.0.2/24")), reach.Answer{},
			"nothing is known to be in the way"},
		{"report", network(place("a", reach.Interface{}, "10.0.0.1/24"), place("b", reach.Interface{}, "10.0.0.2/24")),
			reach.Answer{Reporter: addr("10.0.0.9"), Report: "host prohibited"}, "10.0.0.9 reports: host prohibited"},
		{"report of its own", network(place("a", reach.Interface{}, "10.0.0.1/24"), place("b", reach.Interface{}, "10.0.0.2/24")),
			reach.Answer{Reporter: addr("10.0.0.1"), Report: "host unreachable"}, "a got no answer when it asked for the MAC of 10.0.0.2"},
		{"unsent", network(place("a", reach.Interface{}, "10.0.0.1/24"), place("b", reach.Interface{}, "10.0.0.2/24")),
			reach.Answer{SendError: fmt.Errorf("write: sendto: operation not permitted")}, "a cannot send to 10.0.0.2: operation not permitted"},
	} {
		to := addr("10.0.0.2")
		if c.name == "a circle" {
			to = addr("10.9.0.2")
		}
		r := c.network.WhyNot(reach.Probe{From: "a", To: to, At: "b"}, c.answer)
		if got := r.Text + "; " + r.Hint; !strings.Contains(got, c.want) {
			t.Errorf("%s: %q is not %q", c.name, got, c.want)
		}
	}
}

func TestDaemon(t *testing.T) {
	n := network(place("a", access("sw0", 0), "10.0.0.1/24"), place("b", access("sw0", 0), "10.0.0.2/24"))
	n.Daemon = "ovs-vswitchd is not running"
	if r := n.WhyNot(reach.Probe{From: "a", To: addr("10.0.0.2"), At: "b"}, reach.Answer{}); r.Text != n.Daemon {
		t.Errorf("got %+v", r)
	}
}

// TestNothingKnown: an empty network has no opinion, and no panic.
func TestNothingKnown(t *testing.T) {
	n := &reach.Network{}
	for _, p := range []reach.Probe{{}, {From: "a", To: addr("10.0.0.1"), At: "b"}, {From: "host", To: addr("::1")}} {
		if r := n.WhyYet(p); !r.None() {
			t.Errorf("got %+v", r)
		}
		if r := n.WhyNot(p, reach.Answer{}); r.None() {
			t.Errorf("no reason for %+v", p)
		}
	}
}

func Example() {
	a := place("red", access("sw0", 100), "10.0.0.1/24")
	b := place("blue", access("sw0", 200), "10.0.0.2/24")
	why := network(a, b).WhyNot(reach.Probe{From: "red", To: addr("10.0.0.2"), At: "blue"}, reach.Answer{})
	fmt.Println(why.Text)
	fmt.Println(why.Hint)
	// Output:
	// different VLANs: red/eth0 is in VLAN 100, blue/eth0 in VLAN 200
	// ovsns attach blue -s sw0 --ifname eth0 --vlan 100
}
