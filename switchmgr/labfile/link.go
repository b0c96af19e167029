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
	})
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
		default:
			unique.check(p, model.LinkKey(l.A, l.B).Name, "link")
		}
	}
}
