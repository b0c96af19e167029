package ops

import "github.com/ovsns/ovsns/model"

// SetSysctl sets a setting of a place.
type SetSysctl struct {
	Place         model.Place
	Name          string // path below /proc/sys
	Before, After string
	// PutBack leaves a setting alone that somebody has changed since, so that it
	// is not Before any more, or that is gone with its interface.
	PutBack bool
}

// Reverse implements [Op].
func (o SetSysctl) Reverse() Op {
	return SetSysctl{Place: o.Place, Name: o.Name, Before: o.After, After: o.Before}
}

// Lines implements [Op].
func (o SetSysctl) Lines() []string { return []string{sysctl(o.Place, o.Name, o.After)} }
func (SetSysctl) op()               {}
