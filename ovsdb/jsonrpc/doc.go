// Package jsonrpc asks the daemons of Open vSwitch, who all speak JSON-RPC 1.0 on
// sockets: ovsdb-server for its database (RFC 7047, 4), and each of them for
// commands on its control socket, see package unixctl. It is for whom the full
// client of package ovsdb is too much or comes too early.
//
//	        request {id, method, params}
//	Client ------------------------------> daemon
//	       <------------------------------
//	        reply {id, result, error}
//
// One question is asked at a time. What a daemon says unasked, updates and probes,
// is not understood: it sends none on a Unix socket where nothing is monitored.
package jsonrpc
