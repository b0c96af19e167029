package reach

import (
	"context"
	"net/netip"
	"time"

	"github.com/ovsns/ovsns/nsmgr"
)

// Protocol is what a [Probe] sends.
type Protocol string

// The protocols.
const (
	ICMP Protocol = "icmp" // an echo request (RFC 792, RFC 4443)
	TCP  Protocol = "tcp"  // a connection
	UDP  Protocol = "udp"  // a datagram, and one back
)

// DefaultWithin is how long a [Probe] waits that does not say so itself.
const DefaultWithin = 2 * time.Second

// Probe is a question: does From reach the address?
type Probe struct {
	// From is a namespace or "host".
	From string
	// To is the address to reach.
	To netip.Addr
	// At is the place that has To, "" when it is not known. In a place that is
	// known a listener is opened for TCP and UDP, unless a program there has
	// the port already, and only what arrives there counts.
	At string
	// Protocol "" is ICMP.
	Protocol Protocol
	// Port is the port of TCP or UDP.
	Port uint16
	// Within is how long to wait for an answer from the first request on; 0 is
	// DefaultWithin.
	Within time.Duration
}

// Answer is what a [Probe] found out. The zero value is silence.
type Answer struct {
	// Reached says that the request arrived and its answer came back.
	Reached bool
	// RTT is how long that took; 0 when nothing was reached.
	RTT time.Duration
	// Requests counts what was sent, Took how long it was tried.
	Requests int
	Took     time.Duration
	// Arrived says that a request arrived at Probe.At, answered or not.
	Arrived bool
	// Stranger says that somebody answered, but not from Probe.At: the address
	// is there more than once.
	Stranger bool
	// Refused says that the port is closed, or that a firewall says so.
	Refused bool
	// Reporter is who reported that the destination cannot be reached, not
	// valid when nobody did; Report is what it said.
	Reporter netip.Addr
	Report   string
	// SendError is why the kernel at From did not even send, the last time it
	// was asked: "network is unreachable". Nil when it did.
	SendError error
	// Busy says that a program at Probe.At has the port already. It was asked
	// in place of a listener of ours.
	Busy bool
	// Err is why this could not be measured at all.
	Err error
}

// Limits of a run. Facts behind them: a switch in userspace loses bursts of
// some dozen packets; a request that is not answered soon will mostly not be.
const (
	inFlight    = 16                    // requests whose answer may still come soon
	soon        = 10 * time.Millisecond // an answer later than that holds nobody up
	outstanding = 384                   // probes that wait at once, at most
	crowd       = 256                   // more probes than that leave no neighbours behind
)

// Prober sends probes from the namespaces of a host. Several goroutines may
// use it.
type Prober struct {
	host *nsmgr.Host
}

// NewProber returns a Prober for the namespaces of host, which must stay open.
// It needs the privilege to enter them and to open raw sockets there.
func NewProber(host *nsmgr.Host) *Prober { return &Prober{host} }

// Run answers all probes, each within its time, with bounds on how much is
// done at once. The answers are in the order of the probes. The error is that
// of ctx when it ends first.
func (p *Prober) Run(ctx context.Context, probes []Probe) ([]Answer, error) {
	r := newRun(p.host, probes)
	defer r.close()
	r.run(ctx)
	answers := make([]Answer, len(r.flights))
	for i, f := range r.flights {
		answers[i] = f.result()
	}
	return answers, ctx.Err()
}
