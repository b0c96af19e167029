package ops

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// slot is a place in the order of the work; phases consist of them.
type slot int

const (
	slotDaemon slot = iota
	slotDead

	slotRoomBack // also routes that go before the links that make room
	slotRoom

	slotNamespaces
	slotLinks

	slotFind
	slotRowsBack
	slotSync
	slotRows

	slotFollow

	slotRoutesBack
	slotRoutesAway
	slotAddressesBack
	slotInterfaces
	slotRoutes
	slotPorts

	slotSettings
	slotForwarding

	slotFirewall

	slotUnlink
	slotRelease

	slotGoing
	slotNames

	slotSettle

	slotForwardingBack
	slotSettingsBack

	slotForget
	slots
)

// planner makes the list of one plan.
type planner struct {
	Facts
	plan  model.Plan
	steps [slots][]Step
	now   *model.Change // what add and back are about
	// cleared are the objects whose veths go early to make room; clears are the
	// places that lose an interface so.
	cleared map[model.Key]bool
	clears  map[model.Place]bool
	moved   map[string]*model.Change // switches that get another datapath
	// What keepRoutes has to know: the addresses that go, those that go on the way
	// back, and where interfaces go.
	lost, lostBack map[model.Place][]netip.Prefix
	lostLinks      map[model.Place]bool
}

// Plan returns what is to be done for a plan, which is in the order of
// [model.Diff].
func Plan(changes model.Plan, f Facts) List {
	if f.Wished == nil {
		if f.Before == nil {
			f.Before = model.NewState()
			for _, c := range changes {
				if c.Before != nil {
					f.Before.Put(c.Before)
				}
			}
		}
		f.Wished = changes.Apply(f.Before)
	}
	if f.Before == nil {
		f.Before = changes.Reverse().Apply(f.Wished)
	}
	p := &planner{Facts: f, plan: changes, moved: moves(changes)}
	p.findDaemon()
	p.releaseDead()
	p.makeRoom()
	for i := range changes {
		p.now = &changes[i]
		kinds[p.now.Key().Kind].add(p, *p.now)
	}
	p.now = nil
	p.remake()
	p.keepRoutes()
	p.firewall()
	p.write()
	return List{changes, p.phases()}
}

// add adds operations for the change at hand.
func (p *planner) add(s slot, list ...Op) {
	for _, o := range list {
		p.steps[s] = append(p.steps[s], Step{Op: o, Change: p.now})
	}
}

// back adds operations that are run on the way back alone, in this order.
func (p *planner) back(s slot, list ...Op) {
	for _, o := range slices.Backward(list) {
		p.add(s, Back{o})
	}
}

// backSlot is where the way back begins for routes of a place: when its
// interfaces are there again.
func (p *planner) backSlot(place model.Place) slot {
	if p.clears[place] {
		return slotRoomBack
	}
	return slotRoutesBack
}

// state is that of an interface of an object that is there: as it was seen, else
// up, unless something is wrong with the object.
func (p *planner) state(place model.Place, name, condition string) LinkState {
	if l, seen := p.link(place, name); seen {
		return LinkState{Up: flag(l.Up)}
	}
	if condition != "" {
		return LinkState{}
	}
	return LinkState{Up: On}
}

// checksums says whether what was attached to one switch and now is to another
// leaves its checksums to the device, before and after; unknown where it may.
func (p *planner) checksums(from, to, condition string) (before, after Flag) {
	if !p.ownChecksums(p.Wished, to) {
		return Unknown, Unknown
	}
	if condition != "" || !p.Before.Has(model.SwitchKey(from)) {
		return Unknown, Off
	}
	return flag(!p.ownChecksums(p.Before, from)), Off
}

// readdress gives an interface other addresses, and reports whether it loses some.
func (p *planner) readdress(place model.Place, ifname string, had, after []netip.Prefix) bool {
	if slices.Equal(had, after) {
		return false
	}
	o := SetAddresses{place, ifname, had, after}
	p.add(slotInterfaces, o)
	gone, goneBack := o.loses(), o.Reverse().(SetAddresses).loses()
	if p.lost == nil {
		p.lost, p.lostBack = map[model.Place][]netip.Prefix{}, map[model.Place][]netip.Prefix{}
	}
	p.lost[place] = append(p.lost[place], gone...)
	p.lostBack[place] = append(p.lostBack[place], goneBack...)
	return len(gone) > 0
}

// deleteVeth deletes a veth: unless it has made room already, after the firewall,
// or with the namespaces that go.
func (p *planner) deleteVeth(v Veth) {
	if p.cleared[p.now.Key()] {
		return
	}
	for _, end := range v {
		if end.Place != model.Host && p.stays(end.Place) {
			p.loseLink(end.Place)
		}
	}
	by, remains := p.remaining(v)
	if remains {
		p.add(slotUnlink, DeleteVeth{v, by, false})
		return
	}
	by = 0
	if v[1].Place == model.Host {
		by = 1
	}
	p.add(slotGoing, DeleteVeth{v, by, true})
}

func (p *planner) loseLink(place model.Place) {
	if p.lostLinks == nil {
		p.lostLinks = map[model.Place]bool{}
	}
	p.lostLinks[place] = true
}

// remaining returns the end of a veth by which it is to be deleted before the
// namespaces go. There is none when both ends are in namespaces that go, or one is
// and the other in the host: those go with all of their kind. An end in another
// namespace that stays would otherwise go when the kernel finds the time, or never,
// while a process holds the namespace that has lost its name.
func (p *planner) remaining(v Veth) (by int, remains bool) {
	a, b := p.stays(v[0].Place), p.stays(v[1].Place)
	switch {
	case a && (b || v[0].Place != model.Host):
		return 0, true
	case b && v[1].Place != model.Host:
		return 1, true
	}
	return 0, false
}

// findDaemon makes sure that there is somebody to carry out what is written.
func (p *planner) findDaemon() {
	needed, kernel := false, ""
	for _, c := range p.plan {
		if sw, ok := c.After.(model.Switch); ok && sw.Datapath == model.DatapathSystem && kernel == "" {
			kernel = sw.Name
		}
		needed = needed || onSwitch(c)
	}
	if needed {
		p.add(slotDaemon, FindDaemon{kernel})
	}
}

// onSwitch reports whether a change is one of a switch or its ports.
func onSwitch(c model.Change) bool {
	switch c.Key().Kind {
	case model.KindSwitch, model.KindGateway, model.KindUplink, model.KindCable, model.KindAttachment:
		return true
	default:
		return false
	}
}

// releaseDead has the switch let go of the ports whose interfaces somebody has
// deleted: ovs-vswitchd would go on with the interface that it has open, and not
// see a new one of the same name.
func (p *planner) releaseDead() {
	if p.Recorded == nil {
		return
	}
	for i, c := range p.plan {
		recorded, there := model.Get[model.Object](p.Recorded, c.Key())
		if c.Before != nil || !there {
			continue
		}
		p.now = &p.plan[i]
		for _, port := range p.deadPorts(recorded) {
			p.add(slotDead, ReleasePort{port})
		}
	}
}

// deadPorts returns the ports of an object, which is recorded and to be made again,
// whose interfaces could have been deleted.
func (p *planner) deadPorts(o model.Object) []string {
	switch o := o.(type) {
	case model.Attachment:
		return []string{o.Port}
	case model.Uplink:
		return []string{o.Interface}
	case model.Cable:
		if o.Veth {
			return []string{o.A.Port, o.B.Port}
		}
	case model.Gateway:
		if _, there := p.link(model.Host, o.SwitchPort()); !there && o.SwitchPort() != o.Switch {
			return []string{o.SwitchPort()}
		}
	default: // has no port
	}
	return nil
}

// end identifies the end of a veth.
type end struct {
	place model.Place
	name  string
}

func (v Veth) ends() [2]end { return [2]end{{v[0].Place, v[0].Name}, {v[1].Place, v[1].Name}} }

// makeRoom removes early the veths whose names the plan gives to others; their ports
// go with all others.
func (p *planner) makeRoom() {
	made := p.madeEnds()
	for i, c := range p.plan {
		veth := kinds[c.Key().Kind].veth
		if c.After != nil || veth == nil {
			continue
		}
		v, ok := veth(p.Facts, p.Before, c.Before)
		if !ok || !made[v.ends()[0]] && !made[v.ends()[1]] {
			continue
		}
		if p.cleared == nil {
			p.cleared, p.clears = map[model.Key]bool{}, map[model.Place]bool{}
		}
		p.cleared[c.Key()], p.clears[v[0].Place], p.clears[v[1].Place] = true, true, true
		p.loseLink(v[0].Place)
		p.loseLink(v[1].Place)
		p.now = &p.plan[i]
		if port := v[0]; port.Quiet {
			// On the way back it is made when its port is there again. ovs-vswitchd reads
			// the flags of what it opens and writes them with one more: what has come up in
			// between is down again.
			p.back(slotRoomBack, Sync{}, SetLink{port.Place, port.Name, LinkState{}, LinkState{Up: On}})
		}
		p.add(slotRoom, DeleteVeth{v, 0, false})
	}
}

// madeEnds returns the ends that the plan makes, if it removes anything.
func (p *planner) madeEnds() map[end]bool {
	if len(p.plan) == 0 || p.plan[0].After != nil { // removals come first
		return nil
	}
	made := map[end]bool{}
	for _, c := range p.plan {
		veth := kinds[c.Key().Kind].veth
		if c.Before != nil || veth == nil {
			continue
		}
		if v, ok := veth(p.Facts, p.Wished, c.After); ok {
			made[v.ends()[0]], made[v.ends()[1]] = true, true
		}
	}
	return made
}

// write adds the rows of all changes, and what has to stand around them.
func (p *planner) write() {
	onlyRemoves, portFirst := p.onlyRemoves(), p.portFirst()
	p.find()
	if onlyRemoves {
		p.add(slotFind, Ping{})
		p.add(slotSettle, Await{Settle: true})
	}
	if portFirst {
		made := p.steps[slotLinks][0]
		end := made.Op.(MakeVeth).Veth[1]
		p.now = made.Change
		p.add(slotFollow, Await{}, SetLink{end.Place, end.Name, LinkState{Up: On}, LinkState{Up: On}})
	}
	if p.now = nil; len(p.steps[slotRowsBack]) > 0 {
		p.back(slotSync, Sync{}) // the old interface may still be there: wait for the new one
	}
	for i := range p.plan {
		p.now = &p.plan[i]
		rows := WriteRows{Change: *p.now, Later: onlyRemoves || portFirst}
		if p.now.Key().Kind == model.KindSysctl && p.now.After == nil {
			rows.Later = false
			p.add(slotForget, rows)
			continue
		}
		p.add(slotRows, rows)
	}
	p.now = nil
}

// find begins to find the namespaces that go, and the interfaces of switches that
// do, and has them deleted.
func (p *planner) find() {
	going := FindGoing{}
	for _, n := range model.Removed[model.Namespace](p.plan) {
		going.Namespaces = append(going.Namespaces, n.Name)
	}
	for _, sw := range model.Removed[model.Switch](p.plan) {
		if going.Taps == nil {
			going.Taps = map[string]model.MAC{}
		}
		going.Taps[sw.Name] = p.hostMAC(sw.Name)
	}
	if len(going.Namespaces)+len(going.Taps) > 0 {
		p.add(slotFind, going)
		p.add(slotGoing, DeleteFound{})
	}
}

// portFirst reports whether the port is written before its interface is made:
// when that is the only one, beside many. ovs-vswitchd goes over all its ports
// when a link of the host changes, and again when the database does; so it learns
// of both in one go, and the wait is a third. Beside few ports, or with more to
// make, it would look for interfaces that are not there yet.
func (p *planner) portFirst() bool {
	made := p.steps[slotLinks]
	return p.Many && len(made) == 1 && made[0].Change.Key().Kind == model.KindAttachment
}

// onlyRemoves reports whether the plan takes ports off switches and puts none on or
// changes one: then the rest goes on while ovs-vswitchd lets the ports go. Uplinks
// do not count: ovs-vswitchd puts their flags back when it lets them go, and would
// bring up what has been set down meanwhile.
func (p *planner) onlyRemoves() bool {
	removes := false
	for _, c := range p.plan {
		if !onSwitch(c) {
			continue
		}
		if c.After != nil || c.Key().Kind == model.KindUplink {
			return false
		}
		removes = true
	}
	return removes
}

// phases puts the slots in order.
func (p *planner) phases() []Phase {
	take := func(name string, from, to slot) Phase {
		steps := p.steps[from]
		if from < to {
			steps = slices.Concat(p.steps[from : to+1]...)
		}
		return Phase{Name: name, Steps: steps}
	}
	links, rows := take("making links", slotLinks, slotLinks), take("changing the switch", slotFind, slotRows)
	links.Counted = true
	first, second := links, rows
	if p.portFirst() {
		first, second = rows, links
	}
	namespaces, interfaces := take("making namespaces", slotNamespaces, slotNamespaces), take("setting up interfaces", slotRoutesBack, slotPorts)
	namespaces.Counted, interfaces.Counted = true, true
	list := []Phase{
		take("finding ovs-vswitchd", slotDaemon, slotDaemon),
		take("letting go of dead ports", slotDead, slotDead),
		take("removing links whose names are wanted", slotRoomBack, slotRoom),
		namespaces, first, second,
		take("waiting for the port", slotFollow, slotFollow),
		interfaces,
		take("switching forwarding on", slotSettings, slotForwarding),
		take("changing the firewall", slotFirewall, slotFirewall),
	}
	late := []Phase{
		take("removing links", slotUnlink, slotRelease),
		p.removeNamespaces(),
		take("waiting for ovs-vswitchd", slotSettle, slotSettle),
		take("putting settings back", slotForwardingBack, slotSettingsBack),
		take("forgetting settings", slotForget, slotForget),
	}
	for i := range late {
		late[i].Finish = len(p.steps[slotUnlink])+len(p.steps[slotNames]) > 0
	}
	return append(list, late...)
}

// removeNamespaces deletes the host's ends of the veths of namespaces that go, and
// takes their names from them. Of many the names go first, of which ovs-vswitchd
// notices nothing: it is to have begun with the ports when it hears of the links.
// The kernel begins to remove the namespaces when nobody holds them any more:
// before, that would be in ovs-vswitchd's way.
func (p *planner) removeNamespaces() Phase {
	first, second := p.steps[slotGoing], p.steps[slotNames]
	if p.Many && len(second) >= ManyPorts {
		first, second = second, first
	}
	return Phase{Name: "removing namespaces", Steps: slices.Concat(first, second)}
}
