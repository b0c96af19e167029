package plan_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

func TestAttach(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	want(t, l.must(attach("red", "--vlan", "100", "--mac", "02:00:00:00:00:01")),
		"+ namespace red",
		"+ attachment red/eth0: switch sw0, port red-eth0, vlan 100, mac 02:00:00:00:00:01")

	// Each repetition changes what differs, and nothing else.
	want(t, l.must(attach("red", "--vlan", "100")), "")
	want(t, l.must(attach("red")), "")
	want(t, l.must(attach("red", "--vlan", "200")), "~ attachment red/eth0: vlan 100 -> vlan 200")
	want(t, l.must(attach("red", "--ip", "10.0.0.1/24")), "~ attachment red/eth0: address none -> 10.0.0.1/24")
	want(t, l.must(attach("red", "--ip", "10.0.0.2/24", "--mtu", "1400")),
		"~ attachment red/eth0: address 10.0.0.1/24 -> 10.0.0.2/24, mtu none -> 1400")
	want(t, l.must(attach("red", "--gateway", "10.0.0.9")), "~ attachment red/eth0: gateway none -> 10.0.0.9")
	want(t, l.must(attach("red")), "")
	want(t, l.must(attach("red", "--trunk", "10,20-29", "--native-vlan", "10")),
		"~ attachment red/eth0: vlan 200 -> trunk 10,20-29 native 10")
	want(t, l.must(attach("red", "--ip", "none")), "~ attachment red/eth0: address 10.0.0.2/24 -> none, gateway 10.0.0.9 -> none")
}

func TestAttachRepairs(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), attach("red", "--ip", "10.0.0.1/24"), createNS("blue"))
	damaged := l.state.Clone()
	damaged.Remove(model.AttachmentKey("red", "eth0"), model.NamespaceKey("blue"))

	e := plan.NewEditor(l.state, l.host)
	if err := attach("red")(e); err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan(damaged)
	if err != nil {
		t.Fatal(err)
	}
	// Blue was lost too, but nobody spoke of it.
	want(t, text(p), "+ attachment red/eth0: switch sw0, port red-eth0, untagged, address 10.0.0.1/24")
}

func TestAttachPicksTheSwitch(t *testing.T) {
	l := newLab(t)
	l.refused(model.ErrNotFound, "there is no switch", "ovsns switch create", attach("red"))
	l.refused(model.ErrNotFound, `"sw9"`, "ovsns switch create sw9", attach("red", "-s", "sw9"))
	l.host.Taken["br-int"] = plan.TakenForeign
	l.refused(model.ErrNotManaged, "br-int", "", attach("red", "-s", "br-int"))

	l.must(createSwitch("sw0"), createSwitch("sw1"))
	l.refused(model.ErrInvalid, "sw0, sw1", "-s sw0", attach("red"))
	l.must(attach("red", "-s", "sw0"), attach("red", "-s", "sw1", "--vlan", "7"))
	if a := l.at("red/eth1"); a.Switch != "sw1" || a.Port != "red-eth1" {
		t.Errorf("the second interface is %+v", a)
	}
	want(t, l.must(attach("red", "-s", "sw1", "--vlan", "8")), "~ attachment red/eth1: vlan 7 -> vlan 8")
	l.refused(model.ErrConflict, "eth0 of namespace red is on switch sw0", "ovsns detach red --ifname eth0",
		attach("red", "-s", "sw1", "--ifname", "eth0"))
}

func TestSeveralInterfacesOnOneSwitch(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), attach("red"), attach("red", "--ifname", "wan"))
	l.refused(model.ErrInvalid, "eth0, wan", "--ifname eth0", attach("red", "--vlan", "1"))
	l.refused(model.ErrInvalid, "eth0, wan", "--ifname eth0", detach("red", "", ""))
	want(t, l.must(detach("red", "", "wan")), "- attachment red/wan: switch sw0, port red-wan, untagged")
	want(t, l.must(detach("red", "", "")), "- attachment red/eth0: switch sw0, port red-eth0, untagged")
}

func TestAttachRefusesNames(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	for _, name := range []string{"", "..", "a/b", "a b", "a\nb", strings.Repeat("n", 300), "host"} {
		l.refused(model.ErrInvalid, "namespace", "", attach(name))
		l.refused(model.ErrInvalid, "namespace", "", detach(name, "", ""))
		l.refused(model.ErrInvalid, "namespace", "", createNS("ok", name))
	}
	for _, name := range []string{"a/b", "eth%d", "abcdefghijklmnop", "lo"} {
		l.refused(model.ErrInvalid, "interface name", "", attach("red", "--ifname", name))
	}
	l.must(attach(strings.Repeat("n", 255)))
}

func TestAttachAutoAddresses(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "172.16.10.1/24", "2001:db8::1/64"))
	// Several in one plan, and in plans one after the other.
	l.must(attach("red"), attach("blue"))
	l.must(attach("green", "--ip", "172.16.10.4/24"))
	l.must(attach("yellow", "--ip", "auto"))
	l.must(attach("pink", "--ip", "none"))
	v4, v6 := "172.16.10.1", "2001:db8::1"
	l.addresses("red/eth0", []string{"172.16.10.2/24", "2001:db8::2/64"}, []string{v4, v6})
	l.addresses("blue/eth0", []string{"172.16.10.3/24", "2001:db8::3/64"}, []string{v4, v6})
	l.addresses("green/eth0", []string{"172.16.10.4/24"}, []string{v4})
	l.addresses("yellow/eth0", []string{"172.16.10.5/24", "2001:db8::4/64"}, []string{v4, v6})
	l.addresses("pink/eth0", nil, nil)
	want(t, l.must(attach("red"), attach("blue", "--ip", "auto")), "")

	// What is free again is given again.
	l.must(detach("red", "", ""))
	l.must(attach("white"))
	l.addresses("white/eth0", []string{"172.16.10.2/24", "2001:db8::2/64"}, []string{v4, v6})
}

func TestAutoAddressesWithoutRoom(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.1/30"), attach("red"))
	l.refused(model.ErrConflict, "no address is free in 10.0.0.0/30", "", attach("blue"))
	// A second subnet has room.
	l.must(gateway(0, "10.0.0.1/30", "10.0.1.1/24"), attach("blue"))
	l.addresses("blue/eth0", []string{"10.0.1.2/24"}, []string{"10.0.1.1"})
}

func TestAutoAddressNeedsAGateway(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "172.16.10.254/24"))
	l.refused(model.ErrConflict, "sw0:100", "ovsns gateway set -s sw0 --vlan 100", attach("red", "--vlan", "100", "--ip", "auto"))
	l.refused(model.ErrInvalid, "--native-vlan", "", attach("red", "--trunk", "100", "--ip", "auto"))
	l.must(attach("red", "--vlan", "100"))
	l.addresses("red/eth0", nil, nil)
}

func TestTrunkHasNoAddressByDefault(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "172.16.10.254/24"), gateway(10, "10.0.0.254/24"))
	l.must(attach("red", "--trunk", "10,20"))
	l.addresses("red/eth0", nil, nil)
	l.must(attach("blue", "--trunk", "10,20", "--native-vlan", "10"))
	l.addresses("blue/eth0", []string{"10.0.0.1/24"}, []string{"10.0.0.254"})
}

func TestMovedVLANReaddresses(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), gateway(100, "10.1.0.254/24", "2001:db8:1::1/64"), gateway(200, "10.2.0.254/24", "2001:db8:2::1/64"))
	l.must(attach("red", "--vlan", "100"), attach("blue", "--vlan", "200"))
	want(t, l.must(attach("red", "--vlan", "200")), "~ attachment red/eth0: vlan 100 -> vlan 200, "+
		"address 10.1.0.1/24 2001:db8:1::2/64 -> 10.2.0.2/24 2001:db8:2::3/64, "+
		"gateway 10.1.0.254 2001:db8:1::1 -> 10.2.0.254 2001:db8:2::1")
	want(t, l.must(attach("red", "--vlan", "200")), "")

	// Where there is no gateway the address stays, the default route does not.
	want(t, l.must(attach("red", "--vlan", "300")), "~ attachment red/eth0: vlan 200 -> vlan 300, "+
		"gateway 10.2.0.254 2001:db8:2::1 -> none")
}

func TestMovedVLANWithAnAddressOfItsOwn(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), gateway(200, "10.2.0.254/24"))
	l.must(attach("red", "--vlan", "100", "--ip", "10.9.9.9/24", "--ip", "2001:db8::9/64"))
	l.refused(model.ErrConflict, "10.9.9.9/24 is outside the gateway's subnet 10.2.0.0/24", "--ip auto", attach("red", "--vlan", "200"))
	// The hint helps; what the gateway says nothing about stays.
	l.must(attach("red", "--vlan", "200", "--ip", "auto"))
	l.addresses("red/eth0", []string{"2001:db8::9/64", "10.2.0.1/24"}, []string{"10.2.0.254"})
}

func TestAddressConflicts(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "172.16.10.254/24"), attach("red", "--ip", "172.16.10.1/24"))
	l.must(attach("blue", "--vlan", "100", "--ip", "172.16.10.1/24")) // another segment
	tests := []struct {
		name, message, hint string
		edit                edit
	}{
		{"outside", "outside the gateway's subnet 172.16.10.0/24", "--ip auto", attach("green", "--ip", "10.0.0.1/24")},
		{"another length", "outside the gateway's subnet", "--ip auto", attach("green", "--ip", "172.16.10.9/16")},
		{"duplicate", "taken in segment sw0 by namespace red", "--ip auto", attach("green", "--ip", "172.16.10.1/24")},
		{"the gateway's", "taken in segment sw0 by the gateway", "--ip auto", attach("green", "--ip", "172.16.10.254/24")},
		{"duplicate without a gateway", "taken in segment sw0:100 by namespace blue", "", attach("green", "--vlan", "100", "--ip", "172.16.10.1/24")},
		{"a second one", "taken in segment sw0 by namespace red", "--ip auto", func(e *plan.Editor) error {
			if err := attach("green")(e); err != nil {
				return err
			}
			return addAddr("green", "172.16.10.1/24", "")(e)
		}},
		{"gateway on a namespace's", "taken in segment sw0 by namespace red", "", gateway(0, "172.16.10.1/24")},
		{"twice on one interface", "twice", "", attach("green", "--ip", "172.16.10.7/24", "--ip", "172.16.10.7/24")},
		{"twice in one namespace", "twice", "", attach("red", "--ifname", "eth1", "--vlan", "100", "--ip", "172.16.10.1/24")},
		{"twice by a link", "twice", "", link("red", "pink", "172.16.10.1/24", "172.16.10.2/24")},
		{"moved to one that has it", "taken in segment sw0:100 by namespace blue", "", attach("red", "--vlan", "100")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			l.refused(model.ErrConflict, tt.message, tt.hint, tt.edit)
		})
	}
}

func TestTwoSwapAddressesInOnePlan(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), attach("red", "--ip", "10.0.0.1/24"), attach("blue", "--ip", "10.0.0.2/24"))
	l.must(attach("red", "--ip", "10.0.0.2/24"), attach("blue", "--ip", "10.0.0.1/24"))
	l.addresses("red/eth0", []string{"10.0.0.2/24"}, nil)
}

// Walkthrough W4, step 4.
func TestSubnetMovesAddressByAddress(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("v-net-0", "172.10.10.254/24"))
	l.must(attach("red", "--ip", "172.10.10.1/24"), attach("blue", "--ip", "172.10.10.5/24"))
	l.must(func(e *plan.Editor) error {
		return e.SetGateway(plan.GatewayRequest{Addresses: cidrs("172.16.10.254/24")})
	})
	l.must(attach("red", "--ip", "172.16.10.1/24"))
	l.addresses("red/eth0", []string{"172.16.10.1/24"}, []string{"172.16.10.254"})
	// The other way: the new one first, then without the old one.
	l.must(addAddr("blue", "172.16.10.5/24", ""))
	l.must(deleteAddr("blue", "172.10.10.5/24", ""))
	l.must(attach("blue"))
	l.addresses("blue/eth0", []string{"172.16.10.5/24"}, []string{"172.16.10.254"})
}

func TestDefaultGateway(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), gateway(100, "10.1.0.254/24"))
	l.must(attach("red"))
	l.must(attach("red", "--ifname", "eth1", "--vlan", "100"))
	l.addresses("red/eth1", []string{"10.1.0.1/24"}, nil) // one default route per namespace
	want(t, l.must(attach("red", "--ifname", "eth0")), "")

	// Somebody's choice stays, until auto is asked for.
	l.must(attach("blue", "--gateway", "10.0.0.77"))
	want(t, l.must(attach("blue")), "")
	want(t, l.must(attach("blue", "--gateway", "auto")), "~ attachment blue/eth0: gateway 10.0.0.77 -> 10.0.0.254")
	want(t, l.must(attach("blue", "--gateway", "none")), "~ attachment blue/eth0: gateway 10.0.0.254 -> none")

	l.refused(model.ErrInvalid, "gateway 10.9.0.1 is in no subnet", "", attach("blue", "--gateway", "10.9.0.1"))
	l.refused(model.ErrInvalid, "gateway 169.254.1.1 is in no subnet", "", attach("blue", "--gateway", "169.254.1.1"))
	l.refused(model.ErrInvalid, "itself", "", attach("blue", "--gateway", "10.0.0.2"))
	l.must(attach("blue", "--gateway", "fe80::1"))
}

// As `ip route replace default` does.
func TestDefaultGatewayMovesToAnotherInterface(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), gateway(100, "10.1.0.254/24"))
	l.must(attach("red"), attach("red", "--ifname", "eth1", "--vlan", "100"))
	want(t, l.must(attach("red", "--ifname", "eth1", "--gateway", "10.1.0.254")),
		"~ attachment red/eth0: gateway 10.0.0.254 -> none",
		"~ attachment red/eth1: gateway none -> 10.1.0.254")
	want(t, l.must(attach("red", "--ifname", "eth0")), "")
}

func TestGatewayIsFollowedWithinItsSubnet(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), attach("red"), attach("blue", "--gateway", "10.0.0.77"))
	want(t, l.must(gateway(0, "10.0.0.253/24")),
		"~ gateway sw0: address 10.0.0.254/24 -> 10.0.0.253/24",
		"~ attachment red/eth0: gateway 10.0.0.254 -> 10.0.0.253")
	want(t, l.must(gateway(0, "10.0.0.253/24"), attach("red"), attach("blue")), "")
}

func TestPortNameTaken(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), createSwitch("green-eth0"))
	// By a stranger: refused, whoever reads `ovs-vsctl show` knows the name.
	l.host.Interfaces["red-eth0"] = plan.Interface{Owner: plan.TakenForeign, Kind: "veth"}
	l.refused(model.ErrNotManaged, "red-eth0", "", attach("red", "-s", "sw0"))
	l.refused(model.ErrNotManaged, "red-eth0", "", link("red", "host", "", ""))
	delete(l.host.Interfaces, "red-eth0")
	l.host.Taken["red-eth0"] = plan.TakenForeign
	l.refused(model.ErrNotManaged, "red-eth0", "", attach("red", "-s", "sw0"))
	delete(l.host.Taken, "red-eth0")

	// By ourselves: another is found. Both want "a-b-eth0".
	l.must(attach("a", "-s", "sw0", "--ifname", "b-eth0"), attach("a-b", "-s", "sw0"))
	if p := l.at("a-b/eth0").Port; p == "a-b-eth0" || p != model.PortName("a-b", "eth0", 1) {
		t.Errorf("the second port is %q", p)
	}
	// By a switch of the lab.
	l.must(attach("green", "-s", "sw0"))
	if p := l.at("green/eth0").Port; p != model.PortName("green", "eth0", 1) {
		t.Errorf("the port is %q", p)
	}
	// By an attachment that was not observed, which shows by its mark.
	l.host.Interfaces["c-eth0"] = plan.Interface{Owner: plan.TakenOurs, Alias: plan.Mark("other", "eth0")}
	l.must(attach("c", "-s", "sw0"))
	if p := l.at("c/eth0").Port; p != model.PortName("c", "eth0", 1) {
		t.Errorf("the port is %q", p)
	}
	// What a command left behind that was cut off is used.
	l.host.Interfaces["d-eth0"] = plan.Interface{Owner: plan.TakenOurs, Alias: plan.Mark("d", "eth0")}
	l.must(attach("d", "-s", "sw0"))
	if p := l.at("d/eth0").Port; p != "d-eth0" {
		t.Errorf("the port is %q", p)
	}
}

func TestPortsOfFortyLongNames(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	ports := map[string]bool{}
	for i := range 40 {
		name := strings.Repeat("x", 30) + fmt.Sprint(i)
		l.must(attach(name))
		ports[l.at(name+"/eth0").Port] = true
	}
	if len(ports) != 40 {
		t.Errorf("40 namespaces have %d ports", len(ports))
	}
}

func TestLookup(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	l.host.Interfaces = nil
	l.host.Lookup = func(name string) (plan.Interface, bool) {
		return plan.Interface{Owner: plan.TakenForeign}, name == "red-eth0"
	}
	l.refused(model.ErrNotManaged, "red-eth0", "", attach("red"))
}

func TestAttachRefusesWhatIsNotOurs(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	l.host.Namespaces["red"] = plan.TakenForeign
	l.refused(model.ErrNotManaged, "namespace red", "", attach("red"))
	l.host.Inside["blue"] = map[string]plan.Interface{
		"eth0": {Owner: plan.TakenForeign}, "eth1": {Owner: plan.TakenOurs},
	}
	l.refused(model.ErrNotManaged, "eth0", "", attach("blue", "--ifname", "eth0"))
	// Without a name it takes the next; eth1 is left from a broken command.
	l.must(attach("blue"))
	l.at("blue/eth1")
	l.must(link("green", "pink", "", ""))
	l.refused(model.ErrConflict, "end of a link", "ovsns link list", attach("green", "--ifname", "eth0"))
	l.must(attach("green"))
	l.at("green/eth1")
}

func TestDetach(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), createNS("blue"), attach("red"))
	l.must(addRoute("red", "192.168.137.0/24", "10.0.0.254"))
	l.refused(model.ErrNotFound, "namespace blue is not attached", "", detach("blue", "", ""))
	l.refused(model.ErrNotFound, "by an interface eth7", "", detach("red", "", "eth7"))
	l.refused(model.ErrNotFound, `"green"`, "ovsns ns create green", detach("green", "", ""))
	l.refused(model.ErrNotFound, "sw9", "ovsns switch create sw9", detach("red", "sw9", ""))
	want(t, l.must(detach("red", "sw0", "")),
		"- route red/192.168.137.0/24: via 10.0.0.254",
		"- attachment red/eth0: switch sw0, port red-eth0, untagged, address 10.0.0.1/24, gateway 10.0.0.254")
	if !l.state.Has(model.NamespaceKey("red")) {
		t.Error("detach took the namespace")
	}
}

func TestMTU(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	for _, mtu := range []string{"67", "-1", "65536"} {
		l.refused(model.ErrInvalid, "MTU", "", attach("red", "--mtu", mtu))
	}
	l.refused(model.ErrInvalid, "1280", "", attach("red", "--mtu", "1279", "--ip", "2001:db8::1/64"))
	l.must(attach("red", "--mtu", "1279", "--ip", "10.0.0.1/24"))
	l.refused(model.ErrInvalid, "1280", "", addAddr("red", "2001:db8::1/64", ""))
	l.must(attach("red", "--mtu", "1280"), addAddr("red", "2001:db8::1/64", ""))
}

// What was handed in stays the caller's.
func TestAttachCopiesTheRequest(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	list := append(make([]netip.Prefix, 0, 8), cidrs("10.0.0.1/24")...)
	l.must(func(e *plan.Editor) error {
		return e.Attach(plan.AttachRequest{Namespace: "red", IP: plan.AddressChoice{Choice: plan.ChoiceList, List: list}})
	})
	before := l.state.Clone()
	l.must(addAddr("red", "10.0.0.2/24", ""))
	l.must(addAddr("red", "10.0.0.3/24", ""))
	a, _ := model.Get[model.Attachment](before, model.AttachmentKey("red", "eth0"))
	if len(a.Addresses) != 1 || list[:2][1].IsValid() {
		t.Error("an edit changed an earlier state or the request")
	}
}
