package labfile

import (
	"maps"
	"slices"

	"github.com/ovsns/ovsns/model"
)

func namespaceKind() kind[model.LabNamespace] {
	return object("a namespace, {interfaces: [{vlan: 100}]} or so", []field[model.LabNamespace]{
		property(model.Forward, func(n *model.LabNamespace) *bool { return &n.Forward }),
		key("interfaces", "Its interfaces on switches.",
			func(n *model.LabNamespace) *[]model.LabInterface { return &n.Interfaces }, list("a list of interfaces", interfaceKind())),
		key("routes", "Its routes, beside the default route by the gateway.",
			func(n *model.LabNamespace) *[]model.LabRoute { return &n.Routes }, list("a list of routes", routeKind())),
	}).block()
}

func (r *reader) checkNamespaces(lab *model.Lab) {
	for _, name := range slices.Sorted(maps.Keys(lab.Namespaces)) {
		path := join("namespaces", name)
		r.checkInterfaces(lab, path, lab.Namespaces[name].Interfaces)
		r.checkRoutes(path, lab.Namespaces[name].Routes)
	}
}

// places returns the namespaces of a lab: those that are named and those that
// links make.
func places(lab *model.Lab) []string {
	list := slices.Collect(maps.Keys(lab.Namespaces))
	for _, l := range lab.Links {
		if l.IsCable(lab) {
			continue
		}
		for _, end := range []string{l.A, l.B} {
			if end != "" && end != model.HostEnd {
				list = append(list, end)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
