// Package ops turns a plan into operations. There is one interpreter of a
// [model.Plan], and this is it:
//
//	                                 run in order   package local
//	model.Plan, Facts --- Plan ---> [List] of [Op]
//	                                 printed        WriteScript: ip, ovs-vsctl, nft ...
//	                                 reversed       the way back when one fails
//
// It is pure: an operation is data. Each says what takes it back, exactly, and what a
// person would type. What a kind of object needs stands in one file named after it,
// which ends in that kind's entry of a table; what an operation is in one file for each
// family (op_links.go ...); and in which order all of it happens in planner.go.
//
// # The order
//
// It is that which costs ovs-vswitchd least. It wakes up for every link of the host
// that changes, goes over its ports, and lists all links, under the one lock that
// the kernel has for links. Hence
//
//   - namespaces, of which it sees nothing, come before all links;
//   - links are made one soon after the other, and come up with their addresses
//     before the switch takes their ports: a switch in userspace copies what a
//     namespace says as it comes up to every port;
//   - all rows go in one transaction. Beside many ports the row of a single new one
//     comes before its interface, so that ovs-vswitchd learns of both in one go;
//   - a plan that only removes does not wait for ovs-vswitchd before the rest goes. The
//     host's ends of all veths go by one message; of hundreds the names of their
//     namespaces before, so that it has begun with the ports when it hears of the
//     links; of fewer afterwards, when it is done with them;
//   - what cannot be kept from anybody's eyes comes last: links and namespaces go when
//     all else has worked, settings are put back and forgotten at the very end.
//
// The figures behind it are in hack/bench/HISTORY.md.
package ops
