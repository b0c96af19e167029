package plan

import (
	"net/netip"

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
}

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

// DeleteLink wishes a cable gone; the namespaces stay.
func (e *Editor) DeleteLink(a, b string) error {
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
			key:      func(r LinkRequest) model.Key { return model.LinkKey(r.A, r.B) },
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
		list = append(list, LinkRequest{
			A: l.A, B: l.B, IPA: exactly(l.IPA), IPB: exactly(l.IPB), MACA: l.MACA, MACB: l.MACB,
			IfnameA: l.IfnameA, IfnameB: l.IfnameB,
		})
	}
	return list, nil
}

// exactly returns a list that is not nil: none, rather than what there was.
func exactly(list []netip.Prefix) []netip.Prefix {
	if list == nil {
		return []netip.Prefix{}
	}
	return list
}
