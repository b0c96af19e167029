// Package rows changes rows of an OVSDB database (RFC 7047) by descriptions of
// their tables, so that it need not know what a row is about.
//
//	Table   name, parent's column, columns and keys that are ours
//	  |
//	Transaction   guards   what must still hold, else nothing happens
//	  |           images   the touched rows as they are now
//	  |           writes   Insert, Update, Lose, Move
//	  v
//	Outcome ----> Undo     the rows as they were
//
// Whatever is not ours of a row stays as it is. A row that is lost comes back
// with all its columns, and so does what the server collected with it because it
// hung on nothing else; rows of others that referred to it are told its new
// identity. What refers to what, and which columns survive, is the schema's
// word: only what it does not say stands in a [Table].
package rows
