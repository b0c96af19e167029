package local

import (
	"slices"

	"github.com/ovsns/ovsns/model"
)

// linkKind: a link is a veth between two namespaces, or one and the host.
var linkKind = kindOf[model.Link]{
	observe: (*View).link,
	gone: func(v *View, l model.Link) string {
		for _, end := range []model.LinkEnd{l.A, l.B} {
			links, looked := v.linksOf(model.EndPlace(end.Namespace))
			if _, there := links[end.Ifname]; looked && !there {
				return "interface " + end.Namespace + " " + end.Ifname + " is gone"
			}
		}
		return "it is gone"
	},
	survives: func(v *View, l model.Link) bool {
		return v.Has(l.A.Namespace) && v.Has(l.B.Namespace) && v.link(&l, new(conditions))
	},
	interest: func(i *Interest, l model.Link) {
		for _, ends := range [][2]model.LinkEnd{{l.A, l.B}, {l.B, l.A}} {
			i.inside[[2]string{ends[0].Namespace, ends[0].Ifname}] = true
			if ends[0].Namespace == model.HostEnd {
				i.host[ends[0].Ifname] = ends[1].Namespace
			}
		}
	},
	place:     func(l model.Link) model.Place { return model.EndPlace(l.A.Namespace) },
	condition: func(l *model.Link) *string { return &l.Condition },
}.entry()

func (v *View) link(l *model.Link, wrong *conditions) bool {
	for _, end := range []*model.LinkEnd{&l.A, &l.B} {
		place := model.EndPlace(end.Namespace)
		links, looked := v.linksOf(place)
		if !looked {
			continue
		}
		real, there := links[end.Ifname]
		if !there || !real.Managed() {
			return v.remake([2]string{l.A.Namespace, l.A.Ifname}, [2]string{l.B.Namespace, l.B.Ifname})
		}
		if !real.Up {
			wrong.add("%s %s is down", end.Namespace, end.Ifname)
		}
		if place == model.Host && !slices.Contains(v.Rules.Segments, end.Ifname) {
			wrong.apart(end.Ifname)
		}
		end.Addresses = present(end.Addresses, real.Addresses)
		if !end.MAC.IsZero() {
			end.MAC = real.MAC
		}
	}
	return true
}
