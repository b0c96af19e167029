package plan

import (
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

// AddLink wishes for a cable between two namespaces, or a namespace and the
// host, and for the namespaces themselves.
func (e *Editor) AddLink(r LinkRequest) error {
	if r.A == r.B {
		return model.Invalidf("a link needs two different ends, not %s twice", r.A)
	}
	for _, name := range []string{r.A, r.B} {
		if name == model.HostEnd {
			continue
		}
		if err := e.createNamespace(name); err != nil {
			return err
		}
	}
	l, exists := model.Get[model.Link](e.state, model.LinkKey(r.A, r.B))
	if exists && l.A.Namespace != r.A {
		r = LinkRequest{
			A: r.B, B: r.A, IPA: r.IPB, IPB: r.IPA, MACA: r.MACB, MACB: r.MACA,
			IfnameA: r.IfnameB, IfnameB: r.IfnameA,
		}
	}
	if !exists {
		var err error
		if l, err = e.newLink(r); err != nil {
			return err
		}
	}
	if r.IfnameA != "" && r.IfnameA != l.A.Ifname || r.IfnameB != "" && r.IfnameB != l.B.Ifname {
		return model.Conflictf("the link between %s and %s has the ends %s and %s", r.A, r.B, l.A.Ifname, l.B.Ifname).
			WithHint("ovsns link delete %s %s", r.A, r.B)
	}
	set(&l.A, r.IPA, r.MACA)
	set(&l.B, r.IPB, r.MACB)
	e.put(l)
	e.dropRoutes(r.A)
	e.dropRoutes(r.B)
	return nil
}

func set(end *model.LinkEnd, addresses []netip.Prefix, mac model.MAC) {
	if addresses != nil {
		end.Addresses = addresses
	}
	if !mac.IsZero() {
		end.MAC = mac
	}
}

// newLink chooses the names of a new link's ends, as far as they are not asked
// for.
func (e *Editor) newLink(r LinkRequest) (model.Link, error) {
	l := model.Link{
		A: model.LinkEnd{Namespace: r.A, Ifname: r.IfnameA},
		B: model.LinkEnd{Namespace: r.B, Ifname: r.IfnameB},
	}
	ends := []*model.LinkEnd{&l.A, &l.B}
	for _, end := range ends {
		if err := e.nameEnd(end); err != nil {
			return l, err
		}
	}
	for i, end := range ends {
		if end.Namespace == model.HostEnd && end.Ifname == "" {
			far := ends[1-i]
			port, err := e.freePort(far.Namespace, far.Ifname)
			if err != nil {
				return l, err
			}
			end.Ifname = port
		}
	}
	return l, nil
}

// nameEnd checks the name of a new link's end, or chooses it; the host's is
// chosen when the other is known.
func (e *Editor) nameEnd(end *model.LinkEnd) error {
	switch {
	case end.Ifname == "" && end.Namespace == model.HostEnd:
		return nil
	case end.Ifname == "":
		end.Ifname = freeIfname(e.usedIfnames(end.Namespace))
		return nil
	}
	if err := model.CheckIfname(end.Ifname); err != nil {
		return err
	}
	if end.Namespace == model.HostEnd {
		return e.checkNew(end.Ifname)
	}
	if e.usedIfnames(end.Namespace)[end.Ifname] {
		return e.ifnameTaken(end.Namespace, end.Ifname)
	}
	return nil
}

// DeleteLink wishes a cable gone; the namespaces stay.
func (e *Editor) DeleteLink(a, b string) error {
	l, ok := model.Get[model.Link](e.state, model.LinkKey(a, b))
	if !ok {
		return model.NotFoundf("there is no link between %s and %s", a, b).WithHint("ovsns link list")
	}
	e.removeLink(l)
	return nil
}

func (e *Editor) removeLink(l model.Link) {
	e.remove(l.Key())
	for _, end := range []model.LinkEnd{l.A, l.B} {
		if end.Namespace == model.HostEnd {
			continue
		}
		if _, toHost := l.End(model.HostEnd); toHost {
			e.removeAllows(model.Segment{Namespace: end.Namespace})
		}
		e.dropRoutes(end.Namespace)
	}
}

// AddUplink wishes that an interface of the host is a port of a switch.
func (e *Editor) AddUplink(r UplinkRequest) error {
	if err := model.CheckIfname(r.Interface); err != nil {
		return err
	}
	sw, err := e.pickSwitch(r.Switch)
	if err != nil {
		return err
	}
	u, exists := model.Get[model.Uplink](e.state, model.UplinkKey(r.Interface))
	if exists && u.Switch != sw.Name {
		return model.Conflictf("interface %s is an uplink of switch %s", r.Interface, u.Switch).
			WithHint("ovsns uplink delete %s", r.Interface)
	}
	if !exists {
		if err := e.usableUplink(r.Interface, sw.Name); err != nil {
			return err
		}
		nic, _ := e.host.find(r.Interface)
		u = model.Uplink{Interface: r.Interface, Switch: sw.Name, WasUp: nic.Up}
	}
	if r.VLANs != nil {
		u.VLANs = *r.VLANs
	}
	e.put(u)
	return nil
}

// usableUplink reports an interface that is missing, in use, or would lose
// its addresses.
func (e *Editor) usableUplink(name, sw string) error {
	i, ok := e.host.find(name)
	switch {
	case !ok:
		return model.NotFoundf("the host has no interface %s", name)
	case i.Owner == TakenOurs, e.user(name) != nil:
		return model.Conflictf("interface %s is a part of the lab itself", name)
	case e.host.Taken[name] == TakenForeign:
		return model.NotManagedf("interface %s is a port that ovsns did not make", name)
	case len(i.Addresses) > 0:
		return model.Conflictf("interface %s has the address %s, which it would lose as a port of switch %s", name, i.Addresses[0], sw).
			WithHint("use an interface without addresses, or move it first: ip address del %s dev %s, then ovsns gateway set -s %s %s",
				i.Addresses[0], name, sw, i.Addresses[0])
	}
	return nil
}

// deafenUplinks wishes for the settings of the uplinks of switches in
// userspace, and gives those of interfaces back that are uplinks no more.
func (e *Editor) deafenUplinks() {
	var touched []string
	for key := range e.touched {
		if key.Kind == model.KindUplink {
			touched = append(touched, key.Name)
		}
	}
	for _, ifname := range touched {
		u, wanted := model.Get[model.Uplink](e.state, model.UplinkKey(ifname))
		sw, _ := model.Get[model.Switch](e.state, model.SwitchKey(u.Switch))
		for name, value := range model.UplinkSettings(ifname) {
			e.setting(name, value, wanted && sw.Datapath.Userspace())
		}
	}
}

// DeleteUplink wishes that an interface of the host is no port any more.
func (e *Editor) DeleteUplink(name string) error {
	if !e.state.Has(model.UplinkKey(name)) {
		return model.NotFoundf("interface %s is not an uplink", name).WithHint("ovsns uplink list")
	}
	e.remove(model.UplinkKey(name))
	return nil
}

// DestroyAll wishes everything gone.
func (e *Editor) DestroyAll() {
	for _, o := range e.state.Objects() {
		e.remove(o.Key())
	}
	for name, owner := range e.host.Namespaces {
		if owner == TakenOurs {
			// Made, but cut off before it was recorded.
			e.remove(model.NamespaceKey(name))
		}
	}
}
