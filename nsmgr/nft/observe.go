package nft

import (
	"context"
	"maps"
	"slices"

	"github.com/google/nftables"
)

// view is everything that is read before an answer or an edit.
type view struct {
	own    table
	rules  Rules
	halves []Pair
	guards []guard
}

// Observe reads what the firewall does now.
func (f *Firewall) Observe(ctx context.Context) (*Observed, error) {
	v, err := f.look(ctx)
	if err != nil {
		return nil, err
	}
	inForce := v.inForce()
	for i := range inForce.NAT {
		inForce.NAT[i].Place = f.place
	}
	return &Observed{
		Rules: inForce, Incomplete: v.incomplete(), Blocked: v.blocked(),
		Surplus: v.surplus(), Foreign: v.own.foreign,
	}, nil
}

func (f *Firewall) look(ctx context.Context) (v view, err error) {
	err = f.again(func() (err error) {
		v, err = readAll(ctx)
		return err
	})
	return v, err
}

// readAll reads the firewall of the calling thread's place.
func readAll(ctx context.Context) (view, error) {
	c, closeConn, err := open(ctx)
	if err != nil {
		return view{}, err
	}
	defer closeConn()
	return read(ctx, c)
}

// inForce returns the rules less those that do nothing, because somebody took
// out a rule that looks the set up, or put one of his own before it.
func (v view) inForce() Rules {
	r := v.rules
	if v.own.dormant {
		return Rules{}
	}
	if v.own.fixed[isolateComment] == nil || v.own.fixed[sourceComment] == nil {
		r.Segments = nil
	}
	if v.own.fixed[allowedComment] == nil {
		r.Allow = nil
	}
	return r
}

// Blockers lists the forward chains of other programs that drop what they do
// not know, sorted as the kernel lists them, nftables before iptables-legacy.
// The errors are those of [Firewall.Observe].
func (f *Firewall) Blockers(ctx context.Context) ([]Blocker, error) {
	v, err := f.look(ctx)
	if err != nil {
		return nil, err
	}
	var list []Blocker
	for _, g := range v.guards {
		if !g.blocks {
			continue
		}
		if g.Amendable {
			g.Missing = namesOf(g.missing(v.rules))
		} else {
			g.Missing = namesOf(g.dropped(v.rules))
		}
		list = append(list, g.Blocker)
	}
	return list, nil
}

func read(ctx context.Context, c *nftables.Conn) (view, error) {
	var v view
	chains, err := c.ListChains()
	if err != nil {
		return v, classify(err, "listing chains")
	}
	if v.own, err = readTable(c, chains); err != nil {
		return v, err
	}
	v.rules, v.halves = v.own.rules()
	v.guards, err = readGuards(ctx, c, chains, v.rules)
	return v, err
}

func (v view) incomplete() []string {
	names := map[string]bool{}
	for _, p := range v.halves {
		names[p.String()] = true
	}
	for _, g := range v.guards {
		if g.Amendable {
			for _, name := range namesOf(g.missing(v.rules)) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func (v view) blocked() []string {
	var list []accept
	for _, g := range v.guards {
		list = append(list, g.dropped(v.rules)...)
	}
	return namesOf(list)
}

func (v view) surplus() []string {
	list := v.own.leftover(v.rules)
	wanted := commentsOf(v.rules)
	for _, g := range v.guards {
		for _, p := range g.obsolete(v.rules) {
			if !wanted[p.comment()] { // else it is missing where it would count
				list = append(list, p.comment())
			}
		}
	}
	slices.Sort(list)
	return list
}

// namesOf returns what accept rules belong to, sorted, each once.
func namesOf(list []accept) []string {
	var names []string
	for _, a := range list {
		names = append(names, a.name())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
