package switchmgr

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/ovsdb"
)

// executor carries out one plan. Its steps run in the order that costs
// ovs-vswitchd least: what namespaces send when their links come up is over
// before the ports are taken.
type executor struct {
	*Manager
	plan   model.Plan
	wished *model.State
	view   *view
	undo   undo
	// lessAddresses are the namespaces in which an address was taken away.
	lessAddresses map[string]bool
	// cleared are the attachments and links that makeRoom has removed.
	cleared map[model.Key]bool
	notes   []string // for Result.Notes
	// written is what commit has changed in the database.
	written *ovsdb.Undo
	// going is what removeLinks and removeNamespaces delete; nil before findGoing.
	going func() (*nsmgr.Deletion, error)
	// noReturn says that something is gone which no undo would bring back.
	noReturn bool
	// step is how many steps are done, for Manager.progress.
	step, steps int
}

// step is one phase of the work, with its name for messages.
type step struct {
	name string
	run  func(context.Context) error
}

// apply carries out a plan and returns it as it was carried out, with what was
// chosen on the way, and notes for people. When a step fails, the steps before it are taken back.
func (m *Manager) apply(ctx context.Context, p model.Plan, v *view) (model.Plan, []string, error) {
	p = chooseMACs(p)
	e := &executor{Manager: m, plan: p, wished: p.Apply(v.actual), view: v, lessAddresses: map[string]bool{}}
	defer e.letGo()
	first, second := step{"making links", e.makeLinks}, step{"changing the switch", e.commit}
	if e.portFirst() {
		first, second = second, first
	}
	steps := []step{
		{"finding ovs-vswitchd", e.checkDaemon},
		{"taking dead ports off the switch", e.dropDead},
		{"removing links whose names are wanted", e.makeRoom},
		{"making namespaces", e.makeNamespaces},
		first,
		second,
		{"waiting for the port", e.followPort},
		{"setting up interfaces", e.configure},
		{"switching forwarding on", e.settingsOn},
		{"changing the firewall", e.rules},
		{"removing links", e.removeLinks},
		{"removing namespaces", e.removeNamespaces},
		{"waiting for ovs-vswitchd", e.settle},
		{"putting settings back", e.settingsBack},
		{"forgetting settings", e.forgetSettings},
	}
	for i, s := range steps {
		e.step, e.steps = i, len(steps)
		e.tell(s.name, 0, 0)
		if e.noReturn {
			ctx = context.WithoutCancel(ctx) // what is left takes a moment
		}
		err := ctx.Err()
		if err == nil {
			err = s.run(ctx)
		}
		if err != nil {
			return nil, nil, e.failed(ctx, s, err)
		}
	}
	return p, e.notes, nil
}

// tell says what comes next: in a step of many things, which of them.
func (e *executor) tell(what string, done, total int) {
	if e.progress == nil {
		return
	}
	if total > 0 {
		what = fmt.Sprintf("%s (%d of %d)", what, done, total)
	}
	e.progress(e.step, e.steps, what)
}

// failed undoes what was done and says so.
func (e *executor) failed(ctx context.Context, s step, err error) error {
	if e.keep && len(e.undo.steps) > 0 {
		return model.Failedf("%s failed, what was done before is kept", s.name).Because(err)
	}
	outcome := "nothing was changed"
	if len(e.undo.steps) > 0 {
		outcome = "what was done before was undone"
	}
	if undoErr := e.undo.run(ctx, len(e.plan)); undoErr != nil {
		return model.Failedf("%s failed, and undoing what was done before failed too (%v)", s.name, undoErr).Because(err)
	}
	return model.Failedf("%s failed, %s", s.name, outcome).Because(err)
}

// chooseMACs gives each new attachment without a MAC a random one: the
// database records it before the kernel could tell, and the lab keeps it over
// a reboot.
func chooseMACs(p model.Plan) model.Plan {
	p = slices.Clone(p)
	for i, c := range p {
		if a, ok := c.After.(model.Attachment); ok && a.MAC.IsZero() {
			// crypto/rand.Read never fails (its documentation).
			_, _ = rand.Read(a.MAC[:])
			a.MAC[0] = a.MAC[0]&^1 | 2 // unicast, locally administered
			p[i].After = a
		}
	}
	return p
}

// checkDaemon refuses to begin when nobody would carry out what is written.
func (e *executor) checkDaemon(ctx context.Context) error {
	for _, c := range e.plan {
		if sw, ok := c.After.(model.Switch); ok && sw.Datapath == model.DatapathSystem && !nsmgr.HasKernelDatapath() {
			return model.NotReadyf("the kernel has no datapath of Open vSwitch for switch %s", sw.Name).
				WithHint("ovsns switch create %s --datapath netdev", sw.Name)
		}
	}
	for _, c := range e.plan {
		switch c.Key().Kind {
		case model.KindSwitch, model.KindGateway, model.KindUplink, model.KindAttachment:
			return e.db.CheckDaemon(ctx)
		}
	}
	return nil
}

// dropDead takes off the switch the ports whose interfaces somebody has
// deleted: ovs-vswitchd would go on with the interface that it has open, and
// not see a new one of the same name.
func (e *executor) dropDead(ctx context.Context) error {
	var dead model.Plan
	for _, c := range e.plan {
		recorded, _ := model.Get[model.Object](e.view.snap.Recorded, c.Key())
		if c.Before != nil || recorded == nil {
			continue
		}
		switch o := recorded.(type) {
		case model.Attachment:
			dead = append(dead, model.Change{Before: o})
		case model.Gateway:
			if _, there := e.view.links[o.SwitchPort()]; !there && o.SwitchPort() != o.Switch {
				dead = append(dead, model.Change{Before: o})
			}
		}
	}
	back, err := e.db.Commit(ctx, e.view.snap, dead)
	if err == nil && back != nil {
		e.undo.add(back.Run)
	}
	return err
}

// manyPorts is from how many namespaces in the lab on ovs-vswitchd takes so long
// to go over its ports, about 25 microseconds for each, that an interface can be
// made meanwhile, which takes one or two milliseconds; and that of so many links that
// go it would hear before it has begun with their ports.
const manyPorts = 250

// portFirst reports whether the port is written before its interface is made:
// when that is the only one, beside many. ovs-vswitchd goes over all its ports
// when a link of the host changes, and again when the database does; so it
// learns of both in one go, and the wait is a third. Beside few ports, or with
// more to make, it would look for interfaces that are not there yet.
func (e *executor) portFirst() bool {
	if len(model.All[model.Namespace](e.view.snap.Recorded)) < manyPorts {
		return false
	}
	made := e.vethsMade()
	return len(made) == 1 && made[0].Key().Kind == model.KindAttachment
}

// followPort waits for ovs-vswitchd where commit has not. It reads the flags of
// an interface that it opens, and writes them with one more: should the interface
// have come up in between, it is down again.
func (e *executor) followPort(ctx context.Context) error {
	if !e.portFirst() {
		return nil
	}
	if err := e.written.Await(ctx); err != nil {
		return err
	}
	v, _ := e.vethOf(e.vethsMade()[0])
	return e.up(ctx, v[0].Namespace, v[0].Name)
}

// commit writes the plan to the database and waits for ovs-vswitchd, unless
// something else is to be done first: the interface of the port is made, or of
// a plan that only removes the rest is removed. The latter makes sure beforehand
// that ovs-vswitchd is well.
func (e *executor) commit(ctx context.Context) error {
	e.findGoing(ctx)
	write := e.db.Commit
	switch {
	case e.portFirst():
		write = e.db.Submit
	case e.onlyRemoves():
		if err := e.ping(ctx); err != nil {
			return err
		}
		write = e.db.Submit
	}
	if _, err := e.going(); err != nil { // somebody else's; later on it could not all be undone
		return err
	}
	back, err := write(ctx, e.view.snap, e.lasting())
	if err != nil {
		return err
	}
	// Undone last step first: the rows come back, then the interfaces that
	// vanished with them.
	e.undo.add(func(ctx context.Context) error {
		return e.configureAll(ctx, append(vanished(e.plan), e.remade()...))
	})
	if e.onlyRemoves() || len(e.remade()) > 0 {
		// The old interface may still be there: wait for the new one.
		e.undo.add(e.db.Sync)
	}
	e.undo.add(back.Run)
	e.written = back
	return nil
}

// ping waits for ovs-vswitchd to answer, which may have been asked already.
func (e *executor) ping(ctx context.Context) error {
	if e.view.alive == nil {
		return e.db.Ping(ctx)
	}
	_, err := e.view.alive()
	return err
}

// lasting returns the plan without the settings that are removed: what they
// were before must be known until they are put back, even by another command.
func (e *executor) lasting() model.Plan {
	return slices.DeleteFunc(slices.Clone(e.plan), isRemovedSetting)
}

func isRemovedSetting(c model.Change) bool {
	return c.Key().Kind == model.KindSysctl && c.After == nil
}

// forgetSettings removes the records of the settings that are put back.
func (e *executor) forgetSettings(ctx context.Context) error {
	removed := slices.DeleteFunc(slices.Clone(e.plan), func(c model.Change) bool { return !isRemovedSetting(c) })
	_, err := e.db.Commit(ctx, e.view.snap, removed)
	return err
}

// onlyRemoves reports whether the plan takes ports off switches and puts none
// on or changes one. Uplinks do not count: ovs-vswitchd puts their flags back
// when it lets them go, and would bring up what has been set down meanwhile.
func (e *executor) onlyRemoves() bool {
	removes := false
	for _, c := range e.plan {
		switch c.Key().Kind {
		case model.KindSwitch, model.KindGateway, model.KindUplink, model.KindAttachment:
			if c.After != nil || c.Key().Kind == model.KindUplink {
				return false
			}
			removes = true
		}
	}
	return removes
}

// settleTime bounds the wait for ovs-vswitchd after a removal.
const settleTime = 2 * time.Second

// settle gives ovs-vswitchd time to follow a removal. Everything else is gone
// by now; if it needs longer it is only said.
func (e *executor) settle(ctx context.Context) error {
	if !e.onlyRemoves() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	if err := e.written.Await(ctx); err != nil {
		e.notes = append(e.notes, "ovs-vswitchd is still letting the ports go")
	}
	return nil
}

// vanished returns the changes that would make again the interfaces that go
// with their rows.
func vanished(p model.Plan) model.Plan {
	var back model.Plan
	for _, g := range model.Removed[model.Gateway](p) {
		if g.Port == "" {
			back = append(back, model.Change{After: g})
		}
	}
	return back
}

// remade returns, as changes that would make them, what the plan leaves as it
// is on switches that it gives another datapath: ovs-vswitchd makes their
// internal ports anew, bare and down, and senders may have to do their
// checksums in another way.
func (e *executor) remade() model.Plan {
	moved, planned := map[string]bool{}, map[model.Key]bool{}
	for _, c := range e.plan {
		planned[c.Key()] = true
		before, existed := c.Before.(model.Switch)
		if after, stays := c.After.(model.Switch); existed && stays && before.Datapath != after.Datapath {
			moved[after.Name] = true
		}
	}
	var again model.Plan
	for _, g := range model.All[model.Gateway](e.wished) {
		if moved[g.Switch] && !planned[g.Key()] {
			again = append(again, model.Change{After: g})
		}
	}
	for _, a := range model.All[model.Attachment](e.wished) {
		if moved[a.Switch] && !planned[a.Key()] {
			again = append(again, model.Change{After: a})
		}
	}
	return again
}

// settingsOn changes the host's settings; what keeps the host's own routes
// comes before forwarding.
func (e *executor) settingsOn(context.Context) error {
	made := model.Made[model.Sysctl](e.plan)
	slices.SortStableFunc(made, func(a, b model.Sysctl) int { return isForward(a.Name) - isForward(b.Name) })
	for _, s := range made {
		was, err := e.host.Sysctl("", s.Name)
		if err != nil {
			return err
		}
		if err := e.host.SetSysctl("", s.Name, s.Value); err != nil {
			return err
		}
		e.undo.add(func(context.Context) error { return e.host.SetSysctl("", s.Name, was) })
	}
	return nil
}

func isForward(name string) int {
	if name == model.ForwardIPv4 || name == model.ForwardIPv6 {
		return 1
	}
	return 0
}

// settingsBack gives the host its settings back; a setting that somebody has
// changed since, or whose interface is gone, is theirs.
func (e *executor) settingsBack(context.Context) error {
	removed := model.Removed[model.Sysctl](e.plan)
	slices.SortStableFunc(removed, func(a, b model.Sysctl) int { return isForward(b.Name) - isForward(a.Name) })
	for _, s := range removed {
		if now, err := e.host.Sysctl("", s.Name); err != nil || now != s.Value {
			continue
		}
		if err := e.host.SetSysctl("", s.Name, s.Before); err != nil {
			return err
		}
		e.undo.add(func(context.Context) error { return e.host.SetSysctl("", s.Name, s.Value) })
	}
	return nil
}

// rules changes the firewall in one batch.
func (e *executor) rules(ctx context.Context) error {
	add, remove := e.ruleChanges()
	if emptyRules(add) && emptyRules(remove) {
		return nil
	}
	if err := e.firewall.Apply(ctx, add, remove); err != nil {
		return err
	}
	e.undo.add(func(ctx context.Context) error { return e.firewall.Apply(ctx, remove, add) })
	return nil
}

func emptyRules(r nft.Rules) bool { return len(r.Segments)+len(r.NAT)+len(r.Allow) == 0 }

// ruleChanges translates the plan into rules to add and to remove.
func (e *executor) ruleChanges() (add, remove nft.Rules) {
	for _, c := range e.plan {
		if c.Before != nil {
			addRules(&remove, c.Before)
		}
		if c.After != nil {
			addRules(&add, c.After)
		}
	}
	if e.labIsEmpty() {
		// The last user is gone; what a command that was cut off may have left
		// in our table goes too.
		return nft.Rules{}, e.view.rules.Rules
	}
	// A new version of a gateway or a link keeps its segment.
	remove.Segments = slices.DeleteFunc(remove.Segments, func(s string) bool { return slices.Contains(add.Segments, s) })
	return add, remove
}

// labIsEmpty reports whether the firewall was looked at and nothing in the lab
// needs it any more.
func (e *executor) labIsEmpty() bool {
	if e.view.rules == nil {
		return false
	}
	users := nft.Rules{}
	for _, o := range e.wished.Objects() {
		addRules(&users, o)
	}
	return emptyRules(users)
}

func addRules(r *nft.Rules, o model.Object) {
	switch o := o.(type) {
	case model.Gateway:
		if o.VRF == "" {
			r.Segments = append(r.Segments, o.Interface)
		}
	case model.Link:
		if end, ok := o.End(model.HostEnd); ok {
			r.Segments = append(r.Segments, end.Ifname)
		}
	case model.NAT:
		r.NAT = append(r.NAT, nft.NAT{NAT: o})
	case model.Allow:
		r.Allow = append(r.Allow, nft.Pair{A: o.InterfaceA, B: o.InterfaceB})
	}
}
