// Package ovsdb keeps the lab in the database of Open vSwitch and has
// ovs-vswitchd carry it out. It is the only memory that ovsns has.
//
//	         Dial
//	          |
//	Observe --+--> Snapshot   one transaction of selects, filtered in the server
//	          |       |       (what it knows of the rows, Commit need not read)
//	          |       v
//	Commit  --+--> Undo       one transaction, next_cfg + 1
//	                  |       wait in the server until cur_cfg has followed
//	                  v       Interface.error and ofport are read
//	               Undo.Run   the rows are as they were
//
// What costs time here is reading: libovsdb takes some 50 us for a port, nearly
// all of it for external_ids, since it parses each map three times. So nothing
// is read twice, and that column only where it is needed; the server filters.
// Each request costs about half a millisecond besides. A connection begins with
// two of libovsdb's own, and takes over a millisecond to read the schema.
// To find a row by its name it looks at all of them, by its UUID at one.
//
// Rows are found and owned by their external_ids, see [KeyOwner] and the other
// keys; rows without that mark are never changed ([model.ErrNotManaged]), nor
// are other people's keys on our rows. No type of libovsdb shows in the
// exported API.
package ovsdb
