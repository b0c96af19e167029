// Package labfile reads and writes lab files: YAML that says in one place what
// a lab shall be.
//
//	lab.yaml --Parse--> model.Lab --switchmgr.Manager.ApplyLab--> the host
//	         <-Encode--           <-switchmgr.Manager.Export----
//
//	model.Property -> the table of all keys, a file for each noun
//	                  /             |              \
//	              Parse          Encode          Schema
//
// The keys of a noun stand in its file, with what its file is checked for. What a
// key is called, what it may hold and what it is for says the property of package
// model that it is of: so it is read, written, and known to editors by the JSON
// Schema.
//
// [Parse] reports everything that is wrong with a file in one go, each problem
// with its line, its column and what was expected. It is stricter than YAML:
// keys may stand only once, and anchors, aliases, tags and merge keys, with
// which a file can say something else than it seems to, are refused. As JSON
// is YAML, Parse reads JSON as well.
package labfile
