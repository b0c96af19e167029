package nft

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// attempts bounds how often the rules are read, and an edit made, anew.
const attempts = 10

// again does something in the place, and repeats what a change by somebody else
// has foiled; fn must begin with a connection of its own.
func (f *Firewall) again(fn func() error) error {
	return f.inside(func() (err error) {
		for range attempts {
			if err = fn(); !retryable(err) {
				break
			}
		}
		return err
	})
}

// retryable reports errors that go away when the rules are read again: another
// program changed them while we read or before we wrote, or the kernel's
// answer to a batch that it took did not fit into our socket. A table that comes
// or goes while it is read may look like somebody else's. Of some errors the
// library hands on the text alone.
func retryable(err error) bool {
	if err == nil || errors.Is(err, model.ErrNotManaged) {
		return err != nil
	}
	return slices.ContainsFunc(transient, func(e unix.Errno) bool {
		return errors.Is(err, e) || strings.HasSuffix(err.Error(), ": "+e.Error())
	})
}

var transient = []unix.Errno{unix.ENOENT, unix.EEXIST, unix.EINTR, unix.ENOBUFS}

// Apply ensures what add names and takes away what remove names; what both
// name stays. Entries of NAT are the same when their subnets are: with another
// OutInterface in add, the rule is replaced and goes on counting. What is
// absent in remove does not matter, what is present in add is not touched, but
// accept rules of it that are missing in other programs' chains are put back.
//
// All of it, with the rules in chains of others, is one batch: when Apply
// fails nothing has changed. Rules in iptables-legacy are changed before the
// batch and put back when it fails.
//
// The error is [model.ErrInvalid] for names that no interface has,
// [model.ErrNotManaged] when the table "inet ovsns" is not ours, and
// [model.ErrNotReady] also where iptables-legacy filters and its program is
// missing.
func (f *Firewall) Apply(ctx context.Context, add, remove Rules) error {
	if err := add.check(); err != nil {
		return err
	}
	return f.again(func() error { return apply(ctx, add, remove) })
}

func apply(ctx context.Context, add, remove Rules) error {
	c, closeConn, err := open(ctx)
	if err != nil {
		return err
	}
	defer closeConn()
	v, err := read(ctx, c)
	if err != nil {
		return err
	}
	return v.write(ctx, c, add, remove)
}

// write makes the edit from what was read: iptables-legacy, then the batch.
func (v view) write(ctx context.Context, c *nftables.Conn, add, remove Rules) error {
	next := v.rules.without(remove).with(add)
	if err := v.own.edit(c, next); err != nil {
		return classify(err, "planning")
	}
	legacy, err := v.editGuards(c, add, newObsolete(add, remove, next))
	if err != nil {
		return err
	}
	if err := alive(ctx, "changing rules"); err != nil {
		return err
	}
	undo, err := runLegacy(ctx, legacy)
	if err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return errors.Join(classify(err, "changing rules"), undo())
	}
	return nil
}

// editGuards queues our accept rules in the chains of others and returns those
// for iptables-legacy.
func (v view) editGuards(c *nftables.Conn, add Rules, old obsolete) ([]legacyEdit, error) {
	var legacy []legacyEdit
	for _, g := range v.guards {
		missing := g.missing(add)
		if g.legacy != nil {
			edits, err := g.legacy.edits(g, missing, old)
			if err != nil {
				return nil, err
			}
			legacy = append(legacy, edits...)
			continue
		}
		if err := g.edit(c, missing, old); err != nil {
			return nil, classify(err, "planning")
		}
	}
	return legacy, nil
}

func (g guard) edit(c *nftables.Conn, missing []accept, old obsolete) error {
	if g.Amendable {
		for _, a := range slices.Backward(missing) { // each goes to the top
			c.InsertRule(a.rule(g.target, g.xtables))
		}
	}
	for _, p := range g.ours {
		if old.has(p.accept) {
			if err := c.DelRule(p.rule); err != nil {
				return err
			}
		}
	}
	return nil
}
