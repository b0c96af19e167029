package local

import (
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// namespaceKind: a namespace is ours by its mark; its loopback is up.
var namespaceKind = kindOf[model.Namespace]{
	observe: func(v *View, n *model.Namespace, wrong *conditions) bool {
		in, looked := v.Inside[n.Name]
		if !looked {
			return true
		}
		if lo, there := in.Links["lo"]; there {
			wrong.down(lo)
		}
		n.Forward = v.holds(n.Settings())
		return v.Host.Namespaces[n.Name] == plan.TakenOurs
	},
	gone: func(v *View, n model.Namespace) string {
		if v.Host.Namespaces[n.Name] == plan.TakenForeign {
			return "somebody has replaced it"
		}
		return "it is gone"
	},
	survives: func(v *View, n model.Namespace) bool { return v.Has(n.Name) },
	obstacle: func(v *View, n model.Namespace) error {
		if v.Host.Namespaces[n.Name] == plan.TakenForeign {
			return model.NotManagedf("namespace %s was not made by ovsns", n.Name)
		}
		return nil
	},
	interest: func(i *Interest, n model.Namespace) {
		i.namespaces[n.Name] = true
		i.inside[[2]string{n.Name, "lo"}] = true
		i.settings = append(i.settings, n.Settings()...)
	},
	place:     func(n model.Namespace) model.Place { return model.Place(n.Name) },
	condition: func(n *model.Namespace) *string { return &n.Condition },
}.entry()

// holds reports whether settings are as they should be, false where there are none.
func (v *View) holds(settings []model.Sysctl) bool {
	all := len(settings) > 0
	for _, s := range settings {
		value, there := v.setting(s.Key())
		all = all && there && value == s.Value
	}
	return all
}
