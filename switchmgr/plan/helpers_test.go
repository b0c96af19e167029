package plan_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// lab is a host on which each plan that is made is carried out at once, as
// the manager would do.
type lab struct {
	t     tester
	state *model.State
	host  plan.Host
}

// edit is one verb of the command line.
type edit func(*plan.Editor) error

// newLab returns a bare host on which forwarding is off.
func newLab(t tester) *lab {
	return &lab{t: t, state: model.NewState(), host: plan.Host{
		Auto:       model.DatapathSystem,
		Taken:      map[string]plan.Owner{},
		Namespaces: map[string]plan.Owner{},
		Inside:     map[string]map[string]plan.Interface{},
		Sysctls:    map[string]string{model.ForwardIPv4: "0", model.ForwardIPv6: "0"},
		Interfaces: map[string]plan.Interface{
			"lo":   {Owner: plan.TakenForeign, Up: true, Addresses: cidrs("127.0.0.1/8")},
			"eth0": {Owner: plan.TakenForeign, Up: true, Addresses: cidrs("198.51.100.7/24", "2001:db8:ffff::7/64")},
			"eth1": {Owner: plan.TakenForeign, Up: true},
			"eth2": {Owner: plan.TakenForeign},
		},
	}}
}

// try makes a plan and carries it out if it is accepted.
func (l *lab) try(edits ...edit) (model.Plan, error) {
	e := plan.NewEditor(l.state, l.host)
	for _, edit := range edits {
		if err := edit(e); err != nil {
			return nil, err
		}
	}
	p, err := e.Plan(l.state)
	if err == nil {
		l.apply(p)
	}
	return p, err
}

// apply carries a plan out: the host's settings change with it.
func (l *lab) apply(p model.Plan) {
	l.state = p.Apply(l.state)
	for _, s := range model.Made[model.Sysctl](p) {
		l.host.Sysctls[s.Name] = s.Value
	}
	for _, s := range model.Removed[model.Sysctl](p) {
		l.host.Sysctls[s.Name] = s.Before
	}
}

// must is try for edits that have to be accepted. It returns the plan's text.
func (l *lab) must(edits ...edit) string {
	l.t.Helper()
	p, err := l.try(edits...)
	if err != nil {
		l.t.Fatalf("refused: %v (hint %q)", err, model.Hint(err))
	}
	return text(p)
}

// refused checks that the edits are refused with a class, a part of the
// message and a part of the hint, and that nothing changed.
func (l *lab) refused(class error, message, hint string, edits ...edit) {
	l.t.Helper()
	before := l.state.Clone()
	p, err := l.try(edits...)
	if !errors.Is(err, class) || !strings.Contains(fmt.Sprint(err), message) {
		l.t.Errorf("got %v, plan %q; want %v with %q", err, text(p), class, message)
	} else if got := model.Hint(err); !strings.Contains(got, hint) || hint == "" && got != "" {
		l.t.Errorf("%v: the hint is %q; want %q", err, got, hint)
	}
	if d := model.Diff(before, l.state); len(d) > 0 {
		l.t.Errorf("a refused edit changed something: %v", d)
	}
}

// want compares the text of a plan.
func want(t tester, got string, lines ...string) {
	t.Helper()
	if want := strings.Join(lines, "\n"); strings.TrimSuffix(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func text(p model.Plan) string {
	var b strings.Builder
	for _, c := range p {
		fmt.Fprintln(&b, c)
	}
	return b.String()
}

// at returns the attachment "red/eth0".
func (l *lab) at(name string) model.Attachment {
	l.t.Helper()
	namespace, ifname, _ := strings.Cut(name, "/")
	a, ok := model.Get[model.Attachment](l.state, model.AttachmentKey(namespace, ifname))
	if !ok {
		l.t.Fatalf("there is no attachment %s", name)
	}
	return a
}

// addresses checks the addresses and the default gateways of an attachment.
func (l *lab) addresses(name string, addresses, gateways []string) {
	l.t.Helper()
	a := l.at(name)
	if !slices.Equal(a.Addresses, cidrs(addresses...)) || !slices.Equal(a.Gateways, ips(gateways...)) {
		l.t.Errorf("%s has %v via %v; want %v via %v", name, a.Addresses, a.Gateways, addresses, gateways)
	}
}

func cidrs(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func ips(list ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// The verbs, written as on a command line.

func createSwitch(name string, gateways ...string) edit {
	return func(e *plan.Editor) error {
		return e.CreateSwitch(plan.SwitchRequest{Name: name, Gateways: cidrs(gateways...)})
	}
}

func deleteSwitch(name string, force bool) edit {
	return func(e *plan.Editor) error { return e.DeleteSwitch(name, force) }
}

func createNS(names ...string) edit {
	return func(e *plan.Editor) error { return e.CreateNamespaces(plan.NamespaceRequest{Names: names}) }
}

func deleteNS(names ...string) edit {
	return func(e *plan.Editor) error { return e.DeleteNamespaces(names) }
}

func gateway(vlan model.VID, addresses ...string) edit {
	return func(e *plan.Editor) error {
		return e.SetGateway(plan.GatewayRequest{Switch: "sw0", VLAN: vlan, Addresses: cidrs(addresses...)})
	}
}

func gatewayNAT(vlan model.VID, out string, addresses ...string) edit {
	return func(e *plan.Editor) error {
		return e.SetGateway(plan.GatewayRequest{
			Switch: "sw0", VLAN: vlan, Addresses: cidrs(addresses...), NAT: true, OutInterface: out,
		})
	}
}

func deleteGateway(vlan model.VID) edit {
	return func(e *plan.Editor) error { return e.DeleteGateway("sw0", vlan) }
}

// attach reads flags: "--vlan 100 --ip auto".
func attach(namespace string, flags ...string) edit {
	return func(e *plan.Editor) error {
		r := plan.AttachRequest{Namespace: namespace}
		var access, trunk, native string
		var ip, gw []string
		for i := 0; i+1 < len(flags); i += 2 {
			value := flags[i+1]
			switch flags[i] {
			case "-s":
				r.Switch = value
			case "--ifname":
				r.Ifname = value
			case "--vlan":
				access = value
			case "--trunk":
				trunk = value
			case "--native-vlan":
				native = value
			case "--ip":
				ip = append(ip, value)
			case "--gateway":
				gw = append(gw, value)
			case "--mtu":
				if _, err := fmt.Sscan(value, &r.MTU); err != nil {
					return err
				}
			case "--mac":
				m, err := model.ParseMAC(value)
				if err != nil {
					return err
				}
				r.MAC = m
			default:
				panic("attach has no flag " + flags[i])
			}
		}
		if access+trunk+native != "" {
			v, err := model.ParseVLANs(access, trunk, native)
			if err != nil {
				return err
			}
			r.VLANs = &v
		}
		var err error
		if r.IP, err = plan.ParseAddressChoice(ip); err != nil {
			return err
		}
		if r.Gateway, err = plan.ParseGatewayChoice(gw); err != nil {
			return err
		}
		return e.Attach(r)
	}
}

func detach(namespace, sw, ifname string) edit {
	return func(e *plan.Editor) error {
		return e.Detach(plan.DetachRequest{Namespace: namespace, Switch: sw, Ifname: ifname})
	}
}

func addAddr(namespace, address, ifname string) edit {
	return func(e *plan.Editor) error {
		return e.AddAddress(namespace, netip.MustParsePrefix(address), ifname)
	}
}

func deleteAddr(namespace, address, ifname string) edit {
	return func(e *plan.Editor) error {
		return e.DeleteAddress(namespace, netip.MustParsePrefix(address), ifname)
	}
}

func route(namespace, to, via string) model.Route {
	return model.Route{Namespace: namespace, To: netip.MustParsePrefix(to), Via: netip.MustParseAddr(via)}
}

func addRoute(namespace, to, via string) edit {
	return func(e *plan.Editor) error { return e.AddRoute(route(namespace, to, via)) }
}

func deleteRoute(namespace, to, via string) edit {
	return func(e *plan.Editor) error { return e.DeleteRoute(route(namespace, to, via)) }
}

func addNAT(subnet, out string) edit {
	return func(e *plan.Editor) error {
		return e.AddNAT(model.NAT{Subnet: netip.MustParsePrefix(subnet), OutInterface: out})
	}
}

func deleteNAT(subnet string) edit {
	return func(e *plan.Editor) error { return e.DeleteNAT(model.Host, netip.MustParsePrefix(subnet)) }
}

func allow(a, b string) edit {
	return func(e *plan.Editor) error { return e.AddAllow(a, b) }
}

func deleteAllow(a, b string) edit {
	return func(e *plan.Editor) error { return e.DeleteAllow(a, b) }
}

func link(a, b, ipA, ipB string) edit {
	return func(e *plan.Editor) error {
		r := plan.LinkRequest{A: a, B: b}
		if ipA != "" {
			r.IPA = cidrs(ipA)
		}
		if ipB != "" {
			r.IPB = cidrs(ipB)
		}
		return e.AddLink(r)
	}
}

func deleteLink(a, b string) edit {
	return func(e *plan.Editor) error { return e.DeleteLink(a, b, "") }
}

func uplink(ifname, trunk string) edit {
	return func(e *plan.Editor) error {
		r := plan.UplinkRequest{Interface: ifname}
		if trunk != "" {
			v, err := model.ParseVLANs("", trunk, "")
			if err != nil {
				return err
			}
			r.VLANs = &v
		}
		return e.AddUplink(r)
	}
}

func deleteUplink(ifname string) edit {
	return func(e *plan.Editor) error { return e.DeleteUplink(ifname) }
}

func destroyAll(e *plan.Editor) error {
	e.DestroyAll()
	return nil
}
