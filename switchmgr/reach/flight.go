package reach

import (
	"net/netip"
	"sync"
	"time"
)

// flight is a probe on its way. What the sockets hear is put together here.
type flight struct {
	Probe
	index uint32
	done  chan struct{} // closed when it is reached

	mu      sync.Mutex
	answer  Answer
	replied bool
	source  netip.Addr // of the requests, as they were heard
	rtt     time.Duration
	started time.Time
	times   []time.Time // of the requests
}

func newFlight(index uint32, p Probe) *flight {
	return &flight{Probe: p, index: index, done: make(chan struct{})}
}

func (f *flight) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started = time.Now()
}

func (f *flight) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer.Took = time.Since(f.started)
}

// fail notes why nothing can be measured.
func (f *flight) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer.Err = err
}

// sending notes when a request was sent.
func (f *flight) sending(n uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.times = append(f.times[:n], time.Now())
}

// sent notes whether the kernel took it.
func (f *flight) sent(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer.SendError = err
	if err == nil {
		f.answer.Requests++
	}
}

// arrived notes that a request was heard at a place, and where it came from.
func (f *flight) arrived(place string, source netip.Addr) {
	if f.At == "" || place != f.At {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer.Arrived, f.source = true, source
	f.settle()
}

// reply notes the answer to the n-th request.
func (f *flight) reply(n uint32) {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.replied && int(n) < len(f.times) {
		f.replied, f.rtt = true, now.Sub(f.times[n])
	}
	f.settle()
}

// settle ends the flight when both halves are known: two sockets tell of them,
// in any order.
func (f *flight) settle() {
	if !f.answer.Reached && f.replied && (f.At == "" || f.answer.Arrived || f.answer.Busy) {
		f.answer.Reached, f.answer.RTT = true, f.rtt
		close(f.done)
	}
}

// busy notes that a program has the port at Probe.At.
func (f *flight) busy() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer.Busy = true
}

func (f *flight) refused() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer.Refused = true
}

// reported notes an error message of the network.
func (f *flight) reported(by netip.Addr, what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer.Reporter, f.answer.Report = by, what
}

func (f *flight) result() Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.answer
	a.Stranger = f.replied && !a.Reached
	return a
}
