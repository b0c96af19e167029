package ops

import "github.com/ovsns/ovsns/model"

// allowKind: a pair of segments that may route to each other is an entry of the
// firewall's list.
var allowKind = typed[model.Allow]{
	rules: func(a model.Allow) (model.Place, Rules) {
		return a.Place, Rules{Allow: [][2]string{{a.InterfaceA, a.InterfaceB}}}
	},
}.entry()
