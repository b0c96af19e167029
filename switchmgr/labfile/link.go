package labfile

import (
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

func linkKind() kind[model.LabLink] {
	return object("a link, {a: red, b: blue} or so", []field[model.LabLink]{
		property(model.LinkAt("a"), func(l *model.LabLink) *string { return &l.A }).needed(),
		property(model.LinkAt("b"), func(l *model.LabLink) *string { return &l.B }).needed(),
		endAddresses("a", func(l *model.LabLink) *[]netip.Prefix { return &l.IPA }),
		endAddresses("b", func(l *model.LabLink) *[]netip.Prefix { return &l.IPB }),
		property(model.LinkMAC("a"), func(l *model.LabLink) *model.MAC { return &l.MACA }),
		property(model.LinkMAC("b"), func(l *model.LabLink) *model.MAC { return &l.MACB }),
		property(model.LinkIfname("a"), func(l *model.LabLink) *string { return &l.IfnameA }),
		property(model.LinkIfname("b"), func(l *model.LabLink) *string { return &l.IfnameB }),
		property(model.CableName, func(l *model.LabLink) *string { return &l.Name }),
		property(model.VethCable, func(l *model.LabLink) *bool { return &l.Veth }),
	}, embedded(func(l *model.LabLink) *model.LabVLANs { return &l.LabVLANs }, vlanFields()))
}

func endAddresses(side string, part func(*model.LabLink) *[]netip.Prefix) field[model.LabLink] {
	p := model.LinkAddresses(side)
	return propertyAs(p.Property, part, brief(several(p)))
}

func (r *reader) checkLinks(lab *model.Lab) {
	unique := seen{r: r, first: map[string]string{}}
	for i, l := range lab.Links {
		p := index("links", i)
		switch {
		case l.A == "" || l.B == "":
		case l.A == l.B:
			r.contradiction(join(p, "b"), "", "both ends are %s, expected two different places", l.A)
		case l.IsCable(lab):
			r.checkCable(p, l)
			unique.check(p, model.CableKey(l.A, l.B, l.Name).Name, "cable")
		default:
			r.checkNoCable(lab, p, l)
			unique.check(p, model.LinkKey(l.A, l.B).Name, "link")
		}
	}
}

// checkCable refuses what a cable between two switches cannot have.
func (r *reader) checkCable(path string, l model.LabLink) {
	r.checkVLANs(path)
	for key, given := range map[string]bool{
		"ip_a": len(l.IPA) > 0, "ip_b": len(l.IPB) > 0, "mac_a": !l.MACA.IsZero(), "mac_b": !l.MACB.IsZero(),
		"ifname_a": l.IfnameA != "", "ifname_b": l.IfnameB != "",
	} {
		if given {
			r.contradiction(join(path, key), "", "a cable between two switches has no %s, expected only VLANs, a name and veth", key)
		}
	}
}

// checkNoCable refuses what only a cable between two switches has, and an end that
// is a switch.
func (r *reader) checkNoCable(lab *model.Lab, path string, l model.LabLink) {
	if sw := l.HalfCable(lab); sw != "" {
		key := "a"
		if sw == l.B {
			key = "b"
		}
		r.contradiction(join(path, key), "", "%s is a switch and the other end is none, expected two switches, or an interface under namespaces", sw)
	}
	for key, given := range map[string]bool{
		"name": l.Name != "", "veth": l.Veth, "vlan": l.VLAN != 0, "trunk": len(l.Trunk) > 0, "native_vlan": l.NativeVLAN != 0,
	} {
		if given {
			r.contradiction(join(path, key), "", "only a cable between two switches has %s", key)
		}
	}
}
