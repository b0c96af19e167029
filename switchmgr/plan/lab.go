package plan

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// Lab wishes for all that a lab file says. What the file names shall be as it
// says, in every property; with prune, what ovsns made and the file does not
// name shall be gone. Addresses that were found by "auto" stay.
func (e *Editor) Lab(lab *model.Lab, prune bool) error {
	l, err := resolve(lab)
	if err != nil {
		return err
	}
	if prune {
		e.removeUnless(func(k model.Key) bool { return l.names[k] || !l.keeps(k) })
	}
	for _, step := range []func(*resolvedLab) error{
		e.labSwitches, e.labNamespaces, e.labLinks, e.labRoutes, e.labRules,
	} {
		if err := step(l); err != nil {
			return err
		}
	}
	if prune {
		e.removeUnless(func(k model.Key) bool { return e.touched[k] || k.Kind == model.KindSysctl })
	}
	return nil
}

// Restore wishes for everything that is recorded, so that what has been
// damaged is made good.
func (e *Editor) Restore() {
	e.put(e.state.Objects()...)
}

// DestroyLab wishes gone what a lab file names, and nothing else. A switch to
// which something else is attached is [model.ErrConflict].
func (e *Editor) DestroyLab(lab *model.Lab) error {
	l, err := resolve(lab)
	if err != nil {
		return err
	}
	for _, n := range lab.NAT {
		e.removeRecorded(model.NATKey(model.Host, n.Subnet.Masked()))
	}
	for _, name := range slices.Sorted(maps.Keys(lab.Namespaces)) {
		if e.state.Has(model.NamespaceKey(name)) {
			e.deleteNamespace(name)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(l.names), func(a, b model.Key) int {
		return len(a.Name) - len(b.Name)
	}) {
		switch k.Kind {
		case model.KindLink:
			if link, ok := model.Get[model.Link](e.state, k); ok {
				e.removeLink(link)
			}
		case model.KindNamespace: // made for a link alone
			if e.state.Has(k) {
				e.deleteNamespace(k.Name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lab.Switches)) {
		if err := e.DeleteSwitch(name, false); err != nil && !errors.Is(err, model.ErrNotFound) {
			return err
		}
	}
	return nil
}

func (e *Editor) removeRecorded(k model.Key) {
	if e.state.Has(k) {
		e.remove(k)
	}
}

// resolvedLab is a lab file with its defaults filled in.
type resolvedLab struct {
	*model.Lab
	interfaces []AttachRequest
	mtu        map[model.Key]int
	names      map[model.Key]bool // what the file names by name alone
}

// keeps reports whether names tells for this kind of object what the file
// names; rules are known only once the rest is in place.
func (l *resolvedLab) keeps(k model.Key) bool {
	switch k.Kind {
	case model.KindSwitch, model.KindNamespace, model.KindGateway, model.KindUplink,
		model.KindAttachment, model.KindLink, model.KindRoute:
		return true
	}
	return false
}

// resolve fills in the defaults of a lab file: the only switch, the names of
// interfaces. The error is [model.ErrInvalid].
func resolve(lab *model.Lab) (*resolvedLab, error) {
	l := &resolvedLab{Lab: lab, mtu: map[model.Key]int{}, names: map[model.Key]bool{}}
	for name, sw := range lab.Switches {
		l.names[model.SwitchKey(name)] = true
		for vlan, seg := range segmentsOf(sw) {
			if seg.VRF != "" {
				return nil, model.Invalidf("switch %s: router namespaces (vrf) are not available yet", name)
			}
			if len(seg.Gateway) > 0 {
				l.names[model.GatewayKey(name, vlan)] = true
			}
		}
		for _, u := range sw.Uplinks {
			l.names[model.UplinkKey(u.Interface)] = true
		}
	}
	for _, link := range lab.Links {
		l.names[model.LinkKey(link.A, link.B)] = true
		for _, end := range []string{link.A, link.B} {
			if end != model.HostEnd {
				l.names[model.NamespaceKey(end)] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lab.Namespaces)) {
		l.names[model.NamespaceKey(name)] = true
		if err := l.resolveNamespace(name); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// segmentsOf returns the segments of a switch by VLAN, 0 for the untagged one.
func segmentsOf(sw model.LabSwitch) map[model.VID]model.LabSegment {
	all := map[model.VID]model.LabSegment{0: sw.LabSegment}
	maps.Copy(all, sw.VLANs)
	return all
}

func (l *resolvedLab) resolveNamespace(name string) error {
	for _, r := range l.Namespaces[name].Routes {
		to, err := model.ParseDestination(r.To, r.Via)
		if err != nil {
			return fmt.Errorf("namespace %s: %w", name, err)
		}
		l.names[model.RouteKey(name, to)] = true
	}
	interfaces := l.Namespaces[name].Interfaces
	used := map[string]bool{}
	for _, i := range interfaces {
		if i.Ifname != "" && used[i.Ifname] {
			return model.Invalidf("namespace %s has two interfaces %s", name, i.Ifname)
		}
		used[i.Ifname] = true
	}
	for _, i := range interfaces {
		if i.Ifname == "" {
			i.Ifname = freeIfname(used)
			used[i.Ifname] = true
		}
		if i.Switch == "" {
			if len(l.Switches) != 1 {
				return model.Invalidf("namespace %s: interface %s must say on which switch it is", name, i.Ifname)
			}
			i.Switch = slices.Collect(maps.Keys(l.Switches))[0]
		}
		r, err := attachRequest(name, i)
		if err != nil {
			return fmt.Errorf("namespace %s: %w", name, err)
		}
		key := model.AttachmentKey(name, i.Ifname)
		l.interfaces = append(l.interfaces, r)
		l.names[key], l.mtu[key] = true, i.MTU
	}
	return nil
}

func attachRequest(namespace string, i model.LabInterface) (AttachRequest, error) {
	r := AttachRequest{Namespace: namespace, Switch: i.Switch, Ifname: i.Ifname, VLANs: new(i.VLANs()), MAC: i.MAC}
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

// removeUnless removes what the test does not want kept.
func (e *Editor) removeUnless(keep func(model.Key) bool) {
	for _, o := range e.state.Objects() {
		if !keep(o.Key()) {
			e.remove(o.Key())
		}
	}
}

func (e *Editor) labSwitches(l *resolvedLab) error {
	for _, name := range slices.Sorted(maps.Keys(l.Switches)) {
		sw := l.Switches[name]
		if err := e.CreateSwitch(SwitchRequest{Name: name, Datapath: sw.Datapath}); err != nil {
			return err
		}
		segments := segmentsOf(sw)
		for _, vlan := range slices.Sorted(maps.Keys(segments)) {
			if err := e.labSegment(name, vlan, segments[vlan]); err != nil {
				return err
			}
		}
		for _, u := range sw.Uplinks {
			if err := e.AddUplink(UplinkRequest{Interface: u.Interface, Switch: name, VLANs: new(u.VLANs())}); err != nil {
				return err
			}
		}
	}
	return nil
}

// labSegment wishes for the gateway of a segment, with NAT or without.
func (e *Editor) labSegment(sw string, vlan model.VID, s model.LabSegment) error {
	if len(s.Gateway) == 0 {
		if s.NAT {
			return model.Invalidf("NAT of segment %s needs a gateway there", model.Segment{Switch: sw, VLAN: vlan})
		}
		return nil
	}
	if g, ok := model.Get[model.Gateway](e.state, model.GatewayKey(sw, vlan)); ok {
		for _, subnet := range subnets(g.Addresses) {
			e.removeRecorded(model.NATKey(model.Host, subnet)) // comes again below
		}
	}
	return e.SetGateway(GatewayRequest{
		Switch: sw, VLAN: vlan, Addresses: s.Gateway, NAT: s.NAT, OutInterface: s.OutInterface,
	})
}

// labNamespaces wishes for the namespaces and their interfaces; those whose
// addresses are to be found come last, when the others are known.
func (e *Editor) labNamespaces(l *resolvedLab) error {
	for _, name := range slices.Sorted(maps.Keys(l.Namespaces)) {
		if err := e.createNamespace(name); err != nil {
			return err
		}
	}
	for _, r := range l.interfaces {
		e.renewInterface(r)
	}
	for _, found := range []bool{false, true} {
		for _, r := range l.interfaces {
			if byAuto := r.IP.Choice == ChoiceDefault || r.IP.Choice == ChoiceAuto; byAuto != found {
				continue
			}
			if err := e.wishInterface(r, l.mtu[model.AttachmentKey(r.Namespace, r.Ifname)]); err != nil {
				return err
			}
		}
	}
	return nil
}

// renewInterface takes from an interface what the file says anew, so that what
// it had before has no say in what others get.
func (e *Editor) renewInterface(r AttachRequest) {
	was, ok := model.Get[model.Attachment](e.state, model.AttachmentKey(r.Namespace, r.Ifname))
	if !ok {
		return
	}
	was.Switch = r.Switch // a port moves between switches under its veth
	was.MTU = 0
	was.Gateways = nil
	e.put(was)
}

func (e *Editor) wishInterface(r AttachRequest, mtu int) error {
	if r.IP.Choice == ChoiceDefault {
		r.IP.Choice = ChoiceNone
		vlan, untagged := r.VLANs.Untagged()
		if untagged && e.state.Has(model.GatewayKey(r.Switch, vlan)) {
			r.IP.Choice = ChoiceAuto
		}
	}
	r.MTU = mtu
	return e.Attach(r)
}

func (e *Editor) labLinks(l *resolvedLab) error {
	for _, link := range l.Links {
		r := LinkRequest{A: link.A, B: link.B, IPA: exactly(link.IPA), IPB: exactly(link.IPB), MACA: link.MACA, MACB: link.MACB, IfnameA: link.IfnameA, IfnameB: link.IfnameB}
		if err := e.AddLink(r); err != nil {
			return err
		}
	}
	return nil
}

// exactly returns a list that is not nil: none, rather than what there was.
func exactly(list []netip.Prefix) []netip.Prefix {
	if list == nil {
		return []netip.Prefix{}
	}
	return list
}

func (e *Editor) labRoutes(l *resolvedLab) error {
	for _, name := range slices.Sorted(maps.Keys(l.Namespaces)) {
		for _, r := range l.Namespaces[name].Routes {
			to, err := model.ParseDestination(r.To, r.Via)
			if err != nil {
				return fmt.Errorf("namespace %s: %w", name, err)
			}
			if err := e.AddRoute(model.Route{Namespace: name, To: to, Via: r.Via}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Editor) labRules(l *resolvedLab) error {
	for _, n := range l.NAT {
		if err := e.AddNAT(model.NAT{Subnet: n.Subnet.Masked(), OutInterface: n.OutInterface}); err != nil {
			return err
		}
	}
	for _, pair := range l.Allow {
		if err := e.AddAllow(pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}
