package ops

import "github.com/ovsns/ovsns/model"

// switchKind: a switch is rows alone. ovs-vswitchd makes its own interface with
// them, and takes it away.
var switchKind = typed[model.Switch]{rows: switchRows}.entry()

func switchRows(c model.Change, before, after model.Switch) []string {
	datapath := "datapath_type=" + string(after.Datapath)
	switch c.Action() {
	case model.ActionDelete:
		return []string{line("ovs-vsctl", "del-br", before.Name)}
	case model.ActionUpdate:
		return []string{line("ovs-vsctl", "set", "bridge", after.Name, datapath)}
	default:
		// Without a mode the switch's own port would be an open trunk.
		return []string{line("ovs-vsctl", "add-br", after.Name, "--", "set", "bridge", after.Name, datapath) +
			" other_config:hwaddr=" + macCall + " " + line("--", "set", "port", after.Name, "vlan_mode=access")}
	}
}

// moves returns the switches that get another datapath: ovs-vswitchd makes their
// internal ports anew, bare and down, and senders may have to do their checksums
// in another way.
func moves(p model.Plan) map[string]*model.Change {
	var moved map[string]*model.Change
	for i, c := range p {
		before, existed := c.Before.(model.Switch)
		if after, stays := c.After.(model.Switch); existed && stays && before.Datapath != after.Datapath {
			if moved == nil {
				moved = map[string]*model.Change{}
			}
			moved[after.Name] = &p[i]
		}
	}
	return moved
}

// remake sets up what the plan leaves as it is on switches that move, and on the
// way back once more.
func (p *planner) remake() {
	if len(p.moved) == 0 {
		return
	}
	planned := map[model.Key]bool{}
	for _, c := range p.plan {
		planned[c.Key()] = true
	}
	for _, g := range model.All[model.Gateway](p.Wished) {
		if p.now = p.moved[g.Switch]; p.now != nil && !planned[g.Key()] {
			p.restart(g)
		}
	}
	for _, a := range model.All[model.Attachment](p.Wished) {
		if p.now = p.moved[a.Switch]; p.now != nil && !planned[a.Key()] {
			p.sumAgain(model.Place(a.Namespace), a.Ifname, a.Switch)
		}
	}
	p.now = nil
}

// restart sets up a gateway on a switch that moves.
func (p *planner) restart(g model.Gateway) {
	if g.Port != "" { // it stays, but for its checksums
		p.sumAgain(g.Place(), g.Interface, g.Switch)
		return
	}
	again := []Op{
		WaitLink{g.Place(), g.Interface},
		SetAddresses{Place: g.Place(), Ifname: g.Interface, After: g.Addresses},
		SetLink{g.Place(), g.Interface, LinkState{Up: Off}, LinkState{Up: On}},
	}
	p.add(slotInterfaces, again...)
	p.back(slotRowsBack, again...)
}

// sumAgain has an interface complete its checksums itself where it must now.
func (p *planner) sumAgain(place model.Place, ifname, sw string) {
	var was, now LinkState
	if was.TxChecksum, now.TxChecksum = p.checksums(sw, sw, ""); now.TxChecksum != Unknown {
		p.add(slotInterfaces, SetLink{place, ifname, was, now})
	}
}
