// Package plan turns a wish into the state that fulfils it. It is pure: it
// reads what was observed, edits a copy, and refuses what contradicts it.
//
//	recorded state --Editor: Attach, SetGateway, ...--> wished state
//	real state ----------------- Diff ----------------------^ = Plan
//
// An edit starts from what the switch's database records and is compared with
// what is really there, so that repeating a command that holds gives an empty
// plan, and repeating one whose work was damaged mends just that.
package plan
