package switchmgr

import (
	"context"
	"crypto/rand"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/ops"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// apply carries out a plan and returns it as it was carried out, with what was
// chosen on the way, and notes for people. When a step fails, the steps before it are taken back.
func (m *Manager) apply(ctx context.Context, p model.Plan, v *view, how manner) (model.Plan, []string, error) {
	p = chooseMACs(p)
	f := v.facts()
	f.Wished = p.Apply(v.Actual)
	notes, err := m.runner().Run(ctx, ops.Plan(p, f), local.RunOptions{
		Seen: v.Snap, Held: v.Held, Alive: v.Alive, Keep: how.keep, Progress: how.progress, Done: m.ran,
	})
	if err != nil {
		return nil, nil, err
	}
	return p, notes, nil
}

func (m *Manager) runner() *local.Runner {
	return &local.Runner{Host: m.host, Firewall: m.firewall, DB: m.db}
}

// facts is what package ops wants to know of what was observed.
func (v *view) facts() ops.Facts {
	f := ops.Facts{
		Before: v.Actual, Recorded: v.Snap.Recorded,
		TSO:        v.Snap.TSO,
		Many:       len(model.All[model.Namespace](v.Snap.Recorded)) >= ops.ManyPorts,
		Namespaces: map[string]bool{},
		Link:       v.linkNow,
		Settings:   v.Settings,
		HostMAC:    v.Snap.HostMAC,
	}
	for name, owner := range v.Host.Namespaces {
		if owner == plan.TakenOurs {
			f.Namespaces[name] = true
		}
	}
	if v.Rules != nil {
		rules := ops.Rules{Segments: v.Rules.Segments}
		for _, n := range v.Rules.NAT {
			rules.NAT = append(rules.NAT, n.NAT)
		}
		for _, p := range v.Rules.Allow {
			rules.Allow = append(rules.Allow, [2]string{p.A, p.B})
		}
		f.Rules = map[model.Place]ops.Rules{model.Host: rules}
	}
	return f
}

// linkNow returns an interface as it was observed.
func (v *view) linkNow(place model.Place, name string) (ops.Link, bool) {
	links := v.Links
	if place != model.Host {
		links = v.Inside[place.Namespace()].Links
	}
	l, there := links[name]
	return ops.Link{Ours: l.Managed() && !l.Unfinished, Up: l.Up, Addresses: l.Addresses}, there
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
