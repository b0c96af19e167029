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
// # What is recorded
//
// Everything stands in external_ids, in flat keys, so that
// `ovs-vsctl find port external_ids:ovsns-namespace=red` finds it. The fields of
// an object that are [model.Stored] are enough to read it again.
//
//	format  row of        key                       value
//	2       Open_vSwitch  ovsns-format              "2", as long as anything is recorded
//	2       Open_vSwitch  ovsns-KIND/NAME           the fields, "name=value name=value";
//	                                                KIND is namespace, route or link
//	2       Open_vSwitch  ovsns-KIND/PLACE/NAME     the same; KIND is nat, allow or sysctl,
//	                                                PLACE "host" or a router namespace
//	2       Bridge, Port  ovsns-FIELD               a field of the switch, gateway, uplink,
//	                                                cable (at both ends) or attachment:
//	                                                ovsns-vlan, ovsns-address ...
//	2       Bridge        ovsns-format              "2"
//	2       Bridge, Port, ovsns-owner               "ovsns": ovsns made the row
//	        Interface     ovsns-kind                what it records; "switch" on a switch's own
//	                                                port without a gateway
//	2       Port,         ovsns-switch              the switch that it is on
//	        Interface     ovsns-segment             of an attachment's untagged frames, "sw0:100"
//	2       Interface     ovsns-namespace           that of an attachment
//	                      iface-id, attached-mac    of an attachment, for others (Open vSwitch,
//	                                                IntegrationGuide)
//	2       Port          ovsns-released            "true" while its interface is, see Release
//
// Lists are separated by spaces, within a value of Open_vSwitch by commas. The
// key under which an object stands must be its own. What was recorded without a
// format, and a format that is not listed here, is another ovsns's: see [Format].
//
// # What is whose
//
// Rows without ovsns-owner are never changed ([model.ErrNotManaged]). On rows of
// ours others may set what they like beside the columns and keys that are ours,
// and hang rows on them; an update keeps it, and an undo brings it back. No type
// of libovsdb shows in the exported API.
//
// # What costs time
//
// Reading does: libovsdb takes some 50 us for a port, nearly all of it for
// external_ids, since it parses each map three times. So nothing is read twice,
// and that column only where it is needed; the server filters. Each request
// costs about half a millisecond besides. A connection begins with two of
// libovsdb's own, and takes over a millisecond to read the schema. To find a row
// by its name it looks at all of them, by its UUID at one.
package ovsdb
