package plan_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// handmade is a host made by hand: a switch br0 with what a test puts on it.
type handmade struct {
	t        *testing.T
	found    plan.Found
	recorded *model.State
	sysctls  map[string]string
}

func byHand(t *testing.T) *handmade {
	t.Helper()
	return &handmade{
		t: t, recorded: model.NewState(), sysctls: map[string]string{model.ForwardIPv4: "0", model.ForwardIPv6: "0"},
		found: plan.Found{
			Switches:   []plan.FoundSwitch{{Name: "br0", Ports: []plan.FoundPort{foundPort("br0", "internal")}}},
			Interfaces: []plan.FoundInterface{{Name: "br0", Kind: "tun", Up: true, MTU: 1500}},
		},
	}
}

func foundPort(name, kind string) plan.FoundPort {
	return plan.FoundPort{Name: name, Types: []string{kind}, Tag: -1}
}

// namespace adds one with eth0 on a port of br0.
func (h *handmade) namespace(name string, p plan.FoundPort, addresses ...string) *plan.FoundNamespace {
	h.found.Switches[0].Ports = append(h.found.Switches[0].Ports, p)
	h.host(plan.FoundInterface{Name: p.Name, Kind: "veth", Peer: plan.FoundPlace{Namespace: name, Name: "eth0"}})
	h.found.Namespaces = append(h.found.Namespaces, plan.FoundNamespace{Namespace: model.Namespace{Name: name}, Interfaces: []plan.FoundInterface{
		{Name: "lo", Kind: "device", Fallback: true},
		{
			Name: "eth0", Kind: "veth", MTU: 1500, Up: true, Addresses: cidrs(addresses...),
			Peer: plan.FoundPlace{Namespace: model.HostEnd, Name: p.Name},
		},
	}})
	return &h.found.Namespaces[len(h.found.Namespaces)-1]
}

// host adds an interface of the host that is up.
func (h *handmade) host(i plan.FoundInterface) {
	i.Up, i.MTU = true, 1500
	h.found.Interfaces = append(h.found.Interfaces, i)
}

// on adds a port of br0 with an interface of the host.
func (h *handmade) on(p plan.FoundPort, kind string, addresses ...string) {
	h.found.Switches[0].Ports = append(h.found.Switches[0].Ports, p)
	h.host(plan.FoundInterface{Name: p.Name, Kind: kind, Addresses: cidrs(addresses...)})
}

func (h *handmade) adopt(names ...string) (text string, notes string) {
	h.t.Helper()
	host := plan.Host{Sysctls: h.sysctls, Interfaces: map[string]plan.Interface{}}
	for _, i := range h.found.Interfaces {
		host.Interfaces[i.Name] = plan.Interface{Owner: plan.TakenForeign, Addresses: i.Addresses}
	}
	p, list, err := plan.Adopt(h.recorded, h.recorded, host, h.found, names)
	if err != nil {
		h.t.Fatal(err)
	}
	again, _, err := plan.Adopt(p.Apply(h.recorded), p.Apply(h.recorded), host, h.marked(p), names)
	if err != nil || len(again) > 0 {
		h.t.Errorf("a second time there is something to do: %v %v", again, err)
	}
	var b strings.Builder
	if err := p.WriteText(&b); err != nil {
		h.t.Fatal(err)
	}
	return b.String(), strings.Join(list, "\n")
}

// marked returns what is found after a plan was carried out.
func (h *handmade) marked(p model.Plan) plan.Found {
	found := h.found
	found.Switches, found.Namespaces = slices.Clone(found.Switches), slices.Clone(found.Namespaces)
	after := p.Apply(h.recorded)
	ports := map[string]bool{}
	for _, a := range model.All[model.Attachment](after) {
		ports[a.Port] = true
	}
	for _, g := range model.All[model.Gateway](after) {
		ports[g.Interface] = true
	}
	for _, u := range model.All[model.Uplink](after) {
		ports[u.Interface] = true
	}
	for i, sw := range found.Switches {
		sw.Managed = after.Has(model.SwitchKey(sw.Name))
		sw.Ports = slices.Clone(sw.Ports)
		for j, q := range sw.Ports {
			sw.Ports[j].Managed = ports[q.Name] || sw.Managed && q.Name == sw.Name
		}
		found.Switches[i] = sw
	}
	for i, n := range found.Namespaces {
		found.Namespaces[i].Managed = after.Has(model.NamespaceKey(n.Name))
	}
	return found
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

func lacks(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%q is in\n%s", part, text)
		}
	}
}

func TestAdoptTutorial(t *testing.T) {
	h := byHand(t)
	h.found.Interfaces[0].Addresses = cidrs("172.16.10.254/24")
	n := h.namespace("red", foundPort("red-br", ""), "172.16.10.1/24")
	n.Routes = []plan.FoundRoute{
		{To: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("172.16.10.254"), Interface: "eth0", Protocol: "boot"},
		{To: netip.MustParsePrefix("172.16.10.0/24"), Interface: "eth0", Protocol: "kernel"},
		{To: netip.MustParsePrefix("10.8.0.0/16"), Via: netip.MustParseAddr("172.16.10.9"), Interface: "eth0", Protocol: "static"},
		{To: netip.MustParsePrefix("10.9.0.0/16"), Via: netip.MustParseAddr("172.16.10.9"), Interface: "eth0", Protocol: "bird"},
	}
	text, notes := h.adopt()
	contains(t, text,
		"+ switch br0: datapath system", "+ namespace red\n",
		"+ gateway br0: interface br0, address 172.16.10.254/24",
		"+ attachment red/eth0: switch br0, port red-br, untagged, address 172.16.10.1/24, gateway 172.16.10.254\n",
		"+ route red/10.8.0.0/16: via 172.16.10.9")
	lacks(t, text, "10.9.0.0", "allow", "sysctl")
	contains(t, notes, "br0, red-br have neither tag nor vlan_mode", "it belongs to bird", "ip_forward, NAT and firewall rules")
}

func TestAdoptVLANs(t *testing.T) {
	for _, test := range []struct {
		tag    int
		trunks []int
		mode   string
		want   string // of the attachment, or of the note
	}{
		{-1, nil, "", "untagged"},
		{0, nil, "", "untagged"},
		{100, nil, "", "vlan 100"},
		{100, []int{5}, "access", "vlan 100"},
		{-1, []int{20, 10}, "", "trunk 10,20"},
		{7, []int{20, 10}, "trunk", "trunk 10,20"},
		{10, []int{10, 20}, "native-untagged", "trunk 10,20 native 10"},
		{10, nil, "native-untagged", "carries every one beside its native VLAN"},
		{-1, []int{10}, "native-untagged", "without a native VLAN"},
		{-1, []int{0, 10}, "", "its trunks hold VLAN 0"},
		{4095, nil, "", "VLAN 4095 is reserved"},
		{10, []int{10, 20}, "native-tagged", "ovsns knows no vlan_mode native-tagged"},
		{10, nil, "dot1q-tunnel", "ovsns knows no vlan_mode dot1q-tunnel"},
	} {
		h := byHand(t)
		p := foundPort("p", "")
		p.Tag, p.Trunks, p.Mode = test.tag, test.trunks, test.mode
		h.namespace("red", p)
		text, notes := h.adopt()
		if strings.Contains(text, "attachment red/eth0") {
			contains(t, text, "port p, "+test.want+"\n")
			continue
		}
		lacks(t, text, "namespace red")
		contains(t, notes, "port p of switch br0 is left alone", test.want, "namespace red is left alone", "will not delete switch br0")
	}
}

// TestAdoptOpenTrunk: a port that carries every VLAN is only an access port
// where no VLAN is in use through it.
func TestAdoptOpenTrunk(t *testing.T) {
	h := byHand(t)
	h.namespace("red", foundPort("p", "")).Interfaces[1].Stacked = true
	text, notes := h.adopt()
	lacks(t, text, "red")
	contains(t, notes, "VLANs are in use through it")

	tagged := func(name string) plan.FoundPort {
		p := foundPort(name, "")
		p.Tag = 100
		return p
	}
	h = byHand(t)
	h.namespace("red", foundPort("p", ""))
	h.on(foundPort("nic", ""), "device")
	text, _ = h.adopt()
	contains(t, text, "uplink nic: switch br0, untagged")

	h = byHand(t)
	h.namespace("red", tagged("p"))
	h.on(foundPort("nic", ""), "device")
	text, _ = h.adopt()
	contains(t, text, "uplink nic: switch br0, trunk 1-4094", "vlan 100")

	h.namespace("blue", foundPort("q", ""))
	text, notes = h.adopt()
	lacks(t, text, "uplink")
	contains(t, text, "attachment blue/eth0", "attachment red/eth0")
	contains(t, notes, "port nic of switch br0 is left alone: it carries untagged frames beside VLANs")
}

func TestAdoptLeavesAlone(t *testing.T) {
	for want, change := range map[string]func(h *handmade){
		"port b of switch br0 is left alone: it is a bond": func(h *handmade) {
			p := foundPort("b", "")
			p.Types = []string{"", ""}
			h.on(p, "device")
		},
		"ovsns knows no ports of type vxlan": func(h *handmade) { h.on(foundPort("v", "vxlan"), "device") },
		"it stands for a bridge of its own": func(h *handmade) {
			p := foundPort("f", "internal")
			p.Fake = true
			h.on(p, "tun")
		},
		"another program attached it (iface-id 1-2-3)": func(h *handmade) {
			p := foundPort("t", "")
			p.IfaceID = "1-2-3"
			h.on(p, "veth")
		},
		"ovsns knows no ports of kind tun":         func(h *handmade) { h.on(foundPort("tap", ""), "tun") },
		"an uplink has none":                       func(h *handmade) { h.on(foundPort("nic", ""), "device", "192.0.2.1/24") },
		"in the untagged segment the host's":       func(h *handmade) { h.on(foundPort("i", "internal"), "tun", "192.0.2.1/24") },
		"switch br0 has mirrors":                   func(h *handmade) { h.found.Switches[0].Extras = []string{"mirrors"} },
		"switch br0 is left alone: ovsns does not": func(h *handmade) { h.found.Switches[0].Datapath = "dummy" },
		"its interface wg0 is of kind wireguard":   func(h *handmade) { h.odd(plan.FoundInterface{Name: "wg0", Kind: "wireguard"}) },
		"leads to where nothing has a name":        func(h *handmade) { h.odd(plan.FoundInterface{Name: "eth1", Kind: "veth"}) },
		"its interface lo has the alias theirs":    func(h *handmade) { h.odd(plan.FoundInterface{Name: "lo", Fallback: true, Alias: "theirs"}) },
		"it is the host under another name":        func(h *handmade) { h.namespace("x", foundPort("x", "")).SameAs = "the host" },
		"expires by itself": func(h *handmade) {
			h.namespace("x", foundPort("x", ""), "10.0.0.1/24").Interfaces[1].Dynamic = cidrs("10.0.0.1/24")
		},
		"address 10.0.0.255/24 of eth0 in namespace": func(h *handmade) { h.namespace("x", foundPort("x", ""), "10.0.0.255/24") },
	} {
		h := byHand(t)
		change(h)
		text, notes := h.adopt()
		contains(t, notes, want)
		lacks(t, text, "wg0", "uplink", "gateway", "10.0.0.")
	}
}

// odd adds a namespace with an interface more.
func (h *handmade) odd(i plan.FoundInterface) {
	n := h.namespace("x", foundPort("x", ""))
	n.Interfaces = append(n.Interfaces, i)
}

// cable joins a namespace to the host.
func (h *handmade) cable(name, inside, outside string) {
	h.host(plan.FoundInterface{
		Name: "m-" + name, Kind: "veth", Addresses: cidrs(outside), Peer: plan.FoundPlace{Namespace: name, Name: "s"},
	})
	h.found.Namespaces = append(h.found.Namespaces, plan.FoundNamespace{Namespace: model.Namespace{Name: name}, Interfaces: []plan.FoundInterface{{
		Name: "s", Kind: "veth", MTU: 1500, Addresses: cidrs(inside),
		Peer: plan.FoundPlace{Namespace: model.HostEnd, Name: "m-" + name},
	}}})
}

// TestAdoptKeepsForwarding: what the host routes between segments it goes on
// routing, or the segments are not taken.
func TestAdoptKeepsForwarding(t *testing.T) {
	routed := func() *handmade {
		h := byHand(t)
		h.cable("a", "10.1.0.2/24", "10.1.0.1/24")
		h.cable("b", "10.2.0.2/24", "10.2.0.1/24")
		return h
	}
	text, _ := routed().adopt()
	lacks(t, text, "allow")
	contains(t, text, "link a/host", "link b/host")

	h := routed()
	h.sysctls[model.ForwardIPv4] = "1"
	text, _ = h.adopt()
	contains(t, text, "+ allow a,b: interface-a m-a, interface-b m-b")
	lacks(t, text, "sysctl")

	h.found.Filter = "docker"
	text, notes := h.adopt()
	contains(t, text, "link a/host")
	lacks(t, text, "allow", "namespace b")
	contains(t, notes, "the rules of docker decide what is forwarded between b and a")

	h = routed()
	h.sysctls[model.ForwardIPv4] = "1"
	h.found.Interfaces[1].Addresses = cidrs("10.1.0.1/24", "2001:db8::1/64")
	text, notes = h.adopt()
	lacks(t, text, "allow", "namespace b")
	contains(t, notes, "the host forwards one address family")
}

// TestAdoptWhole: a namespace goes with all that it leads to, or stays.
func TestAdoptWhole(t *testing.T) {
	h := byHand(t)
	pair := func(a, b string) {
		for _, end := range [][2]string{{a, b}, {b, a}} {
			h.found.Namespaces = append(h.found.Namespaces, plan.FoundNamespace{Namespace: model.Namespace{Name: end[0]}, Interfaces: []plan.FoundInterface{{
				Name: "to-" + end[1], Kind: "veth", MTU: 1500, Peer: plan.FoundPlace{Namespace: end[1], Name: "to-" + end[0]},
			}}})
		}
	}
	pair("a", "b")
	pair("c", "d")
	d := &h.found.Namespaces[3]
	d.Interfaces = append(d.Interfaces, plan.FoundInterface{Name: "wg0", Kind: "wireguard"})
	text, notes := h.adopt()
	contains(t, text, "link a/b", "namespace a", "namespace b")
	lacks(t, text, "namespace c", "namespace d", "c/d")
	contains(t, notes, "namespace c is left alone: its interface to-d leads to namespace d, which is left alone")

	text, _ = h.adopt("br0")
	lacks(t, text, "namespace")
	if _, _, err := plan.Adopt(h.recorded, h.recorded, plan.Host{}, h.found, []string{"br9"}); err == nil {
		t.Error("a switch that does not exist is adopted")
	}
}

// TestAdoptTwice: an address that two have is recorded for the gateway alone.
func TestAdoptTwice(t *testing.T) {
	h := byHand(t)
	h.found.Interfaces[0].Addresses = cidrs("10.0.0.1/24")
	h.namespace("a", foundPort("a", ""), "10.0.0.1/24", "10.0.0.2/24")
	text, notes := h.adopt()
	contains(t, text, "gateway br0: interface br0, address 10.0.0.1/24", "untagged, address 10.0.0.2/24\n")
	contains(t, notes, "address 10.0.0.1/24 of eth0 in namespace a is somewhere else too")
}

// TestAdoptUplinkSettings: an uplink of a switch in userspace gets what one
// that ovsns made has.
func TestAdoptUplinkSettings(t *testing.T) {
	h := byHand(t)
	h.found.Switches[0].Datapath = "netdev"
	h.on(foundPort("nic", ""), "device")
	for name := range model.UplinkSettings("nic") {
		h.sysctls[name] = "0"
	}
	text, _ := h.adopt()
	contains(t, text, "+ sysctl net/ipv4/conf/nic/arp_ignore: value 8, before 0", "uplink nic")
}
