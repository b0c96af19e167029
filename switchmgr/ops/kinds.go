package ops

import "github.com/ovsns/ovsns/model"

// kind says how the objects of one kind become operations. What is the same for
// all kinds, the record in the switch's database, is the planner's.
type kind struct {
	// make, change and remove add the operations of one change; nil where the kind
	// has none of its own.
	make   func(p *planner, o model.Object)
	change func(p *planner, before, after model.Object)
	remove func(p *planner, o model.Object)
	// rows prints the rows of the switch itself that a change writes.
	rows func(model.Change) []string
	// veth returns the veth of an object as it is in a lab, all of it up and with
	// its addresses, and whether it has one.
	veth func(f Facts, lab *model.State, o model.Object) (Veth, bool)
	// rules are what the firewall of a place has for an object.
	rules func(model.Object) (model.Place, Rules)
}

// kinds has the entry of each kind. A kind without one would be forgotten; a test
// sees to it that none is.
//
//exhaustive:enforce
var kinds = map[model.Kind]kind{
	model.KindSysctl:     sysctlKind,
	model.KindSwitch:     switchKind,
	model.KindNamespace:  namespaceKind,
	model.KindGateway:    gatewayKind,
	model.KindUplink:     uplinkKind,
	model.KindCable:      cableKind,
	model.KindAttachment: attachmentKind,
	model.KindLink:       linkKind,
	model.KindRoute:      routeKind,
	model.KindNAT:        natKind,
	model.KindAllow:      allowKind,
}

// typed is a kind for the objects of type T.
type typed[T model.Object] struct {
	make   func(p *planner, o T)
	change func(p *planner, before, after T)
	remove func(p *planner, o T)
	rows   func(c model.Change, before, after T) []string
	veth   func(f Facts, lab *model.State, o T) (Veth, bool)
	rules  func(T) (model.Place, Rules)
}

// entry returns the entry for the table.
func (t typed[T]) entry() kind {
	var k kind
	if t.make != nil {
		k.make = func(p *planner, o model.Object) { t.make(p, o.(T)) }
	}
	if t.change != nil {
		k.change = func(p *planner, before, after model.Object) { t.change(p, before.(T), after.(T)) }
	}
	if t.remove != nil {
		k.remove = func(p *planner, o model.Object) { t.remove(p, o.(T)) }
	}
	if t.rows != nil {
		k.rows = func(c model.Change) []string {
			before, _ := c.Before.(T)
			after, _ := c.After.(T)
			return t.rows(c, before, after)
		}
	}
	if t.veth != nil {
		k.veth = func(f Facts, lab *model.State, o model.Object) (Veth, bool) { return t.veth(f, lab, o.(T)) }
	}
	if t.rules != nil {
		k.rules = func(o model.Object) (model.Place, Rules) { return t.rules(o.(T)) }
	}
	return k
}

// add adds the operations of a change.
func (k kind) add(p *planner, c model.Change) {
	switch {
	case c.Before == nil:
		if k.make != nil {
			k.make(p, c.After)
		}
	case c.After == nil:
		if k.remove != nil {
			k.remove(p, c.Before)
		}
	case k.change != nil:
		k.change(p, c.Before, c.After)
	}
}
