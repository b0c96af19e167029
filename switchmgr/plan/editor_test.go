package plan_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

func TestDestroyAll(t *testing.T) {
	l := newLab(t)
	want(t, l.must(destroyAll), "")
	l.must(createSwitch("sw0"), gatewayNAT(0, "", "10.0.0.254/24"), uplink("eth1", "100"), gateway(100, "10.1.0.254/24"))
	l.must(attach("red"), link("red", "host", "192.0.2.1/24", "192.0.2.2/24"), addRoute("red", "10.0.0.0/8", "10.0.0.254"), allow("sw0", "red"))
	n := l.state.Len()
	if lines := strings.Count(l.must(destroyAll), "\n"); lines != n || l.state.Len() != 0 {
		t.Errorf("%d of %d objects were removed, %d are left", lines, n, l.state.Len())
	}
	want(t, l.must(destroyAll), "")
}

// What is recorded is removed whatever is left of it.
func TestDestroyAllOfARuin(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"), attach("red"))
	l.host.Namespaces["lost"] = plan.TakenOurs
	e := plan.NewEditor(l.state, l.host)
	e.DestroyAll()
	p, err := e.Plan(model.NewState(model.Namespace{Name: "lost"}))
	if err != nil {
		t.Fatal(err)
	}
	want(t, text(p), "- attachment red/eth0: switch sw0, port red-eth0, untagged",
		"- namespace red", "- namespace lost", "- switch sw0: datapath system")
}

func TestEditorLeavesWhatIsRecorded(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), attach("red"))
	before := l.state.Clone()
	e := plan.NewEditor(l.state, l.host)
	for _, edit := range []edit{attach("blue"), deleteAddr("red", "10.0.0.1/24", ""), deleteSwitch("sw0", true)} {
		if err := edit(e); err != nil {
			t.Fatal(err)
		}
	}
	if d := model.Diff(before, l.state); len(d) > 0 {
		t.Errorf("editing changed what is recorded: %v", d)
	}
	if e.State().Has(model.SwitchKey("sw0")) {
		t.Error("State is not the wished one")
	}
}

// A lab that was bent by hand can be worked on elsewhere, and removed.
func TestOnlyWhatIsTouchedIsJudged(t *testing.T) {
	l := newLab(t)
	twin := model.Attachment{Ifname: "eth0", Switch: "sw0", Addresses: cidrs("10.0.0.1/24")}
	for _, name := range []string{"red", "blue"} {
		twin.Namespace, twin.Port = name, name+"-eth0"
		l.state.Put(model.Namespace{Name: name}, twin)
	}
	l.state.Put(model.Switch{Name: "sw0"},
		model.Gateway{Switch: "sw0", VLAN: 1, Interface: "sw0.1", Addresses: cidrs("10.7.0.1/24")},
		model.Gateway{Switch: "sw0", VLAN: 2, Interface: "sw0.2", Addresses: cidrs("10.7.0.1/24")})
	l.must(attach("green", "--ip", "10.0.0.3/24"))
	l.must(attach("red", "--mtu", "1400")) // the address is no news
	l.refused(model.ErrConflict, "taken", "", attach("pink", "--ip", "10.0.0.1/24"))
	l.must(attach("red", "--ip", "10.0.0.2/24"))
	l.must(deleteGateway(2))
	l.must(destroyAll)
}

// anyEdit generates verbs over few names, so that they meet.
func anyEdit(t *rapid.T) edit {
	pick := func(what string, list ...string) string { return rapid.SampledFrom(list).Draw(t, what) }
	ns := pick("namespace", "red", "blue", "green", "pink")
	vlan := model.VID(rapid.IntRange(0, 2).Draw(t, "vlan"))
	address := pick("address", "10.0.0.1/24", "10.0.0.2/24", "10.1.0.1/24", "10.1.0.254/24", "2001:db8::1/64", "2001:db8::2/64", "10.0.0.3/16")
	subnet := netip.MustParsePrefix(address).Masked().String()
	var flags []string
	if rapid.Bool().Draw(t, "with --vlan") {
		flags = []string{"--vlan", pick("--vlan", "1", "2", "3")}
	} else if rapid.Bool().Draw(t, "with --trunk") {
		flags = []string{"--trunk", "1,2", "--native-vlan", pick("--native-vlan", "1", "2")}
	}
	switch pick("verb", "switch", "gateway", "gateway", "gateway nat", "gateway delete", "attach", "attach", "attach", "attach ip", "attach gateway",
		"attach second", "detach", "addr", "addr delete", "route", "nat", "nat delete", "link", "link delete", "allow", "allow delete",
		"uplink", "ns delete", "switch delete") {
	case "switch":
		return createSwitch("sw0")
	case "gateway":
		return gateway(vlan, address)
	case "gateway nat":
		return gatewayNAT(vlan, "", address)
	case "gateway delete":
		return deleteGateway(vlan)
	case "attach":
		return attach(ns, append(flags, "--ip", "auto")...)
	case "attach ip":
		return attach(ns, append(flags, "--ip", address)...)
	case "attach gateway":
		return attach(ns, append(flags, "--gateway", netip.MustParsePrefix(address).Addr().String())...)
	case "attach second":
		return attach(ns, append(flags, "--ifname", "eth1")...)
	case "detach":
		return detach(ns, "", "")
	case "addr":
		return addAddr(ns, address, "eth0")
	case "addr delete":
		return deleteAddr(ns, address, "")
	case "route":
		return addRoute(ns, pick("to", "0.0.0.0/0", "10.9.0.0/16"), pick("via", "10.0.0.1", "10.0.0.2", "10.1.0.254"))
	case "nat":
		return addNAT(subnet, "")
	case "nat delete":
		return deleteNAT(subnet)
	case "link":
		return link(ns, pick("other", "host", "red", "blue"), address, "")
	case "link delete":
		return deleteLink(ns, "host")
	case "allow":
		return allow(pick("a", "sw0", "sw0:1"), pick("b", "sw0:2", ns))
	case "allow delete":
		return deleteAllow("sw0", "sw0:1")
	case "uplink":
		return uplink("eth1", "1,2")
	case "ns delete":
		return deleteNS(ns)
	default:
		return deleteSwitch("sw0", rapid.Bool().Draw(t, "force"))
	}
}

// Whatever sequence of verbs is typed, the lab stays sound, each verb can be
// repeated for nothing, and in the end everything can be removed.
func TestRandomLabs(t *testing.T) {
	classes := []error{model.ErrInvalid, model.ErrNotFound, model.ErrConflict, model.ErrNotManaged}
	rapid.Check(t, func(t *rapid.T) {
		l := newLab(t)
		l.must(createSwitch("sw0"))
		for range rapid.IntRange(1, 25).Draw(t, "verbs") {
			verb := anyEdit(t)
			before := l.state
			p, err := l.try(verb)
			if err != nil {
				isClassified(t, err, classes)
				continue
			}
			if got := p.Reverse().Apply(l.state); len(model.Diff(before, got)) > 0 {
				t.Fatalf("%s cannot be undone", text(p))
			}
			sound(t, l.state)
			// What deletes says that there is nothing left, or finds nothing.
			if again, err := l.try(verb); err == nil && len(again) > 0 {
				t.Fatalf("repeating\n%sdoes\n%s", text(p), text(again))
			} else if err != nil && len(p) > 0 && !errors.Is(err, model.ErrNotFound) {
				t.Fatalf("repeating\n%sis refused: %v", text(p), err)
			}
		}
		l.must(destroyAll)
		if l.state.Len() > 0 || l.host.Sysctls[model.ForwardIPv4] != "0" || l.host.Sysctls[model.ForwardIPv6] != "0" {
			t.Fatalf("left: %v and %v", l.state.Objects(), l.host.Sysctls)
		}
	})
}

func isClassified(t *rapid.T, err error, classes []error) {
	for _, class := range classes {
		if errors.Is(err, class) {
			return
		}
	}
	t.Fatalf("%v has no class", err)
}

// sound checks what holds in every lab.
func sound(t *rapid.T, s *model.State) {
	type place struct{ segment, address string }
	taken := map[place]model.Key{}
	take := func(segment string, p netip.Prefix, k model.Key) {
		at := place{segment, p.Addr().String()}
		if other, twice := taken[at]; twice {
			t.Fatalf("%s and %s both have %s in %s", other, k, p.Addr(), segment)
		}
		taken[at] = k
	}
	var gateways []netip.Prefix
	hops := map[place]model.Key{}
	names := map[string]model.Key{}
	for _, o := range s.Objects() {
		switch o := o.(type) {
		case model.Gateway:
			if !s.Has(model.SwitchKey(o.Switch)) {
				t.Fatalf("%s has no switch", o.Key())
			}
			for _, p := range o.Addresses {
				take(o.Segment().String(), p, o.Key())
				for _, q := range gateways {
					if p.Overlaps(q) {
						t.Fatalf("gateways %s and %s overlap", p, q)
					}
				}
			}
			gateways = append(gateways, o.Addresses...)
		case model.Attachment:
			if !s.Has(model.SwitchKey(o.Switch)) || !s.Has(model.NamespaceKey(o.Namespace)) {
				t.Fatalf("%s hangs in the air", o.Key())
			}
			if other, twice := names[o.Port]; twice {
				t.Fatalf("%s and %s are both %s", other, o.Key(), o.Port)
			}
			names[o.Port] = o.Key()
			for _, p := range o.Addresses {
				if seg, ok := o.Segment(); ok {
					take(seg.String(), p, o.Key())
				}
				take("namespace "+o.Namespace, p, o.Key())
			}
			for _, hop := range o.Gateways {
				oneDefault(t, hops[place{o.Namespace, model.DefaultRoute(hop).String()}], o.Key())
				hops[place{o.Namespace, model.DefaultRoute(hop).String()}] = o.Key()
			}
		case model.Route:
			if !s.Has(model.NamespaceKey(o.Namespace)) {
				t.Fatalf("%s has no namespace", o.Key())
			}
			oneDefault(t, hops[place{o.Namespace, o.To.String()}], o.Key())
		case model.Allow:
			for _, seg := range []model.Segment{o.A, o.B} {
				if seg.Namespace == "" && !s.Has(model.GatewayKey(seg.Switch, seg.VLAN)) ||
					seg.Namespace != "" && !s.Has(model.LinkKey(seg.Namespace, model.HostEnd)) {
					t.Fatalf("%s leads nowhere", o.Key())
				}
			}
		default:
		}
	}
}

func oneDefault(t *rapid.T, before, k model.Key) {
	if before != (model.Key{}) {
		t.Fatalf("%s and %s both have the default route", before, k)
	}
}
