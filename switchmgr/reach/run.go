package reach

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// nonce is what all requests of a run begin with: the run, then which flight
// and which request of it. Replies repeat it.
const (
	runIDSize = 8
	nonceSize = runIDSize + 8
)

// run is one call of [Prober.Run].
type run struct {
	host    *nsmgr.Host
	id      [runIDSize]byte
	flights []*flight
	slots   chan struct{} // one per request in flight

	mu      sync.Mutex
	ears    map[earKey]*lazy[*ear]
	ends    map[endKey]*lazy[*end]
	closers []io.Closer
	readers sync.WaitGroup
}

// lazy is something that is opened by the first who needs it.
type lazy[T any] struct {
	once  sync.Once
	value T
	err   error
}

func newRun(host *nsmgr.Host, probes []Probe) *run {
	r := &run{
		host: host, slots: make(chan struct{}, inFlight),
		ears: map[earKey]*lazy[*ear]{}, ends: map[endKey]*lazy[*end]{},
	}
	rand.Read(r.id[:]) // never fails
	for i, p := range probes {
		if p.Within <= 0 {
			p.Within = DefaultWithin
		}
		if p.Protocol == "" {
			p.Protocol = ICMP
		}
		r.flights = append(r.flights, newFlight(uint32(i), p))
	}
	return r
}

// run flies all flights, a bounded number at once.
func (r *run) run(ctx context.Context) {
	next := make(chan *flight)
	var wg sync.WaitGroup
	for range min(r.outstanding(), len(r.flights)) {
		wg.Go(func() {
			for f := range next {
				r.fly(ctx, f)
			}
		})
	}
	for _, f := range r.flights {
		next <- f
	}
	close(next)
	wg.Wait()
}

// outstanding returns how many flights may wait at once, so that each gets the
// slots for all its requests within its time.
func (r *run) outstanding() int {
	within := DefaultWithin
	for _, f := range r.flights {
		within = min(within, f.Within)
	}
	const requests = 8
	return max(inFlight, min(outstanding, inFlight*int(within/soon)/requests))
}

// fly prepares one flight and carries it out.
func (r *run) fly(ctx context.Context, f *flight) {
	if ctx.Err() != nil {
		f.fail(ctx.Err())
		return
	}
	var send sender
	var err error
	switch f.Protocol {
	case ICMP:
		send, err = r.echoSender(f)
	case TCP:
		send, err = r.tcpSender(ctx, f)
	case UDP:
		send, err = r.udpSender(ctx, f)
	default:
		err = model.Invalidf("%q is none of icmp, tcp, udp", f.Protocol)
	}
	if err != nil {
		f.fail(err)
		return
	}
	r.ask(ctx, f, send)
	if len(r.flights) > crowd {
		r.forget(ctx, f)
	}
}

// forget takes the neighbours that a flight made known out of the kernel's
// tables. They are shared by all namespaces and hold 1024 entries (arp(7),
// gc_thresh3); when one is full the kernel drops what needs a new entry.
func (r *run) forget(ctx context.Context, f *flight) {
	f.mu.Lock()
	source := f.source
	f.mu.Unlock()
	// What cannot be forgotten ages by itself.
	_ = r.host.ForgetNeighbours(ctx, inside(f.From), func(n nsmgr.Neighbour) bool { return n.Address == f.To })
	if source.IsValid() {
		_ = r.host.ForgetNeighbours(ctx, inside(f.At), func(n nsmgr.Neighbour) bool { return n.Address == source })
	}
}

// askAgain makes the kernel ask again for MACs that it has been waiting for; by
// itself it would repeat a lost question only after a second.
func (r *run) askAgain(ctx context.Context, f *flight) {
	// If it fails, the kernel's second it is.
	_ = r.host.ForgetNeighbours(ctx, inside(f.From), func(n nsmgr.Neighbour) bool {
		return n.Unanswered && n.Age >= 5*soon
	})
}

// sender sends the n-th request of a flight. What it leaves running ends with
// ctx.
type sender func(ctx context.Context, n uint32) error

// ask repeats the request until it is answered or its time is over. A request
// has a slot while its answer may be near.
func (r *run) ask(ctx context.Context, f *flight, send sender) {
	if !r.take(ctx) {
		f.fail(ctx.Err())
		return
	}
	ctx, cancel := context.WithTimeout(ctx, f.Within)
	defer cancel()
	f.begin()
	defer f.end()
	pause := firstPause(f.Within)
	for n := uint32(0); ; n++ {
		if n > 0 {
			r.askAgain(ctx, f)
		}
		f.sending(n)
		f.sent(send(ctx, n))
		answered := wait(ctx, f.done, soon)
		<-r.slots
		if answered || wait(ctx, f.done, pause-soon) || ctx.Err() != nil {
			return
		}
		pause = min(pause*8/5, longestPause)
		if !r.take(ctx) {
			return
		}
	}
}

// The pauses between requests: six requests in two seconds.
const longestPause = time.Second

func firstPause(within time.Duration) time.Duration {
	return min(within/20, 100*time.Millisecond)
}

// take waits for a slot; false when ctx ends first.
func (r *run) take(ctx context.Context) bool {
	select {
	case r.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// wait reports whether done is closed within d.
func wait(ctx context.Context, done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	select {
	case <-done: // at the same moment
		return true
	default:
		return false
	}
}

// nonce returns what the n-th request of a flight carries.
func (r *run) nonce(f *flight, n uint32) []byte {
	b := append([]byte(nil), r.id[:]...)
	b = binary.BigEndian.AppendUint32(b, f.index)
	return binary.BigEndian.AppendUint32(b, n)
}

// find returns the flight whose nonce stands somewhere in data, and the number
// of the request; nil when it is nobody's.
func (r *run) find(data []byte) (*flight, uint32) {
	at := bytes.Index(data, r.id[:])
	if at < 0 || len(data) < at+nonceSize {
		return nil, 0
	}
	index := binary.BigEndian.Uint32(data[at+runIDSize:])
	if int(index) >= len(r.flights) {
		return nil, 0
	}
	return r.flights[index], binary.BigEndian.Uint32(data[at+runIDSize+4:])
}

// open opens a socket inside a place. It stays there, whatever thread uses it.
func open[T io.Closer](r *run, place string, make func() (T, error)) (T, error) {
	var c T
	err := r.host.Do(inside(place), func() (err error) {
		c, err = make()
		return err
	})
	return c, err
}

// inside returns the name that package nsmgr has for a place.
func inside(place string) string {
	if place == model.HostEnd {
		return ""
	}
	return place
}

// keep closes c when the run ends, and waits for reader, which then ends.
func (r *run) keep(c io.Closer, reader func()) {
	r.mu.Lock()
	r.closers = append(r.closers, c)
	r.mu.Unlock()
	if reader != nil {
		r.readers.Go(reader)
	}
}

func (r *run) close() {
	r.mu.Lock()
	closers := r.closers
	r.mu.Unlock()
	for _, c := range closers {
		_ = c.Close() // only read from, or written to for the last time
	}
	r.readers.Wait()
}

// once returns what belongs to a key, made by the first who asks.
func once[K comparable, T any](r *run, all map[K]*lazy[T], key K, make func() (T, error)) (T, error) {
	r.mu.Lock()
	l := all[key]
	if l == nil {
		l = &lazy[T]{}
		all[key] = l
	}
	r.mu.Unlock()
	l.once.Do(func() { l.value, l.err = make() })
	return l.value, l.err
}

// is6 says which of the two internets an address belongs to.
func is6(a netip.Addr) bool { return a.Is6() && !a.Is4In6() }
