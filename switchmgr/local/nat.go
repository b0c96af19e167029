package local

import (
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr/nft"
)

// dropped says that the rules of another program come in the way.
const dropped = "another program's firewall drops it"

// natKind: masquerading is a rule of the firewall.
var natKind = kindOf[model.NAT]{
	observe: (*View).nat,
	gone:    func(*View, model.NAT) string { return "the rule is gone" },
	survives: func(v *View, n model.NAT) bool {
		found := n
		return v.nat(&found, new(conditions)) && found == n
	},
	interest:  func(*Interest, model.NAT) {}, // what the firewall tells concerns all
	place:     func(n model.NAT) model.Place { return n.Place },
	condition: func(n *model.NAT) *string { return &n.Condition },
}.entry()

func (v *View) nat(n *model.NAT, wrong *conditions) bool {
	if v.Rules == nil {
		return true
	}
	i := slices.IndexFunc(v.Rules.NAT, func(r nft.NAT) bool { return r.Subnet == n.Subnet })
	if i < 0 {
		return false
	}
	n.OutInterface = v.Rules.NAT[i].OutInterface
	if slices.Contains(v.Rules.Incomplete, n.Subnet.String()) {
		wrong.add(dropped)
	}
	return true
}
