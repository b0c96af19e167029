package nft

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
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
// or goes while it is read may look like somebody else's.
func retryable(err error) bool {
	return errors.Is(err, model.ErrNotManaged) ||
		slices.ContainsFunc(transient, func(e unix.Errno) bool { return is(err, e) })
}

// is reports whether an error is that of the kernel. Of some the library hands
// on the text alone.
func is(err error, e unix.Errno) bool {
	return errors.Is(err, e) || err != nil && strings.HasSuffix(err.Error(), ": "+e.Error())
}

var transient = []unix.Errno{unix.ENOENT, unix.EEXIST, unix.EINTR, unix.ENOBUFS}

// Apply ensures what add names and takes away what remove names; what both
// name stays. Entries of NAT are the same when their subnets are: with another
// OutInterface in add, the rule is replaced and goes on counting. What is
// absent in remove does not matter, and what is in force is not touched: rules
// that stay go on counting. Segments can be added and removed alone.
//
// Beside that it puts right what belongs to the rules that are left: the rules
// in our table that look the sets up, and the accept rules in other programs'
// chains; and it takes away [Observed.Surplus]. So with nothing to add and to
// remove it mends.
//
// All of it, with the rules in chains of others, is one batch: when Apply
// fails nothing has changed. Rules in iptables-legacy are changed before the
// batch and put back when it fails.
//
// The error is [model.ErrInvalid] for names that no interface has,
// [model.ErrNotManaged] when rules would have to go into a table "inet ovsns"
// that is not ours, and [model.ErrNotReady] also where iptables-legacy filters
// and its program is missing, or where the kernel has no fib expression.
func (f *Firewall) Apply(ctx context.Context, add, remove Rules) error {
	if err := add.check(); err != nil {
		return err
	}
	err := f.again(func() error { return apply(ctx, add, remove) })
	if is(err, unix.ENOENT) && f.lacks(ctx, hasNoWayBack()) {
		return model.NotReadyf("the kernel's nf_tables has no fib expression, by which the senders in a segment are checked").
			WithHint("modprobe nft_fib_inet nft_fib_ipv4 nft_fib_ipv6").Because(err)
	}
	return err
}

// lacks reports whether the kernel does not know one of the expressions, which it
// says in the same word as that anything else is missing. The table of the
// trial is gone again when the batch takes effect.
func (f *Firewall) lacks(ctx context.Context, exprs []expr.Any) bool {
	err := f.inside(func() error {
		c, closeConn, err := open(ctx)
		if err != nil {
			return err
		}
		defer closeConn()
		t := &nftables.Table{Name: tableName + "-trial", Family: nftables.TableFamilyINet}
		chain := sourceChain()
		chain.Table = c.AddTable(t)
		c.AddRule(&nftables.Rule{Table: t, Chain: c.AddChain(chain), Exprs: exprs})
		c.DelTable(t)
		return c.Flush()
	})
	return is(err, unix.ENOENT)
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
	next := v.rules.Without(remove).with(add)
	if err := v.own.edit(c, next); err != nil {
		return classify(err, "planning")
	}
	legacy, err := v.editGuards(c, next)
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
func (v view) editGuards(c *nftables.Conn, next Rules) ([]legacyEdit, error) {
	var legacy []legacyEdit
	for _, g := range v.guards {
		missing, obsolete := g.missing(next), g.obsolete(next)
		if g.legacy != nil {
			edits, err := g.legacy.edits(g, missing, obsolete)
			if err != nil {
				return nil, err
			}
			legacy = append(legacy, edits...)
			continue
		}
		if err := g.edit(c, missing, obsolete); err != nil {
			return nil, classify(err, "planning")
		}
	}
	return legacy, nil
}

func (g guard) edit(c *nftables.Conn, missing []accept, obsolete []placed) error {
	if g.Amendable {
		for _, a := range slices.Backward(missing) { // each goes to the top
			c.InsertRule(a.rule(g.target, g.xtables))
		}
	}
	for _, p := range obsolete {
		if err := c.DelRule(p.rule); err != nil {
			return err
		}
	}
	return nil
}
