package ops

import "github.com/ovsns/ovsns/model"

// WriteRows writes a change to the switch's database; those that follow each other
// are one transaction. Its reverse says what comes back; whoever runs it has kept
// the rows themselves, with what others have set on them.
type WriteRows struct {
	Change model.Change
	// Later does not wait for ovs-vswitchd, which follows when it can: an [Await]
	// comes when the rest is done.
	Later bool
}

// Reverse implements [Op].
func (o WriteRows) Reverse() Op { return WriteRows{Change: o.Change.Reverse()} }

// Lines implements [Op].
func (o WriteRows) Lines() []string {
	if rows := kinds[o.Change.Key().Kind].rows; rows != nil {
		return rows(o.Change)
	}
	return nil
}
func (WriteRows) op() {}

// ReleasePort has ovs-vswitchd let go of a port whose interface was deleted behind
// its back, until the port's rows are written again; those that follow each other
// are one transaction.
type ReleasePort struct{ Name string }

// Reverse implements [Op]. What comes back is what whoever runs it has kept.
func (ReleasePort) Reverse() Op { return nil }

// Lines implements [Op]: a script makes what is not there at all.
func (ReleasePort) Lines() []string { return nil }
func (ReleasePort) op()             {}

// AdoptRows records an object that exists already on the rows that it has; those
// that follow each other are one transaction.
type AdoptRows struct{ Object model.Object }

// Reverse implements [Op].
func (o AdoptRows) Reverse() Op { return WriteRows{Change: model.Change{Before: o.Object}} }

// Lines implements [Op]: what ovsns remembers by is no part of the network.
func (AdoptRows) Lines() []string { return nil }
func (AdoptRows) op()             {}

// FindDaemon makes sure that somebody will carry out what is written.
type FindDaemon struct {
	// Kernel is a switch for which the kernel must have a datapath; "" when none
	// needs it.
	Kernel string
}

// Reverse implements [Op].
func (FindDaemon) Reverse() Op { return nil }

// Lines implements [Op].
func (FindDaemon) Lines() []string { return nil }
func (FindDaemon) op()             {}

// Ping waits until ovs-vswitchd answers: before rows are written that it is to
// follow later, so that it is known to be well.
type Ping struct{}

// Reverse implements [Op].
func (Ping) Reverse() Op { return nil }

// Lines implements [Op].
func (Ping) Lines() []string { return nil }
func (Ping) op()             {}

// Await waits until ovs-vswitchd has followed the rows that were written last.
type Await struct {
	// Settle gives it a moment only: everything else is done, and if it needs
	// longer, that is only said.
	Settle bool
}

// Reverse implements [Op].
func (Await) Reverse() Op { return nil }

// Lines implements [Op]: ovs-vsctl(8) waits by itself.
func (Await) Lines() []string { return nil }
func (Await) op()             {}

// Sync waits until ovs-vswitchd has followed whatever was written.
type Sync struct{}

// Reverse implements [Op].
func (Sync) Reverse() Op { return nil }

// Lines implements [Op].
func (Sync) Lines() []string { return nil }
func (Sync) op()             {}
