package ops

import "github.com/ovsns/ovsns/model"

// namespaceKind: namespaces are made before any link, since of them ovs-vswitchd
// sees nothing, and go after all else.
var namespaceKind = typed[model.Namespace]{
	make: func(p *planner, n model.Namespace) {
		if p.Namespaces[n.Name] { // left by a command that was cut off
			p.add(slotNamespaces, p.loopback(n))
		} else {
			p.add(slotNamespaces, MakeNamespace{n.Name})
		}
		if n.Forward {
			p.forward(n)
		}
	},
	change: func(p *planner, before, after model.Namespace) {
		p.add(slotNamespaces, p.loopback(after))
		if before.Forward != after.Forward {
			p.forward(after)
		}
	},
	remove: func(p *planner, n model.Namespace) {
		p.add(slotNames, DeleteNamespace{n.Name, true})
		if n.Forward {
			for _, s := range n.Settings() {
				p.back(slotRoutesBack, SetSysctl{Place: s.Place, Name: s.Name, Before: s.Before, After: s.Value})
			}
		}
	},
}.entry()

// forward makes a namespace a router, or no longer one.
func (p *planner) forward(n model.Namespace) {
	value, router := "0", model.Namespace{Name: n.Name, Forward: true}
	if n.Forward {
		value = "1"
	}
	for _, s := range router.Settings() {
		now := p.setting(s)
		p.add(slotForwarding, SetSysctl{Place: s.Place, Name: s.Name, Before: now, After: value})
	}
}

// loopback brings lo up.
func (p *planner) loopback(n model.Namespace) Op {
	place := model.Place(n.Name)
	was := LinkState{}
	if l, seen := p.link(place, "lo"); seen {
		was.Up = flag(l.Up)
	}
	return SetLink{place, "lo", was, LinkState{Up: On}}
}
