package ops

import "github.com/ovsns/ovsns/model"

// Adopt returns what is to be done to take over what somebody has made by hand; the
// plan only makes objects, which are there already. The record comes first: marks
// alone would make what they are on look like the remains of a command that was cut
// off.
func Adopt(changes model.Plan, f Facts) List {
	f.Wished = changes.Apply(f.Before)
	p := &planner{Facts: f, plan: changes}
	record, marks := Phase{Name: "recording"}, Phase{Name: "marking namespaces and links"}
	for i, c := range changes {
		p.now = &changes[i]
		record.Steps = append(record.Steps, Step{Op: AdoptRows{c.After}, Change: p.now})
		for _, m := range p.marks(c.After) {
			marks.Steps = append(marks.Steps, Step{Op: m, Change: p.now})
		}
		if c.Key().Kind == model.KindSysctl {
			sysctlKind.add(p, c)
		}
	}
	p.now = nil
	p.firewall()
	return List{changes, []Phase{
		record, marks,
		{Name: "setting up uplinks", Steps: append(p.steps[slotSettings], p.steps[slotForwarding]...)},
		{Name: "changing the firewall", Steps: p.steps[slotFirewall]},
	}}
}

// marks are those of an object that is taken over.
func (p *planner) marks(o model.Object) []Op {
	if n, ok := o.(model.Namespace); ok && !p.Namespaces[n.Name] {
		return []Op{Mark{Place: model.Place(n.Name), Name: "lo"}}
	}
	veth := kinds[o.Key().Kind].veth
	if veth == nil {
		return nil
	}
	v, ok := veth(p.Facts, p.Wished, o)
	if !ok {
		return nil
	}
	return []Op{Mark{v[0].Place, v[0].Name, v[0].Alias}, Mark{v[1].Place, v[1].Name, v[1].Alias}}
}
