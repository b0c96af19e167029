package nsmgr

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Link is a network interface as the kernel has it.
type Link struct {
	Name string
	// Kind is that of ip-link(8), "veth" or "tun"; "device" for hardware and lo.
	Kind  string
	Index int // as in if_nametoindex(3)
	MAC   model.MAC
	MTU   int  // in bytes
	Up    bool // administratively, whatever the carrier
	// Alias is IFALIAS, `ip link set alias`; "" when there is none.
	Alias string
	// Unfinished marks an end of a veth that CreateVeths was making when its
	// process was killed.
	Unfinished bool
	// TxChecksum says that the end of a veth leaves the checksums of what it sends to
	// the device, see [LinkChange].
	TxChecksum bool
	// Addresses are those of global scope, in the kernel's order.
	Addresses []netip.Prefix
}

// Managed reports whether the link carries ovsns's mark.
func (l Link) Managed() bool { return l.Unfinished || strings.HasPrefix(l.Alias, mark) }

// Links lists the interfaces of ns with their addresses, by index.
func (h *Host) Links(ctx context.Context, ns string) ([]Link, error) {
	var links []Link
	err := h.with(ns, func(c *conn) (err error) {
		links, err = c.links(ctx, ns)
		return err
	})
	return links, err
}

// links lists the interfaces of ns, which is where c leads to.
func (c *conn) links(ctx context.Context, ns string) ([]Link, error) {
	list, err := c.list(ctx)
	if err != nil {
		return nil, classify(err, "cannot list the interfaces of %s", where(ns))
	}
	addresses, err := c.addresses(ctx, 0)
	if err != nil {
		return nil, classify(err, "cannot list the addresses of %s", where(ns))
	}
	links := make([]Link, len(list))
	for i, l := range list {
		links[i] = l.Link
		links[i].Addresses = addresses[links[i].Index]
		c.readChecksum(&links[i])
	}
	return links, nil
}

// FindLink looks an interface of ns up by name and reports whether it is
// there. [model.ErrNotFound] means that ns is not.
func (h *Host) FindLink(ctx context.Context, ns, name string) (Link, bool, error) {
	var link Link
	found := false
	err := h.with(ns, func(c *conn) error {
		l, err := c.find(name)
		if l == nil || err != nil {
			return classify(err, "cannot look up %s in %s", name, where(ns))
		}
		found, link = true, *l
		addresses, err := c.addresses(ctx, link.Index)
		link.Addresses = addresses[link.Index]
		c.readChecksum(&link)
		return classify(err, "cannot list the addresses of %s in %s", name, where(ns))
	})
	return link, found, err
}

// find returns an interface without its addresses, nil when it does not exist.
func (c *conn) find(name string) (*Link, error) {
	index, err := c.index(name)
	if index == 0 || err != nil {
		return nil, err
	}
	list, err := c.getLinks(index, 0)
	if errors.Is(err, unix.ENODEV) || err == nil && len(list) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &list[0].Link, nil
}

// mustIndex returns the index of an interface, or [model.ErrNotFound].
func (c *conn) mustIndex(ns, name string) (int, error) {
	index, err := c.index(name)
	if err != nil {
		return 0, classify(err, "cannot look up %s in %s", name, where(ns))
	}
	if index == 0 {
		return 0, model.NotFoundf("there is no interface %s in %s", name, where(ns))
	}
	return index, nil
}

// DeleteLinks removes interfaces that carry ovsns's mark, all at once, and
// with each veth its other end; they are gone when DeleteLinks returns. One
// that is not there is no error. [model.ErrNotManaged], and nothing is
// removed, when one has no mark.
func (h *Host) DeleteLinks(ctx context.Context, ns string, names ...string) error {
	if ctx.Err() != nil {
		return classify(ctx.Err(), "cannot delete interfaces in %s", where(ns))
	}
	return h.with(ns, func(c *conn) error {
		var indexes []int
		for _, name := range names {
			link, err := c.find(name)
			if err != nil {
				return classify(err, "cannot look up %s in %s", name, where(ns))
			}
			if link == nil {
				continue
			}
			if !link.Managed() {
				return model.NotManagedf("interface %s in %s was not made by ovsns", name, where(ns))
			}
			indexes = append(indexes, link.Index)
		}
		return classify(c.deleteLinks(ctx, indexes), "cannot delete %s in %s", strings.Join(names, ", "), where(ns))
	})
}

// LinkChange says what [Host.SetLink] sets; nil leaves a property as it is.
type LinkChange struct {
	Up    *bool
	MAC   *model.MAC
	MTU   *int // in bytes
	Alias *string
	// TxChecksum leaves the checksums of sent packets to the device, as
	// `ethtool -K IF tx on|off`. Behind a switch in userspace it must be off.
	TxChecksum *bool

	finished bool // takes it out of the group of unfinished ones
}

// SetLink changes an interface, managed or not. All but TxChecksum travel in
// one message. [model.ErrNotFound] when there is no such interface,
// [model.ErrInvalid] when the kernel refuses a value.
func (h *Host) SetLink(ctx context.Context, ns, name string, change LinkChange) error {
	if ctx.Err() != nil {
		return classify(ctx.Err(), "cannot change %s in %s", name, where(ns))
	}
	return h.with(ns, func(c *conn) error {
		if name == "" || len(name) > model.MaxIfname {
			return model.NotFoundf("there is no interface %q in %s", name, where(ns))
		}
		if change.TxChecksum != nil {
			err := c.setTxChecksum(name, *change.TxChecksum)
			if err != nil {
				return classify(err, "cannot change the checksum offload of %s in %s", name, where(ns))
			}
		}
		change.TxChecksum = nil
		if change == (LinkChange{}) {
			return nil
		}
		return classify(c.setLink(name, change), "cannot change %s in %s", name, where(ns))
	})
}
