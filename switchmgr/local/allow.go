package local

import (
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr/nft"
)

// allowKind: a pair of segments is two elements of a set of the firewall.
var allowKind = kindOf[model.Allow]{
	observe:   (*View).allow,
	gone:      func(*View, model.Allow) string { return "the rule is gone" },
	survives:  func(v *View, a model.Allow) bool { return v.Rules != nil && v.allow(&a, new(conditions)) },
	interest:  func(*Interest, model.Allow) {}, // what the firewall tells concerns all
	place:     func(a model.Allow) model.Place { return a.Place },
	condition: func(a *model.Allow) *string { return &a.Condition },
}.entry()

func (v *View) allow(a *model.Allow, wrong *conditions) bool {
	if v.Rules == nil {
		return true
	}
	pair := nft.Pair{A: a.InterfaceA, B: a.InterfaceB}.String()
	if slices.Contains(v.Rules.Incomplete, pair) {
		wrong.add("the firewall drops some of it") // one way, or by rules of another program
	}
	return slices.ContainsFunc(v.Rules.Allow, func(p nft.Pair) bool { return p.String() == pair })
}
