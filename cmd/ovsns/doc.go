// Ovsns builds network labs of namespaces on a real Open vSwitch: switches,
// VLANs, gateways, NAT, cables between namespaces and uplinks to real wires.
// It speaks to the switch's database, to the kernel and to nftables itself; no
// ip, ovs-vsctl, iptables or sysctl is run.
//
//	          ovsns exec red -- ping 172.16.10.2
//	  ┌─────┐          ┌──────┐          ┌───────┐
//	  │ red │          │ blue │          │ green │    ovsns attach NS --vlan N
//	  └──┬──┘          └──┬───┘          └───┬───┘
//	eth0 │ VLAN 100       │ VLAN 100         │ VLAN 200
//	  ┌──┴────────────────┴──────────────────┴──┐
//	  │                  sw0                    │    ovsns switch create
//	  └───────────────────┬─────────────────────┘
//	              sw0.100 │ 172.16.10.254/24         ovsns gateway set --vlan 100 --nat
//	                     host ──── outside
//
// Install it with
//
//	go install github.com/ovsns/ovsns/cmd/ovsns@latest
//
// # A first lab
//
//	sudo ovsns switch create
//	sudo ovsns gateway set --vlan 100 172.16.10.254/24 --nat
//	sudo ovsns attach red --vlan 100
//	sudo ovsns attach blue --vlan 100
//	sudo ovsns exec red -- ping -c 1 172.16.10.2
//	sudo ovsns show
//	sudo ovsns destroy --all
//
// To try it on a host of its own, with an Open vSwitch of its own, that leaves
// nothing behind:
//
//	ovsns sandbox --outside
//
// # Rules that all commands share
//
// Flags may stand before and after arguments; global flags anywhere. After a
// bare -- everything is an argument. `ovsns COMMAND --help` shows examples.
//
// Repeating a command that already holds changes nothing. Asking for something
// else under the same name changes just that, and says what; the interface and
// the namespace stay, so running processes keep theirs. A command either does
// all it says or leaves the host as it was.
//
// Only what ovsns made is ever changed or deleted. --dry-run prints what would
// be done.
//
// Data goes to stdout; errors, hints and notes go to stderr. With -o json or
// -o yaml, what is printed has the same field names in both; a command that
// changes something prints
//
//	{"changes": [{"action": "create", "kind": "switch", "name": "sw0", ...}], "dry_run": false, "notes": []}
//
// # Exit status
//
//	0  done
//	1  failed at run time; the message says which step, and what was undone
//	2  usage or bad input; nothing changed
//	3  no such switch, namespace, port, ...
//	4  the name is taken by something ovsns did not make, or the request
//	   conflicts with what is there
//	5  the host is not ready: no ovsdb-server answers, ovs-vswitchd is not
//	   running, a privilege or program is missing
//	6  differences were found (plan --exit-code), or an expectation failed (check, lab run)
//
// exec, shell and sandbox pass on the status of what they run; 127 means that
// there is no such program, 126 that it cannot be executed.
//
// # Environment
//
//	OVSNS_DB, OVSNS_PRIVATE_KEY, OVSNS_CERTIFICATE, OVSNS_CA_CERT,
//	OVSNS_TIMEOUT, OVSNS_OUTPUT, OVSNS_DRY_RUN, OVSNS_QUIET, OVSNS_VERBOSE
//	                  defaults of the global flags
//	OVSNS_SWITCH      default of -s/--switch
//	OVSNS_NAMESPACE   set by exec and shell to the namespace's name
//	NO_COLOR          turns colour off, as a pipe does
//	SHELL             what shell and sandbox start
package main
