package ops

import (
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// cableKind: a cable is two ports that lead to each other within ovs-vswitchd, or
// the ends of a veth in the host, which both are ports.
var cableKind = typed[model.Cable]{
	make: func(p *planner, c model.Cable) {
		if v, ok := cableVeth(p.Facts, p.Wished, c); ok {
			p.add(slotLinks, MakeVeth{v})
		}
	},
	change: func(p *planner, before, after model.Cable) {
		if !after.Veth {
			return
		}
		for _, end := range after.Ends() {
			p.add(slotInterfaces, SetLink{model.Host, end.Port, p.state(model.Host, end.Port, before.Condition), LinkState{Up: On}})
		}
	},
	remove: func(p *planner, c model.Cable) {
		if v, ok := cableVeth(p.Facts, p.Before, c); ok {
			p.deleteVeth(v)
		}
	},
	veth: cableVeth,
	rows: cableRows,
}.entry()

func cableVeth(_ Facts, _ *model.State, c model.Cable) (Veth, bool) {
	var v Veth
	for i, end := range c.Ends() {
		v[i] = End{Name: end.Port, Alias: plan.Mark(end.Switch, end.Port), Quiet: true, Up: true}
	}
	return v, c.Veth
}

// cableRows: both ends of a pair of patch ports come in one transaction, for one
// alone is an error (ovs-vswitchd.conf.db(5), Interface, Patch Options).
func cableRows(c model.Change, before, after model.Cable) []string {
	var lines []string
	add := func(words []string) {
		if len(lines) == 0 {
			lines = []string{line("ovs-vsctl")}
		} else {
			lines[0] += " --"
		}
		lines[0] += " " + line(words...)
	}
	was, now := before.Ends(), after.Ends()
	for i := range now {
		switch {
		case c.Before == nil:
			add(addPortWords(now[i].Switch, now[i].Port, after.VLANs))
			if !after.Veth {
				add([]string{"set", "interface", now[i].Port, "type=patch", "options:peer=" + now[1-i].Port})
			}
		case c.After == nil:
			add([]string{"del-port", was[i].Switch, was[i].Port})
		case !before.Equal(after.VLANs):
			lines = append(lines, setPort(now[i].Port, after.VLANs))
		}
	}
	return lines
}
