package ops

import "github.com/ovsns/ovsns/model"

// namespaceKind: namespaces are made before any link, since of them ovs-vswitchd
// sees nothing, and go after all else.
var namespaceKind = typed[model.Namespace]{
	make: func(p *planner, n model.Namespace) {
		if p.Namespaces[n.Name] { // left by a command that was cut off
			p.add(slotNamespaces, loopback(n))
			return
		}
		p.add(slotNamespaces, MakeNamespace{n.Name})
	},
	change: func(p *planner, _, after model.Namespace) { p.add(slotNamespaces, loopback(after)) },
	remove: func(p *planner, n model.Namespace) { p.add(slotNames, DeleteNamespace{n.Name, true}) },
}.entry()

// loopback brings lo up; on the way back it stays so.
func loopback(n model.Namespace) Op {
	return SetLink{Place: model.Place(n.Name), Name: "lo", After: LinkState{Up: On}}
}
