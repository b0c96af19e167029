package local

import (
	"cmp"

	"github.com/ovsns/ovsns/model"
)

// switchKind: a switch is a row of the database, which ovs-vswitchd follows. Of one
// whose row is gone nothing survives but its ports.
var switchKind = kindOf[model.Switch]{
	observe: func(v *View, s *model.Switch, wrong *conditions) bool {
		s.Datapath = cmp.Or(v.Snap.Datapath(s.Name), s.Datapath)
		if !s.Datapath.MakesInterfaces() {
			return true
		}
		wrong.port(v, s.Name, s.Name, internalPort)
		if _, there := v.Links[s.Name]; v.Links != nil && !there && len(*wrong) == 0 {
			wrong.add("interface %s is gone", s.Name)
		}
		return true
	},
	gone:      func(*View, model.Switch) string { return "it is gone" },
	survives:  func(*View, model.Switch) bool { return false },
	interest:  func(i *Interest, s model.Switch) { i.host[s.Name] = "" },
	condition: func(s *model.Switch) *string { return &s.Condition },
}.entry()
