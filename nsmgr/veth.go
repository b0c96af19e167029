package nsmgr

import (
	"context"
	"errors"

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
	// OwnChecksums has senders complete their checksums themselves, see
	// LinkChange.TxChecksum.
	OwnChecksums bool
}

// CreateVeth makes a veth with both ends in their namespaces from the start,
// and brings up those that are to be, a before b: what b says as it comes up
// arrives. A failure leaves nothing behind. [model.ErrConflict] when a name is
// taken by something of ovsns's, [model.ErrNotManaged] when by something else,
// [model.ErrInvalid] for a bad name, MAC or MTU.
func (h *Host) CreateVeth(ctx context.Context, a, b VethEnd) error {
	for _, end := range []VethEnd{a, b} {
		if err := model.CheckIfname(end.Name); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return classify(ctx.Err(), "cannot make veth %s", a.Name)
	}
	return h.with(a.Namespace, func(ca *conn) error {
		return h.with(b.Namespace, func(cb *conn) error {
			return createVeth(ca, cb, a, b)
		})
	})
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

func createVeth(ca, cb *conn, a, b VethEnd) error {
	err := ca.addVeth(a, b, cb.fd)
	if errors.Is(err, unix.EEXIST) {
		if taken := errors.Join(ca.checkFree(a), cb.checkFree(b)); taken != nil {
			return firstOf(taken)
		}
	}
	if err != nil {
		return classify(err, "cannot make veth %s in %s - %s in %s",
			a.Name, where(a.Namespace), b.Name, where(b.Namespace))
	}
	if err := ca.finishEnd(a); err != nil {
		return ca.abandon(a, err)
	}
	if err := cb.finishEnd(b); err != nil {
		return ca.abandon(a, err)
	}
	return nil
}

// finishEnd sets what cannot be said when the pair is made, all of it that
// rtnetlink takes in one message: who watches the host's links, as ovs-vswitchd
// does, wakes up at each.
func (c *conn) finishEnd(e VethEnd) error {
	c.withoutIPv6(e)
	if e.OwnChecksums {
		if err := c.setTxChecksum(e.Name, false); err != nil {
			return classify(err, "cannot change the checksum offload of %s in %s", e.Name, where(e.Namespace))
		}
	}
	change := LinkChange{finished: true}
	if e.Alias != "" {
		change.Alias = &e.Alias
	}
	if e.Up {
		change.Up = &e.Up
	}
	return classify(c.setLink(e.Name, change, e.Quiet), "cannot set up %s in %s", e.Name, where(e.Namespace))
}

// abandon removes the pair that could not be finished because of err.
func (c *conn) abandon(e VethEnd, err error) error {
	link, ferr := c.find(e.Name)
	if link != nil {
		ferr = c.deleteLink(link.Index)
	}
	if ferr != nil {
		return model.Failedf("%v; and it could not be removed again", err).Because(ferr)
	}
	return err
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
