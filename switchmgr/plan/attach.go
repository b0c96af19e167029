package plan

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Attach wishes for an interface of a namespace on a switch, and for the
// namespace itself.
func (e *Editor) Attach(r AttachRequest) error {
	if err := e.createNamespace(r.Namespace); err != nil {
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
	} else if err := model.CheckIfname(a.Ifname); err != nil {
		return a, err
	} else if used[a.Ifname] {
		return a, e.ifnameTaken(r.Namespace, a.Ifname)
	}
	var err error
	a.Port, err = e.freePort(a.Namespace, a.Ifname)
	return a, err
}

// ifnameTaken says by what an interface name of a namespace is taken.
func (e *Editor) ifnameTaken(namespace, ifname string) error {
	if e.host.Inside[namespace][ifname].Owner == TakenForeign {
		return model.NotManagedf("namespace %s has an interface %s that ovsns did not make", namespace, ifname)
	}
	if a, ok := model.Get[model.Attachment](e.state, model.AttachmentKey(namespace, ifname)); ok {
		return model.Conflictf("interface %s of namespace %s is on switch %s", ifname, namespace, a.Switch)
	}
	return model.Conflictf("interface %s of namespace %s is the end of a link", ifname, namespace).WithHint("ovsns link list")
}

// freeIfname returns the first ethN that is not used.
func freeIfname(used map[string]bool) string {
	for n := 0; ; n++ {
		if name := "eth" + strconv.Itoa(n); !used[name] {
			return name
		}
	}
}

// portAttempts is how many names are tried for a port; two names that hash
// alike are not to be expected in the life of a lab.
const portAttempts = 4

// freePort chooses the name of the host end of a new veth. A name that a
// stranger holds is refused rather than avoided: whoever reads `ovs-vsctl
// show` shall find the port under the name it always has.
func (e *Editor) freePort(namespace, ifname string) (string, error) {
	for attempt := range portAttempts {
		if name := model.PortName(namespace, ifname, attempt); !e.portUsed(name, Mark(namespace, ifname)) {
			return name, e.host.checkInterface(name)
		}
	}
	return "", model.Conflictf("no name is left for the port of interface %s of namespace %s", ifname, namespace)
}

// portUsed reports whether the lab has given that name to something else than
// the interface of this mark.
func (e *Editor) portUsed(name, mark string) bool {
	if e.user(name) != nil {
		return true
	}
	// Attachments that were not observed show by their interface.
	i, _ := e.host.find(name)
	return i.Owner == TakenOurs && i.Alias != mark
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

func vlanFlag(vlan model.VID) string {
	if vlan == 0 {
		return ""
	}
	return " --vlan " + strconv.Itoa(int(vlan))
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

func holds(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Addr() == a })
}

// hasDefault reports whether the namespace of a has a default route of a
// family already, by a itself or another of its interfaces.
func (e *Editor) hasDefault(a model.Attachment, is4 bool) bool {
	sameFamily := func(g netip.Addr) bool { return g.Is4() == is4 }
	if slices.ContainsFunc(a.Gateways, sameFamily) {
		return true
	}
	for _, b := range e.attachmentsOf(a.Namespace) {
		if b.Ifname != a.Ifname && slices.ContainsFunc(b.Gateways, sameFamily) {
			return true
		}
	}
	for _, r := range e.routesOf(a.Namespace) {
		if r.To.Bits() == 0 && sameFamily(r.Via) {
			return true
		}
	}
	return false
}

// takeDefault removes the default route of a family from a namespace, unless
// it is that of ifname: there can be only one, and another was asked for.
func (e *Editor) takeDefault(namespace, ifname string, is4 bool) {
	sameFamily := func(g netip.Addr) bool { return g.Is4() == is4 }
	for _, b := range e.attachmentsOf(namespace) {
		if b.Ifname != ifname && slices.ContainsFunc(b.Gateways, sameFamily) {
			b.Gateways = slices.DeleteFunc(slices.Clone(b.Gateways), sameFamily)
			e.put(b)
		}
	}
	for _, r := range e.routesOf(namespace) {
		if r.To.Bits() == 0 && sameFamily(r.Via) {
			e.remove(r.Key())
		}
	}
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
	e.detach(a)
	return nil
}

func (e *Editor) detach(a model.Attachment) {
	e.remove(a.Key())
	e.dropRoutes(a.Namespace)
}
