package ops

import (
	"maps"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// MakeNamespace makes a named network namespace with lo up and the settings of
// [model.QuietStart].
type MakeNamespace struct{ Name string }

// Reverse implements [Op].
func (o MakeNamespace) Reverse() Op { return DeleteNamespace{Name: o.Name} }

// Lines implements [Op].
func (o MakeNamespace) Lines() []string {
	place := model.Place(o.Name)
	settings := []string{"sysctl", "-q", "-w"}
	for _, path := range slices.Sorted(maps.Keys(model.QuietStart)) {
		settings = append(settings, path+"="+model.QuietStart[path])
	}
	return []string{
		line("ip", "netns", "add", o.Name),
		within(place, settings...),
		ip(place, "link", "set", "dev", "lo", "up"),
	}
}
func (MakeNamespace) op() {}

// DeleteNamespace deletes a namespace and the host's ends of its veths.
type DeleteNamespace struct {
	Name string
	// Going says that [FindGoing] has found it: only its name goes, and the veths
	// with [DeleteFound].
	Going bool
}

// Reverse implements [Op]. The processes that were inside do not come back.
func (o DeleteNamespace) Reverse() Op { return MakeNamespace{o.Name} }

// Lines implements [Op].
func (o DeleteNamespace) Lines() []string { return []string{line("ip", "netns", "delete", o.Name)} }
func (DeleteNamespace) op()               {}

// FindGoing looks for the namespaces that are to go, and for the host's
// interfaces that go with them, beside what comes next; before rows are written,
// whoever runs it makes sure that all of them are ours.
type FindGoing struct {
	Namespaces []string
	// Taps are interfaces that ovs-vswitchd has made in the host for switches that
	// go, with their MACs: it would delete one after the other.
	Taps map[string]model.MAC
}

// Reverse implements [Op].
func (FindGoing) Reverse() Op { return nil }

// Lines implements [Op].
func (FindGoing) Lines() []string { return nil }
func (FindGoing) op()             {}

// DeleteFound deletes the interfaces that [FindGoing] has found, all at once, and
// with them the veths that are said to go (DeleteVeth.Going).
type DeleteFound struct{}

// Reverse implements [Op].
func (DeleteFound) Reverse() Op { return nil }

// Lines implements [Op].
func (DeleteFound) Lines() []string { return nil }
func (DeleteFound) op()             {}
