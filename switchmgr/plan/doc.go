// Package plan turns a wish into the state that fulfils it. It is pure: it
// reads what was observed, edits a copy, and refuses what contradicts it.
//
//	recorded state --Editor: Attach, SetGateway, ...--> wished state
//	real state ----------------- Diff ----------------------^ = Plan
//
// A verb and a lab file make the same requests, and edits of them: what is done
// for a kind, from its tags in the index to its export, stands in one table.
//
//	verb ---------------> request --edit--> objects --check--> Plan
//	lab file --requests----^                    |
//	         <--------------------------export--+
//
// An edit starts from what the switch's database records and is compared with
// what is really there, so that repeating a command that holds gives an empty
// plan, and repeating one whose work was damaged mends just that.
package plan
