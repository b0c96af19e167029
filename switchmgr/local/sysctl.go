package local

import (
	"strings"

	"github.com/ovsns/ovsns/model"
)

// ifnameAt is the place of the interface in the path of a setting of one.
const ifnameAt = 3

// sysctlKind: a setting has one value. That of an interface goes with it.
var sysctlKind = kindOf[model.Sysctl]{
	observe: func(v *View, s *model.Sysctl, _ *conditions) bool {
		if v.Host.Sysctls == nil {
			return true
		}
		value, there := v.Host.Sysctls[s.Name]
		s.Value = value
		return there
	},
	gone: func(*View, model.Sysctl) string { return "the host has no such setting" },
	survives: func(v *View, s model.Sysctl) bool {
		value, there := v.setting(s.Key())
		return there && value == s.Value
	},
	obstacle: func(v *View, s model.Sysctl) error {
		if _, there := v.setting(s.Key()); there {
			return nil
		}
		if parts := strings.Split(s.Name, "/"); len(parts) > ifnameAt { // net/ipv4/conf/eth0/...
			if _, there := v.find(parts[ifnameAt]); !there {
				return noInterface(parts[ifnameAt])
			}
		}
		return model.NotFoundf("the host has no setting %s", s.Name)
	},
	interest:  func(i *Interest, s model.Sysctl) { i.settings = append(i.settings, s) },
	place:     func(s model.Sysctl) model.Place { return s.Place },
	condition: func(s *model.Sysctl) *string { return &s.Condition },
}.entry()
