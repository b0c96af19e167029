// Package labfile reads and writes lab files: YAML that says in one place what
// a lab shall be.
//
//	lab.yaml --Parse--> model.Lab --switchmgr.Manager.ApplyLab--> the host
//	         <-Encode--           <-switchmgr.Manager.Export----
//
//	           the table of all keys (fields.go)
//	          /             |              \
//	      Parse          Encode          Schema
//
// One table says which keys there are, what each may hold and what it is for.
// A key that is added there is read, checked, written, and known to editors by
// the JSON Schema.
//
// [Parse] reports everything that is wrong with a file in one go, each problem
// with its line, its column and what was expected. It is stricter than YAML:
// keys may stand only once, and anchors, aliases, tags and merge keys, with
// which a file can say something else than it seems to, are refused. As JSON
// is YAML, Parse reads JSON as well.
package labfile
