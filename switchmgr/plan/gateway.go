package plan

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"github.com/ovsns/ovsns/model"
)

// GatewayRequest asks for the host's interface in a segment.
type GatewayRequest struct {
	Switch       string // "" is the only one there is
	VLAN         model.VID
	Addresses    []netip.Prefix
	NAT          bool   // false keeps the NAT there is
	OutInterface string // with NAT; "" is any
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
		n.Place, n.Subnet = g.Place(), s
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
		n, ok := model.Get[model.NAT](e.state, model.NATKey(g.Place(), s))
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
	return e.drop(g)
}

func (e *Editor) dropGateway(g model.Gateway) error {
	e.dropNAT(g)
	e.removeAllows(g.Segment())
	e.remove(g.Key())
	return nil
}

// checkInside refuses addresses outside the subnets of the segment's gateway,
// in the families that it has.
func checkInside(addresses []netip.Prefix, g model.Gateway) error {
	for _, p := range addresses {
		var same []netip.Prefix
		for _, q := range g.Addresses {
			if q.Addr().Is4() == p.Addr().Is4() {
				same = append(same, q)
			}
		}
		if holds(same, p.Addr()) {
			return duplicate(p, g.Segment(), "the gateway").WithHint("--ip auto")
		}
		if len(same) > 0 && !slices.Contains(subnets(same), p.Masked()) {
			return model.Conflictf("address %s is outside the gateway's subnet %s in segment %s", p, same[0].Masked(), g.Segment()).
				WithHint("--ip auto")
		}
	}
	return nil
}

// dropNAT wishes the NAT of a gateway's subnets gone.
func (e *Editor) dropNAT(g model.Gateway) {
	for _, s := range subnets(g.Addresses) {
		e.removeRecorded(model.NATKey(g.Place(), s))
	}
}

// checkGateway refuses a gateway in a subnet that its place is in already, and
// addresses that others in the segment have.
func (e *Editor) checkGateway(g model.Gateway) error {
	if err := e.checkSubnets(g.Place(), g.Interface, g.Addresses); err != nil {
		return err.WithHint("take another subnet, or keep the two apart with --vrf NAME")
	}
	for i, p := range g.Addresses {
		for _, q := range g.Addresses[:i] {
			if p.Overlaps(q) && p.Masked() != q.Masked() || p.Addr() == q.Addr() {
				return model.Invalidf("gateway addresses %s and %s overlap", q, p)
			}
		}
	}
	for _, a := range e.attachmentsIn(g.Segment()) {
		for _, p := range a.Addresses {
			if holds(g.Addresses, p.Addr()) {
				return duplicate(p, g.Segment(), "namespace "+a.Namespace)
			}
		}
	}
	return nil
}

func (e *Editor) attachmentsIn(seg model.Segment) []model.Attachment {
	return find[model.Attachment](e, inSegment(seg))
}

func vlanFlag(vlan model.VID) string {
	if vlan == 0 {
		return ""
	}
	return " --vlan " + strconv.Itoa(int(vlan))
}

func gatewayNoun() entry {
	return noun[model.Gateway]{
		tags: func(g model.Gateway) []any {
			return append(addressTags(g.Segment(), g.Addresses),
				hostName(g.Interface), hostName(g.SwitchPort()), onSwitch(g.Switch), within(g.Place()))
		},
		interfaces: func(g model.Gateway, _ model.Place) []iface {
			return []iface{{g.Interface, g.Addresses, func(p []netip.Prefix) model.Object {
				g.Addresses = p
				return g
			}}}
		},
		check: (*Editor).checkGateway,
		drop:  (*Editor).dropGateway,
		file: file[GatewayRequest]{
			requests: gatewayRequests,
			key:      func(r GatewayRequest) model.Key { return model.GatewayKey(r.Switch, r.VLAN) },
			request:  (*Editor).renewGateway,
		},
		export: exportGateway,
	}.entry()
}

func gatewayRequests(lab *model.Lab) ([]GatewayRequest, error) {
	var list []GatewayRequest
	for _, name := range slices.Sorted(maps.Keys(lab.Switches)) {
		segments := map[model.VID]model.LabSegment{0: lab.Switches[name].LabSegment}
		maps.Copy(segments, lab.Switches[name].VLANs)
		for _, vlan := range slices.Sorted(maps.Keys(segments)) {
			s := segments[vlan]
			switch {
			case s.VRF != "":
				return nil, model.Invalidf("switch %s: router namespaces (vrf) are not available yet", name)
			case len(s.Gateway) > 0:
				list = append(list, GatewayRequest{Switch: name, VLAN: vlan, Addresses: s.Gateway, NAT: s.NAT, OutInterface: s.OutInterface})
			case s.NAT:
				return nil, model.Invalidf("NAT of segment %s needs a gateway there", model.Segment{Switch: name, VLAN: vlan})
			}
		}
	}
	return list, nil
}

// renewGateway wishes for the gateway of a segment as a lab file says, with NAT
// or without.
func (e *Editor) renewGateway(r GatewayRequest) error {
	if g, ok := model.Get[model.Gateway](e.state, model.GatewayKey(r.Switch, r.VLAN)); ok {
		e.dropNAT(g)
	}
	return e.SetGateway(r)
}

// exportGateway says "nat: true" where all subnets of the gateway are
// masqueraded alike; else the NAT is listed on its own.
func exportGateway(x *exporter, g model.Gateway) {
	seg := model.LabSegment{Gateway: g.Addresses, VRF: g.VRF}
	if nats := sameNAT(x.state, g); len(nats) > 0 {
		seg.NAT, seg.OutInterface = true, nats[0].OutInterface
		x.covered = append(x.covered, nats...)
	}
	sw := x.lab.Switches[g.Switch]
	if g.VLAN == 0 {
		sw.LabSegment = seg
	} else {
		if sw.VLANs == nil {
			sw.VLANs = map[model.VID]model.LabSegment{}
		}
		sw.VLANs[g.VLAN] = seg
	}
	x.lab.Switches[g.Switch] = sw
}

// sameNAT returns the NAT of all subnets of a gateway, none where one differs.
func sameNAT(s *model.State, g model.Gateway) []model.NAT {
	var nats []model.NAT
	for _, subnet := range subnets(g.Addresses) {
		n, ok := model.Get[model.NAT](s, model.NATKey(g.Place(), subnet))
		if !ok || len(nats) > 0 && nats[0].OutInterface != n.OutInterface {
			return nil
		}
		nats = append(nats, n)
	}
	return nats
}
