package plan

import (
	"net/netip"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// LinkRequest asks for a cable between two namespaces; one of them may be
// [model.HostEnd].
type LinkRequest struct {
	A, B       string
	IPA, IPB   []netip.Prefix // nil keeps
	MACA, MACB model.MAC      // zero keeps
	// IfnameA and IfnameB are the names of the ends; "" keeps, or is chosen.
	IfnameA, IfnameB string
	// Cable is what is asked of a cable, if both ends are switches; its ends are A
	// and B.
	Cable CableRequest
}

// AddLink wishes for what joins two places. Two switches get a cable; an end that
// is no switch is a namespace, which is made, or the host.
func (e *Editor) AddLink(r LinkRequest) error {
	ends, isSwitch, err := e.linkEnds(r.A, r.B)
	if err != nil {
		return err
	}
	r.A, r.B = ends[0], ends[1]
	r.Cable.A, r.Cable.B = ends[0], ends[1]
	asks := r.Cable.Name != "" || r.Cable.Veth || r.Cable.VLANs != nil
	switch {
	case isSwitch[0] && isSwitch[1] && (r.IPA != nil || r.IPB != nil || !r.MACA.IsZero() || !r.MACB.IsZero()):
		return model.Invalidf("a cable between switches has no address: give it to a gateway").
			WithHint("ovsns gateway set -s %s 172.16.10.254/24", r.A)
	case isSwitch[0] && isSwitch[1]:
		return e.AddCable(r.Cable)
	case isSwitch[0]:
		return e.halfCable(r.A, r.B)
	case isSwitch[1]:
		return e.halfCable(r.B, r.A)
	case asks:
		return model.Invalidf("only a cable between two switches has VLANs, a name or --veth").
			WithHint("ovsns switch list")
	}
	return e.addLink(r)
}

// linkEnds returns what two ends are called, and which of them are switches.
func (e *Editor) linkEnds(ends ...string) (names [2]string, isSwitch [2]bool, err error) {
	for i, end := range ends {
		if names[i], isSwitch[i], err = e.linkEnd(end); err != nil {
			return names, isSwitch, err
		}
	}
	return names, isSwitch, nil
}

// linkEnd reads one end: the name of a switch, of a namespace or host; what two
// have is told apart by switch: or ns: before it.
func (e *Editor) linkEnd(end string) (name string, isSwitch bool, err error) {
	if name, ok := strings.CutPrefix(end, switchPrefix); ok {
		return name, true, model.CheckSwitch(name)
	}
	if name, ok := strings.CutPrefix(end, namespacePrefix); ok {
		return name, false, model.CheckNamespace(name)
	}
	isSwitch = e.state.Has(model.SwitchKey(end))
	if isSwitch && e.state.Has(model.NamespaceKey(end)) {
		return end, false, model.Invalidf("%s is a switch and a namespace", end).WithHint("%s%s, or %s%s", switchPrefix, end, namespacePrefix, end)
	}
	return end, isSwitch, nil
}

const switchPrefix, namespacePrefix = "switch:", "ns:"

// LinkEndName returns the name in the end of a link, which may say of what it is.
func LinkEndName(end string) string {
	return strings.TrimPrefix(strings.TrimPrefix(end, switchPrefix), namespacePrefix)
}

// halfCable says what joins a switch to what is none.
func (e *Editor) halfCable(sw, other string) error {
	switch {
	case other == model.HostEnd:
		return model.Conflictf("switch %s and the host are joined by a gateway", sw).
			WithHint("ovsns gateway set -s %s 172.16.10.254/24", sw)
	case e.state.Has(model.NamespaceKey(other)):
		return model.Conflictf("%s is a switch and %s a namespace, which is attached to it", sw, other).
			WithHint("ovsns attach %s -s %s", other, sw)
	}
	_, err := e.pickSwitch(other)
	return err
}

func (e *Editor) addLink(r LinkRequest) error {
	if r.A == r.B {
		return model.Invalidf("a link needs two different ends, not %s twice", r.A)
	}
	for _, name := range []string{r.A, r.B} {
		if name == model.HostEnd {
			continue
		}
		if err := e.createNamespace(name, NamespaceRequest{}); err != nil {
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
	if end.Namespace == model.HostEnd {
		return e.checkNew(end.Ifname)
	}
	if e.usedIfnames(end.Namespace)[end.Ifname] {
		return e.ifnameTaken(end.Namespace, end.Ifname)
	}
	return nil
}

// DeleteLink wishes what joins two places gone; the places stay. The name is that
// of a cable between two switches.
func (e *Editor) DeleteLink(a, b, name string) error {
	ends, isSwitch, err := e.linkEnds(a, b)
	if err != nil {
		return err
	}
	if a, b = ends[0], ends[1]; name != "" || isSwitch[0] && isSwitch[1] {
		return e.DeleteCable(a, b, name)
	}
	l, ok := model.Get[model.Link](e.state, model.LinkKey(a, b))
	if !ok {
		return model.NotFoundf("there is no link between %s and %s", a, b).WithHint("ovsns link list")
	}
	return e.drop(l)
}

// checkLink refuses addresses that one of the ends cannot have.
func (e *Editor) checkLink(l model.Link) error {
	for _, p := range l.A.Addresses {
		if holds(l.B.Addresses, p.Addr()) {
			return model.Conflictf("both ends of the link would have the address %s", p.Addr())
		}
	}
	for _, end := range []model.LinkEnd{l.A, l.B} {
		if end.Namespace == model.HostEnd {
			continue // checkSubnets refuses more
		}
		if err := e.checkOwnAddresses(model.EndPlace(end.Namespace), end.Ifname, end.Addresses); err != nil {
			return err
		}
	}
	if end, ok := l.End(model.HostEnd); ok {
		if err := e.checkSubnets(model.Host, end.Ifname, end.Addresses); err != nil {
			return err.WithHint("take another subnet")
		}
	}
	return nil
}

func (e *Editor) dropLink(l model.Link) error {
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
	return nil
}

func linkNoun() entry {
	return noun[model.Link]{
		tags: func(l model.Link) []any {
			list := []any{within(model.EndPlace(l.A.Namespace)), within(model.EndPlace(l.B.Namespace))}
			if end, ok := l.End(model.HostEnd); ok {
				list = append(list, hostName(end.Ifname))
			}
			return list
		},
		interfaces: linkInterfaces,
		check:      (*Editor).checkLink,
		drop:       (*Editor).dropLink,
		file: file[LinkRequest]{
			requests: linkRequests,
			key:      func(r LinkRequest) model.Key { return model.LinkKey(LinkEndName(r.A), LinkEndName(r.B)) },
			request:  (*Editor).AddLink,
		},
		export: func(x *exporter, l model.Link) {
			x.lab.Links = append(x.lab.Links, model.LabLink{
				A: l.A.Namespace, B: l.B.Namespace, IPA: l.A.Addresses, IPB: l.B.Addresses, MACA: l.A.MAC, MACB: l.B.MAC,
				IfnameA: l.A.Ifname, IfnameB: l.B.Ifname,
			})
		},
	}.entry()
}

// linkInterfaces returns the end in a place.
func linkInterfaces(l model.Link, at model.Place) []iface {
	end, _ := l.End(at.String())
	return []iface{{end.Ifname, end.Addresses, func(p []netip.Prefix) model.Object {
		if l.A.Namespace == end.Namespace {
			l.A.Addresses = p
		} else {
			l.B.Addresses = p
		}
		return l
	}}}
}

// linkRequests asks for exactly the addresses that a lab file names, none
// included.
func linkRequests(lab *model.Lab) ([]LinkRequest, error) {
	var list []LinkRequest
	for _, l := range lab.Links {
		if l.IsCable(lab) {
			continue
		}
		list = append(list, LinkRequest{
			A: inNamespace(l.A), B: inNamespace(l.B), IPA: exactly(l.IPA), IPB: exactly(l.IPB), MACA: l.MACA, MACB: l.MACB,
			IfnameA: l.IfnameA, IfnameB: l.IfnameB,
		})
	}
	return list, nil
}

// inNamespace returns the end of a link that is no switch.
func inNamespace(end string) string {
	if end == model.HostEnd {
		return end
	}
	return namespacePrefix + end
}

// exactly returns a list that is not nil: none, rather than what there was.
func exactly(list []netip.Prefix) []netip.Prefix {
	if list == nil {
		return []netip.Prefix{}
	}
	return list
}
