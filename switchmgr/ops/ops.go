package ops

import "github.com/ovsns/ovsns/model"

// Op is one operation on the host. It is data: package local runs it on this
// host, [WriteScript] prints it.
//
//sumtype:decl
type Op interface {
	// Reverse returns the operation that takes this one back, exactly; nil where
	// there is nothing to take back.
	Reverse() Op
	// Lines returns the commands of bash(1) that do the same by hand; none where
	// those before or after it do it along.
	Lines() []string
	op()
}

// Step is an operation with what it is for.
type Step struct {
	Op
	// Change is the change of the plan that it belongs to; nil when it belongs to
	// several or to none.
	Change *model.Change
	// Note says in a script what it is for, where no change does.
	Note string
}

// Phase is a part of the work with a name for people.
type Phase struct {
	Name string
	// Steps are run in this order. Those of one family that follow each other may
	// be run as one batch: all veths at once, all rows in one transaction.
	Steps []Step
	// Counted phases take long with many things: which of them it is may be told.
	Counted bool
	// Finish says that links or namespaces are gone or going by now: what is left
	// takes a moment, and a command that is interrupted does it all the same.
	Finish bool
}

// List is all that is to be done for a plan, in order. Its phases are always the
// same; some have no steps.
type List struct {
	Plan   model.Plan
	Phases []Phase
}

// Back does nothing; on the way back Op is run. It stands before what takes
// something along by itself: a namespace its routes, a row of the switch's
// database the interface that ovs-vswitchd has made for it.
type Back struct{ Op Op }

// Reverse implements [Op].
func (b Back) Reverse() Op { return b.Op }

// Lines implements [Op].
func (Back) Lines() []string { return nil }
func (Back) op()             {}
