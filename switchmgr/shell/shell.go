package shell

import (
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Options say what a plan alone does not. The zero value is right for a plan
// that makes a lab on a bare host whose Open vSwitch has the usual settings,
// and for the plan that takes it away again.
type Options struct {
	// Wished is the whole lab as it is after the plan. Nil means that there is
	// no more to it than the plan says.
	Wished *model.State
	// TSO says that a switch in userspace completes checksums
	// (ovs-vswitchd.conf.db(5), other_config:userspace-tso-enable). Without,
	// the interfaces attached to it must do it themselves, or TCP stalls.
	TSO bool
}

// header begins each script.
const header = `#!/usr/bin/env bash
# The network that ovsns makes, by hand. Run it as root.
set -euo pipefail
`

// macFunction is for scripts that make interfaces of the host on a switch.
// Left to itself ovs-vswitchd would give them other MACs as ports come and go.
const macFunction = `
mac() { # a random one, in quotes for ovs-vsctl
	od -An -N5 -tx1 /dev/urandom | sed 's/^/"02/; s/ /:/g; s/$/"/'
}
`

// Write writes the script that carries out a plan, in the order of
// [model.Diff]: first what goes, then what is made or changed, at last the
// host's settings and firewall. It stops at the first command that fails.
//
// Creations are of what is not there at all; the rules by which other
// programs' firewalls let the lab through are not in the script.
//
// The error is [model.ErrInvalid] for what the commands cannot say: gateways
// in a VRF, and interface names that nft(8) cannot quote. It is w's when
// writing fails.
func Write(w io.Writer, p model.Plan, o Options) error {
	s := newScript(p, o)
	s.text.WriteString(header)
	for _, c := range s.plan {
		if err := check(c); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(s.plan, needsMAC) {
		s.text.WriteString(macFunction)
	}
	s.removeObjects()
	s.makeObjects()
	s.settingsOn()
	if err := s.firewall(); err != nil {
		return err
	}
	s.settingsBack()
	if len(s.plan) == 0 {
		s.text.WriteString("\n# Nothing is to be done.\n")
	}
	_, err := io.WriteString(w, s.text.String())
	return err
}

// script is a script while it is written.
type script struct {
	Options
	plan   model.Plan
	before *model.State // the whole lab before the plan
	text   strings.Builder
	// about is the comment of the next line, last the one that stands already.
	about, last string
	// gone are the addresses that were taken away, by namespace.
	gone map[string][]netip.Prefix
}

func newScript(p model.Plan, o Options) *script {
	if o.Wished == nil {
		o.Wished = p.Apply(model.NewState())
	}
	from, to := model.NewState(), model.NewState()
	for _, c := range p {
		if c.Before != nil {
			from.Put(c.Before)
		}
		if c.After != nil {
			to.Put(c.After)
		}
	}
	return &script{
		Options: o,
		plan:    model.Diff(from, to),
		before:  p.Reverse().Apply(o.Wished),
		gone:    map[string][]netip.Prefix{},
	}
}

func check(c model.Change) error {
	for _, o := range []model.Object{c.Before, c.After} {
		if g, ok := o.(model.Gateway); ok && g.VRF != "" {
			return model.Invalidf("gateway %s is in VRF %s, which a script cannot make yet", g.Segment(), g.VRF)
		}
	}
	return nil
}

func needsMAC(c model.Change) bool {
	g, _ := c.After.(model.Gateway)
	return c.Before == nil && (c.Key().Kind == model.KindSwitch || g.VLAN != 0)
}

// begin starts the block of a change; its comment is written with its first
// line.
func (s *script) begin(c model.Change) { s.about = "# " + c.String() + "\n" }

// run writes one command.
func (s *script) run(words ...string) { s.raw(line(words...)) }

// raw writes a line as it is.
func (s *script) raw(line string) {
	if s.about != s.last {
		s.text.WriteString("\n" + s.about)
		s.last = s.about
	}
	s.text.WriteString(line + "\n")
}

// removeObjects writes what goes: what refers to something before that.
func (s *script) removeObjects() {
	for _, c := range s.plan {
		s.begin(c)
		if c.After == nil {
			s.remove(c.Before)
		}
	}
	// A default route must be gone before another interface can get it.
	for _, c := range s.plan {
		after, ok := c.After.(model.Attachment)
		if before, was := c.Before.(model.Attachment); ok && was {
			s.begin(c)
			s.dropDefaults(before, after)
		}
	}
}

// makeObjects writes what is made or changed.
func (s *script) makeObjects() {
	for _, c := range s.plan {
		s.begin(c)
		switch after := c.After.(type) {
		case model.Switch:
			s.putSwitch(c.Before, after)
		case model.Namespace:
			s.run("ip", "netns", "add", after.Name)
			s.quietStart(after.Name)
			s.run("ip", "-n", after.Name, "link", "set", "dev", "lo", "up")
		case model.Gateway:
			s.putGateway(c.Before, after)
		case model.Uplink:
			s.putUplink(c.Before, after)
		case model.Attachment:
			s.putAttachment(c.Before, after)
		case model.Link:
			s.putLink(c.Before, after)
		case model.Route:
			s.putRoute(after)
		}
	}
	s.putRoutesAgain()
}

// remove writes how one object goes.
func (s *script) remove(o model.Object) {
	switch o := o.(type) {
	case model.Switch:
		s.run("ovs-vsctl", "del-br", o.Name)
	case model.Namespace:
		s.run("ip", "netns", "delete", o.Name)
	case model.Gateway:
		s.removeGateway(o)
	case model.Uplink:
		s.run("ovs-vsctl", "del-port", o.Switch, o.Interface)
		if !o.WasUp {
			s.run("ip", "link", "set", "dev", o.Interface, "down")
		}
	case model.Attachment:
		s.run("ovs-vsctl", "del-port", o.Switch, o.Port)
		s.run("ip", "link", "delete", "dev", o.Port)
	case model.Link:
		near, _ := ends(o)
		s.ip(near.Namespace, "link", "delete", "dev", near.Ifname)
	case model.Route:
		if s.Wished.Has(model.NamespaceKey(o.Namespace)) {
			s.ip(o.Namespace, routeWords("delete", o)...)
		}
	}
}

// settings returns the changes of settings that pick accepts, those that
// switch forwarding on last.
func (s *script) settings(pick func(model.Change) bool) model.Plan {
	list := slices.DeleteFunc(slices.Clone(s.plan), func(c model.Change) bool {
		return c.Key().Kind != model.KindSysctl || !pick(c)
	})
	slices.SortStableFunc(list, func(a, b model.Change) int { return forwards(a) - forwards(b) })
	return list
}

func forwards(c model.Change) int {
	if name := c.Key().Name; strings.HasSuffix(name, "/ip_forward") || strings.HasSuffix(name, "/forwarding") {
		return 1
	}
	return 0
}

func (s *script) settingsOn() {
	for _, c := range s.settings(func(c model.Change) bool { return c.After != nil }) {
		s.begin(c)
		s.sysctl(c.After.(model.Sysctl).Name, c.After.(model.Sysctl).Value)
	}
}

func (s *script) settingsBack() {
	for _, c := range slices.Backward(s.settings(func(c model.Change) bool { return c.After == nil })) {
		s.begin(c)
		s.sysctl(c.Before.(model.Sysctl).Name, c.Before.(model.Sysctl).Before)
	}
}
