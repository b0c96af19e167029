package plan

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// CreateSwitch wishes for a switch, with its gateway and NAT when asked for.
func (e *Editor) CreateSwitch(r SwitchRequest) error {
	if r.Name == "" {
		r.Name = model.DefaultSwitch
	}
	if err := model.CheckSwitch(r.Name); err != nil {
		return err
	}
	sw, exists := model.Get[model.Switch](e.state, model.SwitchKey(r.Name))
	if !exists {
		if err := e.checkNew(r.Name); err != nil {
			return err
		}
		sw = model.Switch{Name: r.Name, Datapath: e.host.Auto}
	}
	sw.Datapath = e.datapath(sw.Datapath, r.Datapath)
	e.put(sw)
	if len(r.Gateways) == 0 && !r.NAT && r.OutInterface == "" {
		return nil
	}
	return e.SetGateway(GatewayRequest{
		Switch: r.Name, Addresses: r.Gateways, NAT: r.NAT, OutInterface: r.OutInterface,
	})
}

// datapath returns what a switch gets that has one datapath and is asked for
// another: what can be had in userspace is a matter of the host.
func (e *Editor) datapath(has, asked model.Datapath) model.Datapath {
	switch {
	case asked == "", asked == model.DatapathAuto:
		return has
	case asked != model.DatapathNetdev:
		return asked
	case has.Userspace():
		return has
	case e.host.Auto.Userspace():
		return e.host.Auto
	}
	return asked
}

// DeleteSwitch wishes a switch gone, with its gateways and uplinks; with force
// also what is attached to it.
func (e *Editor) DeleteSwitch(name string, force bool) error {
	sw, err := e.pickSwitch(name)
	if err != nil {
		return err
	}
	attached := find[model.Attachment](e, onSwitch(sw.Name))
	if len(attached) > 0 && !force {
		return model.Conflictf("%s still attached to switch %s", subjects(attached), sw.Name).
			WithHint("ovsns switch delete %s --force", sw.Name)
	}
	for _, a := range attached {
		e.detach(a)
	}
	for _, g := range model.All[model.Gateway](e.state) {
		if g.Switch == sw.Name {
			e.deleteGateway(g)
		}
	}
	for _, u := range model.All[model.Uplink](e.state) {
		if u.Switch == sw.Name {
			e.remove(u.Key())
		}
	}
	e.remove(sw.Key())
	return nil
}

// subjects returns "namespace red is" or "namespaces blue, red are".
func subjects(attached []model.Attachment) string {
	var names []string
	for _, a := range attached {
		names = append(names, a.Namespace)
	}
	names = slices.Compact(names)
	if len(names) == 1 {
		return "namespace " + names[0] + " is"
	}
	if rest := len(names) - 5; rest > 0 {
		names = append(names[:5], "...")
	}
	return "namespaces " + strings.Join(names, ", ") + " are"
}

// SetGateway wishes for the host's interface in a segment, with exactly these
// addresses. NAT that the segment had stays on, for the new subnets.
func (e *Editor) SetGateway(r GatewayRequest) error {
	sw, err := e.pickSwitch(r.Switch)
	if err != nil {
		return err
	}
	g, exists := model.Get[model.Gateway](e.state, model.GatewayKey(sw.Name, r.VLAN))
	if !exists {
		if g, err = e.newGateway(sw, r.VLAN); err != nil {
			return err
		}
	}
	before := g.Addresses
	if len(r.Addresses) > 0 {
		g.Addresses = r.Addresses
	}
	if len(g.Addresses) == 0 {
		return model.Invalidf("NAT of segment %s needs a gateway there", g.Segment()).
			WithHint("--gateway 172.16.10.254/24")
	}
	e.put(g)
	e.followGateway(g, before)
	return e.gatewayNAT(g, subnets(before), r)
}

// newGateway names the host's interface in a segment, and where the switch
// makes none the port that leads to it.
func (e *Editor) newGateway(sw model.Switch, vlan model.VID) (model.Gateway, error) {
	g := model.Gateway{Switch: sw.Name, VLAN: vlan, Interface: model.GatewayInterface(sw.Name, vlan)}
	if vlan != 0 {
		if err := e.checkNew(g.Interface); err != nil {
			return g, err
		}
	}
	if sw.Datapath.MakesInterfaces() {
		return g, nil
	}
	g.Port = model.StandInPort(g.Interface)
	if err := e.checkNew(g.Port); err != nil {
		return g, err
	}
	// The untagged one has the name of the switch, which is in use by that.
	return g, e.host.checkInterface(g.Interface)
}

// followGateway points default routes at the gateway's new address in a
// subnet that it keeps.
func (e *Editor) followGateway(g model.Gateway, before []netip.Prefix) {
	for _, a := range e.attachmentsIn(g.Segment()) {
		changed := false
		a.Gateways = slices.Clone(a.Gateways)
		for i, hop := range a.Gateways {
			if !holds(before, hop) || holds(g.Addresses, hop) {
				continue
			}
			for _, p := range g.Addresses {
				if p.Masked().Contains(hop) {
					a.Gateways[i], changed = p.Addr(), true
					break
				}
			}
		}
		if changed {
			e.put(a)
		}
	}
}

// gatewayNAT carries the NAT of a gateway from its old subnets to its new
// ones. A subnet that stays keeps what it had; a new one is masqueraded as
// those of its family were that go.
func (e *Editor) gatewayNAT(g model.Gateway, old []netip.Prefix, r GatewayRequest) error {
	wanted, carried := e.takeNAT(g, old)
	if r.OutInterface != "" && !r.NAT && len(wanted) == 0 && len(carried) == 0 {
		return model.Invalidf("--out-interface needs --nat").WithHint("--nat --out-interface %s", r.OutInterface)
	}
	for _, s := range subnets(g.Addresses) {
		n, ok := wanted[s]
		if !ok && !slices.Contains(old, s) {
			n, ok = carried[s.Addr().Is4()]
		}
		if !ok && !r.NAT {
			continue
		}
		n.Subnet = s
		if !r.NAT && r.OutInterface == "" {
			e.put(n) // as it was, also when that interface is gone now
			continue
		}
		n.OutInterface = r.OutInterface
		if err := e.AddNAT(n); err != nil {
			return err
		}
	}
	return nil
}

// takeNAT returns the NAT of the subnets that a gateway keeps, and of those it
// loses, which are removed, one by address family.
func (e *Editor) takeNAT(g model.Gateway, old []netip.Prefix) (kept map[netip.Prefix]model.NAT, lost map[bool]model.NAT) {
	kept, lost = map[netip.Prefix]model.NAT{}, map[bool]model.NAT{}
	for _, s := range old {
		n, ok := model.Get[model.NAT](e.state, model.NATKey(model.Host, s))
		switch {
		case !ok:
		case slices.Contains(subnets(g.Addresses), s):
			kept[s] = n
		default:
			lost[s.Addr().Is4()] = n
			e.remove(n.Key())
		}
	}
	return kept, lost
}

// DeleteGateway wishes the host's interface in a segment gone, with the NAT of
// its subnets and what it was allowed to route to.
func (e *Editor) DeleteGateway(name string, vlan model.VID) error {
	sw, err := e.pickSwitch(name)
	if err != nil {
		return err
	}
	g, ok := model.Get[model.Gateway](e.state, model.GatewayKey(sw.Name, vlan))
	if !ok {
		return model.NotFoundf("segment %s has no gateway", model.Segment{Switch: sw.Name, VLAN: vlan})
	}
	e.deleteGateway(g)
	return nil
}

func (e *Editor) deleteGateway(g model.Gateway) {
	for _, s := range subnets(g.Addresses) {
		e.remove(model.NATKey(model.Host, s))
	}
	e.removeAllows(g.Segment())
	e.remove(g.Key())
}

// subnets returns the distinct subnets of addresses.
func subnets(addresses []netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range addresses {
		if s := p.Masked(); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
