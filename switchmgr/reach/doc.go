// Package reach measures who reaches whom, and says why somebody does not.
//
//	      From                                   At
//	   +--------+                            +--------+
//	   |  ear   | --- request, nonce ------> |  ear   |  it arrived
//	   |        | <-- answer, nonce -------- |        |  it is reached
//	   +--------+                            +--------+
//	a socket opened in the                ICMP: the kernel answers;
//	namespace, read anywhere              TCP, UDP: a listener of ours
//
// A [Prober] sends [Probe]s and returns an [Answer] for each. Where it is known
// in which place the address is, the request must be seen to arrive there:
// another holder of the same address does not count. Requests are repeated,
// and few are on their way at once, because a switch in userspace loses bursts;
// so an answer that is missing to the end is missing because something is in
// the way.
//
// A [Network] is what is known about a lab. It finds the way that packets
// should take and names what is in it: [Network.WhyNot] and [Network.WhyYet].
// That half is pure.
//
// A place is a namespace, or "host" ([model.HostEnd]) for the host itself.
package reach
