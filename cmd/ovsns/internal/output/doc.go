// Package output prints: data as a table or a tree for people, as JSON or YAML for
// programs, and beside them notes, errors, and the progress of what takes long. It
// knows no kind of object: a command says what its columns are.
//
//	data --- Printer --+-- Table, Tree ------ stdout
//	                   +-- JSON, YAML
//	note, detail ------+--------------------- stderr
//	Problem ("error:", "hint:"), Bar
//
// Whatever comes from elsewhere is made [Printable] first, so that no name can act
// on a terminal or break a line.
package output
