package plan

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// AttachRequest asks for an interface of a namespace on a switch.
type AttachRequest struct {
	Namespace string
	Switch    string // "" is the only one there is
	Ifname    string // "" is the one on that switch, else the first free ethN
	// VLANs nil keeps what there is; a new attachment is untagged.
	VLANs   *model.VLANs
	IP      AddressChoice
	Gateway GatewayChoice
	MAC     model.MAC // zero keeps, or lets the kernel choose
	MTU     int       // bytes; 0 keeps, or leaves the kernel's default
}

// DetachRequest asks for an interface to be taken off its switch.
type DetachRequest struct {
	Namespace string
	Switch    string // "" is any
	Ifname    string // "" is the only one (on that switch)
}

// Attach wishes for an interface of a namespace on a switch, and for the
// namespace itself.
func (e *Editor) Attach(r AttachRequest) error {
	if err := e.createNamespace(r.Namespace, NamespaceRequest{}); err != nil {
		return err
	}
	sw, err := e.pickSwitch(r.Switch)
	if err != nil {
		return err
	}
	was, exists, err := e.findAttachment(r.Namespace, sw.Name, r.Ifname)
	if err != nil {
		return err
	}
	a := was
	if !exists {
		if a, err = e.newAttachment(r, sw); err != nil {
			return err
		}
	}
	return e.shape(a, was, exists, r)
}

// findAttachment returns the interface that an attach or a detach means: the
// one of that name, or the one on that switch.
func (e *Editor) findAttachment(namespace, sw, ifname string) (model.Attachment, bool, error) {
	if ifname != "" {
		a, ok := model.Get[model.Attachment](e.state, model.AttachmentKey(namespace, ifname))
		if ok && sw != "" && a.Switch != sw {
			return a, false, model.Conflictf("interface %s of namespace %s is on switch %s", ifname, namespace, a.Switch).
				WithHint("ovsns detach %s --ifname %s", namespace, ifname)
		}
		return a, ok, nil
	}
	list := slices.DeleteFunc(e.attachmentsOf(namespace), func(a model.Attachment) bool { return sw != "" && a.Switch != sw })
	switch len(list) {
	case 0:
		return model.Attachment{}, false, nil
	case 1:
		return list[0], true, nil
	}
	var names []string
	for _, a := range list {
		names = append(names, a.Ifname)
	}
	return model.Attachment{}, false, model.Invalidf("namespace %s has several interfaces (%s); say which one",
		namespace, strings.Join(names, ", ")).WithHint("--ifname %s", names[0])
}

// newAttachment chooses the names of a new attachment.
func (e *Editor) newAttachment(r AttachRequest, sw model.Switch) (model.Attachment, error) {
	a := model.Attachment{Namespace: r.Namespace, Switch: sw.Name, Ifname: r.Ifname}
	used := e.usedIfnames(r.Namespace)
	if a.Ifname == "" {
		a.Ifname = freeIfname(used)
	} else if used[a.Ifname] {
		return a, e.ifnameTaken(r.Namespace, a.Ifname)
	}
	var err error
	a.Port, err = e.freePort(a.Namespace, a.Ifname)
	return a, err
}

// shape gives an attachment the properties asked for and wishes for it.
func (e *Editor) shape(a, was model.Attachment, exists bool, r AttachRequest) error {
	if r.VLANs != nil {
		a.VLANs = *r.VLANs
	}
	if !r.MAC.IsZero() {
		a.MAC = r.MAC
	}
	if r.MTU != 0 {
		a.MTU = r.MTU
	}
	moved := exists && !a.VLANs.Equal(was.VLANs)
	if err := e.giveAddresses(&a, moved, was, r.IP); err != nil {
		return err
	}
	if err := e.giveGateways(&a, was, r.Gateway); err != nil {
		return err
	}
	e.put(a)
	e.dropRoutes(a.Namespace)
	return nil
}

// giveAddresses fills in a.Addresses.
func (e *Editor) giveAddresses(a *model.Attachment, moved bool, was model.Attachment, c AddressChoice) error {
	switch c.Choice {
	case ChoiceNone:
		a.Addresses = nil
		return nil
	case ChoiceList:
		a.Addresses = c.List
		return nil
	}
	seg, untagged := a.Segment()
	gateway, hasGateway := model.Get[model.Gateway](e.state, model.GatewayKey(seg.Switch, seg.VLAN))
	if !untagged && c.Choice == ChoiceAuto {
		return model.Invalidf("--ip auto needs a VLAN for untagged frames, which a trunk has only by --native-vlan")
	}
	if !hasGateway || !untagged {
		if c.Choice == ChoiceAuto && len(a.Addresses) == 0 {
			return model.Conflictf("--ip auto needs a gateway in segment %s", seg).
				WithHint("ovsns gateway set -s %s%s 172.16.10.254/24", seg.Switch, vlanFlag(seg.VLAN))
		}
		return nil
	}
	if moved {
		e.dropForeignSubnets(a, was)
	}
	if c.Choice == ChoiceAuto {
		dropOutside(a, gateway)
	}
	return e.autoAddresses(a, gateway)
}

// dropForeignSubnets takes away the addresses that belonged to the gateway of
// the segment that the attachment leaves.
func (e *Editor) dropForeignSubnets(a *model.Attachment, was model.Attachment) {
	old, _ := was.Segment()
	g, ok := model.Get[model.Gateway](e.state, model.GatewayKey(old.Switch, old.VLAN))
	if !ok {
		return
	}
	a.Addresses = slices.DeleteFunc(slices.Clone(a.Addresses), func(p netip.Prefix) bool { return onLink(g.Addresses, p.Addr()) })
}

// dropOutside takes away the addresses that cannot be in a gateway's segment.
func dropOutside(a *model.Attachment, g model.Gateway) {
	a.Addresses = slices.DeleteFunc(slices.Clone(a.Addresses), func(p netip.Prefix) bool {
		return checkInside([]netip.Prefix{p}, g) != nil
	})
}

// autoAddresses gives one address per family of the gateway's subnets, unless
// the attachment has one of that family.
func (e *Editor) autoAddresses(a *model.Attachment, g model.Gateway) error {
	used := e.inUse(g.Segment())
	done := map[bool]bool{}
	for _, p := range a.Addresses {
		done[p.Addr().Is4()] = true
	}
	full := map[bool]error{}
	for _, subnet := range subnets(g.Addresses) {
		family := subnet.Addr().Is4()
		if done[family] {
			continue
		}
		free, err := model.LowestFree(subnet, used)
		if err != nil {
			full[family] = err
			continue
		}
		a.Addresses = append(slices.Clone(a.Addresses), free)
		done[family] = true
	}
	for family, err := range full {
		if !done[family] {
			return err
		}
	}
	return nil
}

// inUse reports which addresses are taken in a segment.
func (e *Editor) inUse(seg model.Segment) func(netip.Addr) bool {
	return func(a netip.Addr) bool { return len(e.tagged(holding{seg, a})) > 0 }
}

// giveGateways fills in a.Gateways.
func (e *Editor) giveGateways(a *model.Attachment, was model.Attachment, c GatewayChoice) error {
	switch c.Choice {
	case ChoiceNone:
		a.Gateways = nil
		return nil
	case ChoiceList:
		for _, g := range c.List {
			if !onLink(a.Addresses, g) {
				return model.Invalidf("gateway %s is in no subnet of interface %s of namespace %s", g, a.Ifname, a.Namespace)
			}
			if holds(a.Addresses, g) {
				return model.Invalidf("gateway %s is the address of interface %s of namespace %s itself", g, a.Ifname, a.Namespace)
			}
		}
		a.Gateways = c.List
		for _, g := range c.List {
			e.takeDefault(a.Namespace, a.Ifname, g.Is4())
		}
		return nil
	}
	// What the segment's own gateway gave before is found anew; another next
	// hop was somebody's choice and stays while it can be reached.
	oldSeg, _ := was.Segment()
	old, _ := model.Get[model.Gateway](e.state, model.GatewayKey(oldSeg.Switch, oldSeg.VLAN))
	a.Gateways = slices.DeleteFunc(slices.Clone(a.Gateways), func(g netip.Addr) bool {
		return c.Choice == ChoiceAuto || !onLink(a.Addresses, g) || holds(old.Addresses, g)
	})
	seg, untagged := a.Segment()
	if !untagged {
		return nil
	}
	g, _ := model.Get[model.Gateway](e.state, model.GatewayKey(seg.Switch, seg.VLAN))
	for _, p := range g.Addresses {
		if onLink(a.Addresses, p.Addr()) && !e.hasDefault(*a, p.Addr().Is4()) {
			a.Gateways = append(a.Gateways, p.Addr())
		}
	}
	return nil
}

// Detach wishes an interface of a namespace gone; the namespace stays.
func (e *Editor) Detach(r DetachRequest) error {
	if err := e.knownNamespace(r.Namespace); err != nil {
		return err
	}
	if r.Switch != "" {
		if _, err := e.pickSwitch(r.Switch); err != nil {
			return err
		}
	}
	a, ok, err := e.findAttachment(r.Namespace, r.Switch, r.Ifname)
	if err != nil {
		return err
	}
	if !ok {
		what := ""
		if r.Ifname != "" {
			what = " by an interface " + r.Ifname
		}
		return model.NotFoundf("namespace %s is not attached to a switch%s", r.Namespace, what)
	}
	return e.drop(a)
}

// checkAttachment refuses addresses that the interface cannot have where it is.
func (e *Editor) checkAttachment(a model.Attachment) error {
	if a.MTU != 0 && a.MTU < 1280 && slices.ContainsFunc(a.Addresses, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		return model.Invalidf("MTU %d is too small for IPv6, which needs 1280", a.MTU)
	}
	if err := e.checkOwnAddresses(model.Place(a.Namespace), a.Ifname, a.Addresses); err != nil {
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

func attachmentNoun() entry {
	return noun[model.Attachment]{
		tags: func(a model.Attachment) []any {
			list := []any{hostName(a.Port), onSwitch(a.Switch), within(a.Namespace)}
			if seg, ok := a.Segment(); ok {
				list = append(list, inSegment(seg))
				list = append(list, addressTags(seg, a.Addresses)...)
			}
			return list
		},
		interfaces: func(a model.Attachment, _ model.Place) []iface {
			return []iface{{a.Ifname, a.Addresses, func(p []netip.Prefix) model.Object {
				a.Addresses = p
				a.Gateways = slices.DeleteFunc(slices.Clone(a.Gateways), func(g netip.Addr) bool { return !onLink(p, g) })
				return a
			}}}
		},
		check: (*Editor).checkAttachment,
		drop: func(e *Editor, a model.Attachment) error {
			e.remove(a.Key())
			e.dropRoutes(a.Namespace)
			return nil
		},
		file: file[AttachRequest]{
			requests: attachRequests,
			key:      func(r AttachRequest) model.Key { return model.AttachmentKey(r.Namespace, r.Ifname) },
			all:      (*Editor).attachAll,
		},
		export: func(x *exporter, a model.Attachment) {
			n := x.lab.Namespaces[a.Namespace]
			n.Interfaces = append(n.Interfaces, model.LabInterface{
				Switch: a.Switch, Ifname: a.Ifname, LabVLANs: exportVLANs(a.VLANs),
				IP: exportList(a.Addresses), Gateway: exportList(a.Gateways), MAC: a.MAC, MTU: a.MTU,
			})
			x.lab.Namespaces[a.Namespace] = n
		},
	}.entry()
}

// attachRequests gives the interfaces of a lab file the names and switches that
// it leaves out.
func attachRequests(lab *model.Lab) ([]AttachRequest, error) {
	var list []AttachRequest
	for _, namespace := range slices.Sorted(maps.Keys(lab.Namespaces)) {
		interfaces := lab.Namespaces[namespace].Interfaces
		used := map[string]bool{}
		for _, i := range interfaces {
			if i.Ifname != "" && used[i.Ifname] {
				return nil, model.Invalidf("namespace %s has two interfaces %s", namespace, i.Ifname)
			}
			used[i.Ifname] = true
		}
		for _, i := range interfaces {
			if i.Ifname == "" {
				i.Ifname = freeIfname(used)
				used[i.Ifname] = true
			}
			if i.Switch == "" {
				if len(lab.Switches) != 1 {
					return nil, model.Invalidf("namespace %s: interface %s must say on which switch it is", namespace, i.Ifname)
				}
				i.Switch = slices.Collect(maps.Keys(lab.Switches))[0]
			}
			r, err := attachRequest(namespace, i)
			if err != nil {
				return nil, fmt.Errorf("namespace %s: %w", namespace, err)
			}
			list = append(list, r)
		}
	}
	return list, nil
}

func attachRequest(namespace string, i model.LabInterface) (AttachRequest, error) {
	r := AttachRequest{Namespace: namespace, Switch: i.Switch, Ifname: i.Ifname, VLANs: new(i.VLANs()), MAC: i.MAC, MTU: i.MTU}
	var err error
	if r.IP, err = ParseAddressChoice(i.IP); err != nil {
		return r, err
	}
	if r.Gateway, err = ParseGatewayChoice(i.Gateway); err != nil {
		return r, err
	}
	if r.Gateway.Choice == ChoiceDefault {
		r.Gateway.Choice = ChoiceAuto
	}
	return r, nil
}

// attachAll wishes for the interfaces of a lab file; those whose addresses are to
// be found come last, when the others are known.
func (e *Editor) attachAll(list []AttachRequest) error {
	for _, r := range list {
		e.renewAttachment(r)
	}
	for _, found := range []bool{false, true} {
		for _, r := range list {
			if byAuto := r.IP.Choice == ChoiceDefault || r.IP.Choice == ChoiceAuto; byAuto != found {
				continue
			}
			if err := e.Attach(e.decided(r)); err != nil {
				return err
			}
		}
	}
	return nil
}

// renewAttachment takes from an interface what the file says anew, so that what
// it had before has no say in what others get.
func (e *Editor) renewAttachment(r AttachRequest) {
	was, ok := model.Get[model.Attachment](e.state, model.AttachmentKey(r.Namespace, r.Ifname))
	if !ok {
		return
	}
	was.Switch = r.Switch // a port moves between switches under its veth
	was.MTU = 0
	was.Gateways = nil
	e.put(was)
}

// decided returns a request whose addresses do not depend on what the interface
// has.
func (e *Editor) decided(r AttachRequest) AttachRequest {
	if r.IP.Choice == ChoiceDefault {
		r.IP.Choice = ChoiceNone
		vlan, untagged := r.VLANs.Untagged()
		if untagged && e.state.Has(model.GatewayKey(r.Switch, vlan)) {
			r.IP.Choice = ChoiceAuto
		}
	}
	return r
}
