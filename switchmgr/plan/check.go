package plan

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// check refuses a wished state that contradicts itself or the host. Only what
// an edit touched is held to it: a lab that somebody has bent by hand can
// still be mended or removed.
func (e *Editor) check() error {
	for _, o := range e.touchedObjects() {
		var err error
		switch o := o.(type) {
		case model.Gateway:
			err = e.checkGateway(o)
		case model.Attachment:
			err = e.checkAttachment(o)
		case model.Link:
			err = e.checkLink(o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hostNet is a subnet that the host is in.
type hostNet struct {
	ifname string
	prefix netip.Prefix
	vrf    string
}

// hostNets returns the subnets of the host: those of the lab and those of
// interfaces that are not ours.
func (e *Editor) hostNets() []hostNet {
	var nets []hostNet
	for _, g := range model.All[model.Gateway](e.state) {
		for _, p := range g.Addresses {
			nets = append(nets, hostNet{g.Interface, p, g.VRF})
		}
	}
	for _, l := range e.linksOf(model.HostEnd) {
		end, _ := l.End(model.HostEnd)
		for _, p := range end.Addresses {
			nets = append(nets, hostNet{end.Ifname, p, ""})
		}
	}
	for name, i := range e.host.Interfaces {
		if e.labInterface(name) {
			continue
		}
		for _, p := range i.Addresses {
			nets = append(nets, hostNet{name, p, ""})
		}
	}
	return nets
}

// labInterface reports whether the lab gives that interface its addresses.
func (e *Editor) labInterface(name string) bool {
	for _, g := range model.All[model.Gateway](e.state) {
		if g.Interface == name {
			return true
		}
	}
	return e.host.Interfaces[name].Owner == TakenOurs
}

// checkHostSubnets refuses subnets that the host is in by another interface.
func (e *Editor) checkHostSubnets(ifname, vrf string, addresses []netip.Prefix) *model.Error {
	for _, p := range addresses {
		for _, n := range e.hostNets() {
			if n.ifname == ifname || n.vrf != vrf || !n.prefix.Overlaps(p) {
				continue
			}
			return model.Conflictf("subnet %s of %s overlaps %s of %s", p.Masked(), ifname, n.prefix.Masked(), n.ifname)
		}
	}
	return nil
}

func (e *Editor) checkGateway(g model.Gateway) error {
	if err := e.checkHostSubnets(g.Interface, g.VRF, g.Addresses); err != nil {
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

func duplicate(p netip.Prefix, seg model.Segment, owner string) *model.Error {
	return model.Conflictf("address %s is taken in segment %s by %s", p.Addr(), seg, owner)
}

func (e *Editor) checkAttachment(a model.Attachment) error {
	if a.MTU != 0 && (a.MTU < 68 || a.MTU > 65535) {
		return model.Invalidf("MTU %d is outside 68 to 65535", a.MTU)
	}
	if a.MTU != 0 && a.MTU < 1280 && slices.ContainsFunc(a.Addresses, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		return model.Invalidf("MTU %d is too small for IPv6, which needs 1280", a.MTU)
	}
	if err := e.checkOwnAddresses(a.Namespace, a.Ifname, a.Addresses); err != nil {
		return err
	}
	seg, ok := a.Segment()
	if !ok {
		return nil
	}
	fresh := e.freshAddresses(a, seg)
	if g, ok := model.Get[model.Gateway](e.state, model.GatewayKey(seg.Switch, seg.VLAN)); ok {
		if err := checkInside(fresh, g); err != nil {
			return err
		}
	}
	return e.checkNeighbours(a, seg, fresh)
}

// checkNeighbours refuses addresses that others have in the segment.
func (e *Editor) checkNeighbours(a model.Attachment, seg model.Segment, addresses []netip.Prefix) error {
	for _, p := range addresses {
		for _, b := range find[model.Attachment](e, holding{seg, p.Addr()}) {
			if b.Key() == a.Key() {
				continue
			}
			err := duplicate(p, seg, "namespace "+b.Namespace)
			if e.state.Has(model.GatewayKey(seg.Switch, seg.VLAN)) {
				err = err.WithHint("--ip auto")
			}
			return err
		}
	}
	return nil
}

// freshAddresses returns the addresses that are new to a segment: those that
// were there before stay acceptable, so that a subnet can be changed address
// by address.
func (e *Editor) freshAddresses(a model.Attachment, seg model.Segment) []netip.Prefix {
	was, ok := model.Get[model.Attachment](e.recorded, a.Key())
	if s, untagged := was.Segment(); !ok || !untagged || s != seg {
		return a.Addresses
	}
	return slices.DeleteFunc(slices.Clone(a.Addresses), func(p netip.Prefix) bool { return slices.Contains(was.Addresses, p) })
}

// checkOwnAddresses refuses an address of an interface that its namespace
// would have twice.
func (e *Editor) checkOwnAddresses(namespace, ifname string, addresses []netip.Prefix) error {
	for i, p := range addresses {
		twice := holds(addresses[:i], p.Addr()) || slices.ContainsFunc(e.places(namespace), func(where place) bool {
			return where.ifname != ifname && holds(where.addresses, p.Addr())
		})
		if twice {
			return model.Conflictf("namespace %s would have the address %s twice", namespace, p.Addr())
		}
	}
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

func (e *Editor) checkLink(l model.Link) error {
	for _, p := range l.A.Addresses {
		if holds(l.B.Addresses, p.Addr()) {
			return model.Conflictf("both ends of the link would have the address %s", p.Addr())
		}
	}
	for _, end := range []model.LinkEnd{l.A, l.B} {
		if end.Namespace == model.HostEnd {
			continue // checkHostSubnets refuses more
		}
		if err := e.checkOwnAddresses(end.Namespace, end.Ifname, end.Addresses); err != nil {
			return err
		}
	}
	if end, ok := l.End(model.HostEnd); ok {
		if err := e.checkHostSubnets(end.Ifname, "", end.Addresses); err != nil {
			return err.WithHint("take another subnet")
		}
	}
	return nil
}
