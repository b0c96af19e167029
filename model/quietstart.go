package model

// QuietStart are the settings, as paths below /proc/sys, that each namespace has
// from the start for the interfaces that come into it. By default an interface
// that comes up sends half a dozen IPv6 packets to everybody within seconds, and
// goes on asking for routers: of a thousand namespaces on one switch in userspace
// these are millions of copies, which keep ovs-vswitchd busy for a minute.
//
// With them an interface still has its link-local address, at once, hears
// routers, and belongs to its multicast groups; what it says about that is
// said before it is on the switch.
var QuietStart = map[string]string{
	// No duplicate address detection: nobody else has the address.
	"net/ipv6/conf/default/accept_dad": "0",
	// Routers are heard when they speak, not asked to.
	"net/ipv6/conf/default/router_solicitations": "0",
	// Multicast groups are reported, and reported again, at once rather than
	// within a second (in milliseconds).
	"net/ipv6/conf/default/mldv2_unsolicited_report_interval": "1",
}
