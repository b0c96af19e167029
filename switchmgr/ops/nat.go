package ops

import "github.com/ovsns/ovsns/model"

// natKind: masquerading is a rule of the firewall.
var natKind = typed[model.NAT]{
	rules: func(n model.NAT) (model.Place, Rules) {
		n.Condition = ""
		return n.Place, Rules{NAT: []model.NAT{n}}
	},
}.entry()
