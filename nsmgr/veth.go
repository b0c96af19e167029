package nsmgr

import (
	"context"
	"errors"
	"iter"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// VethEnd is one end of a veth to be made.
type VethEnd struct {
	Namespace string // "" is the host
	Name      string
	// Alias becomes the IFALIAS; "" leaves the end without a mark.
	Alias string
	MAC   model.MAC // zero lets the kernel choose
	MTU   int       // in bytes; 0 is the kernel's default of 1500
	// Quiet is for the host's end of an attachment: it gives itself no IPv6
	// address (addrgenmode none), and what arrives there is for the switch
	// alone (NOARP, rp_filter 1, disable_ipv6 1).
	Quiet bool
	// Up brings the end up.
	Up bool
	// Addresses are given to the end as by AddAddress.
	Addresses []netip.Prefix
	// OwnChecksums has senders complete their checksums themselves, see
	// LinkChange.TxChecksum.
	OwnChecksums bool
}

// Veth is a pair to be made: the two ends of a cable.
type Veth [2]VethEnd

// CreateVeths makes veths with both ends in their namespaces from the start,
// and brings up those that are to be, first ends before second ones: what a
// second one says as it comes up arrives. A failure leaves none behind.
// [model.ErrConflict] when a name is taken by something of ovsns's,
// [model.ErrNotManaged] when by something else, [model.ErrInvalid] for a bad
// name, MAC or MTU, and the errors of [Host.AddAddress].
//
// Of many each step is done for all before the next one. Whoever watches the
// host's links, as ovs-vswitchd does, is woken up by each that changes, and holds
// the kernel's lock on links while he lists them: the sooner that is over the
// better.
func (h *Host) CreateVeths(ctx context.Context, veths ...Veth) error {
	for _, v := range veths {
		for _, end := range v {
			if err := model.CheckIfname(end.Name); err != nil {
				return err
			}
		}
	}
	var making cabling
	defer func() { making.release(h) }()
	for _, v := range veths {
		if ctx.Err() != nil {
			return classify(ctx.Err(), "cannot make veth %s", v[0].Name)
		}
		if err := making.add(h, v); err != nil {
			return err
		}
	}
	if err := making.run(ctx); err != nil {
		return making.abandon(ctx, err)
	}
	return nil
}

// cabling is one call of CreateVeths.
type cabling []cable

// cable is a veth with the connections to its ends.
type cable struct {
	Veth
	conns [2]*conn
	made  bool
}

// add connects to the namespaces of a veth.
func (m *cabling) add(h *Host, v Veth) (err error) {
	c := cable{Veth: v}
	if c.conns[0], err = h.acquire(v[0].Namespace); err != nil {
		return err
	}
	if c.conns[1], err = h.acquire(v[1].Namespace); err != nil {
		h.release(c.conns[0])
		return err
	}
	*m = append(*m, c)
	return nil
}

func (m cabling) release(h *Host) {
	for _, c := range m {
		h.release(c.conns[0])
		h.release(c.conns[1])
	}
}

func (m cabling) run(ctx context.Context) error {
	if err := m.makeAll(); err != nil {
		return err
	}
	for end := range 2 {
		if err := m.finish(ctx, end); err != nil {
			return err
		}
	}
	return nil
}

// makeAll makes the pairs. Those whose first ends are in the same namespace go
// together.
func (m cabling) makeAll() error {
	for some := range m.together(0) {
		requests := make([]*nl.NetlinkRequest, len(some))
		for i, c := range some {
			requests[i] = c.conns[0].newVeth(c.Veth, c.conns[1].fd)
		}
		var failure error
		for i, err := range some[0].conns[0].sendAll(requests) {
			if some[i].made = err == nil; err != nil && failure == nil {
				failure = some[i].explain(err)
			}
		}
		if failure != nil {
			return failure
		}
	}
	return nil
}

// together yields the cables one after the other whose ends are in the same
// namespace.
func (m cabling) together(end int) iter.Seq[cabling] {
	return func(yield func(cabling) bool) {
		for rest := m; len(rest) > 0; {
			same := 1
			for same < len(rest) && rest[same].conns[end] == rest[0].conns[end] {
				same++
			}
			if !yield(rest[:same]) {
				return
			}
			rest = rest[same:]
		}
	}
}

// finish sets what cannot be said when the pairs are made, all that is about the
// link in one message: who watches the host's links, as ovs-vswitchd does, wakes up
// at each.
func (m cabling) finish(ctx context.Context, end int) error {
	for some := range m.together(end) {
		conn := some[0].conns[end]
		var messages []endMessage
		for _, c := range some {
			more, err := conn.endMessages(c.Veth[end])
			if err != nil {
				return err
			}
			messages = append(messages, more...)
		}
		requests := make([]*nl.NetlinkRequest, len(messages))
		for i, message := range messages {
			requests[i] = message.request
		}
		for i, err := range conn.sendAll(requests) {
			if err := messages[i].outcome(ctx, conn, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// endMessage is a message that finishes an end.
type endMessage struct {
	VethEnd
	request *nl.NetlinkRequest
	// Of a message that gives it an address: which, and the index of the interface.
	address netip.Prefix
	index   int
}

// endMessages does what rtnetlink has no message for, and returns those for the
// rest.
func (c *conn) endMessages(e VethEnd) ([]endMessage, error) {
	c.withoutIPv6(e)
	if e.OwnChecksums {
		if err := c.setTxChecksum(e.Name, false); err != nil {
			return nil, classify(err, "cannot change the checksum offload of %s in %s", e.Name, where(e.Namespace))
		}
	}
	list := append(make([]endMessage, 0, 1+len(e.Addresses)), endMessage{VethEnd: e, request: c.finishedEnd(e, true)})
	if len(e.Addresses) == 0 {
		return list, nil
	}
	index, err := c.mustIndex(e.Namespace, e.Name)
	if err != nil {
		return nil, err
	}
	for _, p := range e.Addresses {
		list = append(list, endMessage{e, c.newAddress(index, p), p, index})
	}
	return list, nil
}

// outcome is what became of it.
func (m endMessage) outcome(ctx context.Context, c *conn, err error) error {
	if m.address.IsValid() {
		return c.addressOutcome(ctx, err, m.Namespace, m.Name, m.index, m.address)
	}
	if m.Quiet && errors.Is(err, unix.EAFNOSUPPORT) { // a kernel without IPv6
		err = c.send(c.finishedEnd(m.VethEnd, false))
	}
	return classify(err, "cannot set up %s in %s", m.Name, where(m.Namespace))
}

// explain says why a pair could not be made.
func (c cable) explain(err error) error {
	a, b := c.Veth[0], c.Veth[1]
	if errors.Is(err, unix.EEXIST) {
		if taken := errors.Join(c.conns[0].checkFree(a), c.conns[1].checkFree(b)); taken != nil {
			return firstOf(taken)
		}
	}
	return classify(err, "cannot make veth %s in %s - %s in %s",
		a.Name, where(a.Namespace), b.Name, where(b.Namespace))
}

// abandon removes the pairs that were made, because of err.
func (m cabling) abandon(ctx context.Context, err error) error {
	made := map[*conn][]int{}
	var failures []error
	for _, c := range m {
		if !c.made {
			continue
		}
		index, ferr := c.conns[0].index(c.Veth[0].Name)
		if failures = append(failures, ferr); index != 0 {
			made[c.conns[0]] = append(made[c.conns[0]], index)
		}
	}
	for conn, indexes := range made {
		failures = append(failures, conn.deleteLinks(context.WithoutCancel(ctx), indexes))
	}
	if ferr := errors.Join(failures...); ferr != nil {
		return model.Failedf("%v; and it could not be removed again", err).Because(ferr)
	}
	return err
}

// withoutIPv6 switches IPv6 off on a quiet end. Where /proc/sys is read-only
// or the kernel has no IPv6 the end has no address all the same.
func (c *conn) withoutIPv6(e VethEnd) {
	if !e.Quiet {
		return
	}
	c.settings.Do(func() {
		c.ipv6 = -1
		_ = inside(c.fd, func() (err error) {
			c.ipv6, err = openDir(unix.AT_FDCWD, "/proc/"+ipv6Conf)
			return err
		})
	})
	_ = writeSetting(c.ipv6, e.Name+"/disable_ipv6", "1")
}

// finishedEnd is the request for all the rest.
func (c *conn) finishedEnd(e VethEnd, withIPv6 bool) *nl.NetlinkRequest {
	change := LinkChange{finished: true}
	if e.Alias != "" {
		change.Alias = &e.Alias
	}
	if e.Up {
		change.Up = &e.Up
	}
	req := c.linkRequest(e.Name, change)
	if e.Quiet {
		req.AddData(deaf(withIPv6))
	}
	return req
}

// checkFree says who has the name of an end.
func (c *conn) checkFree(e VethEnd) error {
	link, err := c.find(e.Name)
	switch {
	case err != nil || link == nil:
		return err
	case link.Managed():
		return model.Conflictf("interface %s exists already in %s", e.Name, where(e.Namespace))
	default:
		return model.NotManagedf("interface %s in %s was not made by ovsns", e.Name, where(e.Namespace))
	}
}

// firstOf returns the first of joined errors: an error has one class.
func firstOf(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()[0]
	}
	return err
}
