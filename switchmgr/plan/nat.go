package plan

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// AddNAT wishes for masquerading of a subnet.
func (e *Editor) AddNAT(n model.NAT) error {
	if n.Subnet.Bits() == 0 {
		return model.Invalidf("NAT of %s would masquerade what is not of the lab", n.Subnet).
			WithHint("name the subnet of a gateway: ovsns gateway list")
	}
	if n.OutInterface != "" {
		if err := model.CheckIfname(n.OutInterface); err != nil {
			return err
		}
		if !e.hostHas(n.OutInterface) {
			return model.NotFoundf("the host has no interface %s", n.OutInterface)
		}
	}
	e.put(n)
	return nil
}

// hostHas reports whether the host has an interface, or will have it.
func (e *Editor) hostHas(name string) bool {
	if _, ok := e.host.find(name); ok {
		return true
	}
	for _, l := range model.All[model.Link](e.state) {
		if end, ok := l.End(model.HostEnd); ok && end.Ifname == name {
			return true
		}
	}
	return slices.ContainsFunc(model.All[model.Gateway](e.state), func(g model.Gateway) bool { return g.Interface == name })
}

// DeleteNAT wishes the masquerading of a subnet gone.
func (e *Editor) DeleteNAT(subnet netip.Prefix) error {
	if !e.state.Has(model.NATKey(model.Host, subnet)) {
		return model.NotFoundf("subnet %s is not masqueraded", subnet)
	}
	e.remove(model.NATKey(model.Host, subnet))
	return nil
}

// AddAllow wishes that two segments may route to each other.
func (e *Editor) AddAllow(a, b string) error {
	allow, err := e.pair(a, b)
	if err != nil {
		return err
	}
	if allow.InterfaceA, err = e.routerInterface(allow.A); err != nil {
		return err
	}
	if allow.InterfaceB, err = e.routerInterface(allow.B); err != nil {
		return err
	}
	e.put(allow)
	return nil
}

// DeleteAllow wishes that two segments no longer route to each other.
func (e *Editor) DeleteAllow(a, b string) error {
	allow, err := e.pair(a, b)
	if err != nil {
		return err
	}
	if !e.state.Has(allow.Key()) {
		return model.NotFoundf("segments %s and %s are not allowed to route to each other", a, b)
	}
	e.remove(allow.Key())
	return nil
}

func (e *Editor) pair(a, b string) (model.Allow, error) {
	var allow model.Allow
	var err error
	if allow.A, err = e.segment(a); err != nil {
		return allow, err
	}
	if allow.B, err = e.segment(b); err != nil {
		return allow, err
	}
	if allow.A == allow.B {
		return allow, model.Invalidf("segment %s always reaches itself", a)
	}
	if allow.B.String() < allow.A.String() {
		allow.A, allow.B = allow.B, allow.A
	}
	return allow, nil
}

// segment reads "sw0", "sw0:100" or the name of a namespace.
func (e *Editor) segment(s string) (model.Segment, error) {
	name, vlan, tagged := strings.Cut(s, ":")
	if e.state.Has(model.SwitchKey(name)) {
		if !tagged {
			return model.Segment{Switch: name}, nil
		}
		vid, err := model.ParseVID(vlan)
		return model.Segment{Switch: name, VLAN: vid}, err
	}
	if e.state.Has(model.NamespaceKey(s)) {
		return model.Segment{Namespace: s}, nil
	}
	return model.Segment{}, model.NotFoundf("%s is neither a switch, a VLAN of one (sw0:100) nor a namespace", strconv.Quote(s))
}

// routerInterface returns the host's interface in a segment.
func (e *Editor) routerInterface(s model.Segment) (string, error) {
	if s.Namespace != "" {
		l, ok := model.Get[model.Link](e.state, model.LinkKey(s.Namespace, model.HostEnd))
		if !ok {
			return "", model.NotFoundf("namespace %s is not linked to the host", s.Namespace).
				WithHint("ovsns link add %s host --ip-a 192.0.2.2/24 --ip-b 192.0.2.1/24", s.Namespace)
		}
		end, _ := l.End(model.HostEnd)
		return end.Ifname, nil
	}
	g, ok := model.Get[model.Gateway](e.state, model.GatewayKey(s.Switch, s.VLAN))
	if !ok {
		vlan := ""
		if s.VLAN != 0 {
			vlan = " --vlan " + strconv.Itoa(int(s.VLAN))
		}
		return "", model.NotFoundf("segment %s has no gateway in the host", s).
			WithHint("ovsns gateway set -s %s%s 172.16.10.254/24", s.Switch, vlan)
	}
	return g.Interface, nil
}

func (e *Editor) removeAllows(s model.Segment) {
	for _, a := range model.All[model.Allow](e.state) {
		if a.A == s || a.B == s {
			e.remove(a.Key())
		}
	}
}

// forwarding wishes for the host settings that NAT and Allow need, and gives
// them back when the last user is gone.
func (e *Editor) forwarding() {
	v4, v6 := e.forwards()
	e.setting(model.ForwardIPv4, "1", v4)
	e.setting(model.ForwardIPv6, "1", v6)
	kept := slices.Clone(e.host.RouterAdvertised)
	for _, s := range model.All[model.Sysctl](e.state) {
		if ifname, ok := strings.CutSuffix(s.Name, "/accept_ra"); ok {
			kept = append(kept, strings.TrimPrefix(ifname, "net/ipv6/conf/"))
		}
	}
	// A forwarding host drops the default route that it had by router
	// advertisement, unless accept_ra is 2.
	turnedOn := e.state.Has(model.SysctlKey(model.Host, model.ForwardIPv6))
	slices.Sort(kept)
	for _, ifname := range slices.Compact(kept) {
		e.setting(model.AcceptRA(ifname), "2", v6 && turnedOn)
	}
}

// forwards reports which address families have to be routed.
func (e *Editor) forwards() (v4, v6 bool) {
	for _, n := range model.All[model.NAT](e.state) {
		v4 = v4 || n.Subnet.Addr().Is4()
		v6 = v6 || n.Subnet.Addr().Is6()
	}
	for _, a := range model.All[model.Allow](e.state) {
		for _, ifname := range []string{a.InterfaceA, a.InterfaceB} {
			for _, p := range e.hostAddresses(ifname) {
				v4 = v4 || p.Addr().Is4()
				v6 = v6 || p.Addr().Is6()
			}
		}
	}
	return v4, v6
}

// hostAddresses returns the addresses that the lab gives to an interface of
// the host.
func (e *Editor) hostAddresses(ifname string) []netip.Prefix {
	for _, g := range model.All[model.Gateway](e.state) {
		if g.Interface == ifname {
			return g.Addresses
		}
	}
	for _, l := range e.linksOf(model.HostEnd) {
		if end, _ := l.End(model.HostEnd); end.Ifname == ifname {
			return end.Addresses
		}
	}
	return nil
}

// setting wishes a setting of the host on or off. One that somebody else has
// switched on already is not ours to record or to put back.
func (e *Editor) setting(name, value string, wanted bool) {
	key := model.SysctlKey(model.Host, name)
	recorded, ours := model.Get[model.Sysctl](e.state, key)
	current, known := e.host.Sysctls[name]
	switch {
	case wanted && ours:
		e.put(recorded)
	case wanted && known && current != value:
		e.put(model.Sysctl{Name: name, Value: value, Before: current})
	case !wanted && ours:
		e.remove(key)
	}
}
