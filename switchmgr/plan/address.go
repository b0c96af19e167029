package plan

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// AddAddress wishes for an address more on an interface of a namespace.
func (e *Editor) AddAddress(namespace string, p netip.Prefix, ifname string) error {
	where, err := e.pickInterface(namespace, ifname)
	if err != nil {
		return err
	}
	addresses := where.addresses
	if !slices.Contains(addresses, p) {
		addresses = append(slices.Clone(addresses), p)
	}
	e.put(where.with(addresses))
	return nil
}

// DeleteAddress wishes an address of a namespace gone, with the routes whose
// next hop only it could reach: the kernel drops those too.
func (e *Editor) DeleteAddress(namespace string, p netip.Prefix, ifname string) error {
	if err := e.knownNamespace(namespace); err != nil {
		return err
	}
	if ifname = e.holder(namespace, p, ifname); ifname == "" {
		return model.NotFoundf("namespace %s has no address %s", namespace, p)
	}
	where, err := e.pickInterface(namespace, ifname)
	if err != nil {
		return err
	}
	i := slices.Index(where.addresses, p)
	if i < 0 {
		return model.NotFoundf("interface %s of namespace %s has no address %s", where.name, namespace, p)
	}
	e.put(where.with(slices.Delete(slices.Clone(where.addresses), i, i+1)))
	e.dropRoutes(namespace)
	return nil
}

// holder returns the interface that has the address, when none was named.
func (e *Editor) holder(namespace string, p netip.Prefix, ifname string) string {
	for _, where := range e.interfaces(model.Place(namespace)) {
		if ifname == "" && slices.Contains(where.addresses, p) {
			return where.name
		}
	}
	return ifname
}

func holds(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Addr() == a })
}

// onLink reports whether one of the subnets holds the address; IPv6 link-local
// next hops always are.
func onLink(addresses []netip.Prefix, a netip.Addr) bool {
	return a.Is6() && a.IsLinkLocalUnicast() || slices.ContainsFunc(addresses, func(p netip.Prefix) bool { return p.Masked().Contains(a) })
}

// subnets returns the distinct subnets of addresses.
func subnets(addresses []netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range addresses {
		if s := p.Masked(); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// checkOwnAddresses refuses an address of an interface that its place would
// have twice.
func (e *Editor) checkOwnAddresses(at model.Place, ifname string, addresses []netip.Prefix) error {
	for i, p := range addresses {
		twice := holds(addresses[:i], p.Addr()) || slices.ContainsFunc(e.interfaces(at), func(where iface) bool {
			return where.name != ifname && holds(where.addresses, p.Addr())
		})
		if twice {
			return model.Conflictf("namespace %s would have the address %s twice", at, p.Addr())
		}
	}
	return nil
}

func duplicate(p netip.Prefix, seg model.Segment, owner string) *model.Error {
	return model.Conflictf("address %s is taken in segment %s by %s", p.Addr(), seg, owner)
}

// foreignSubnets returns the subnets that a place is in by interfaces that the lab
// does not give addresses there.
func (e *Editor) foreignSubnets(at model.Place) []iface {
	if at != model.Host {
		return nil // router namespaces have none
	}
	var list []iface
	for name, i := range e.host.Interfaces {
		if len(i.Addresses) == 0 || i.Owner == TakenOurs {
			continue
		}
		if _, given := e.named(at, name); !given {
			list = append(list, iface{name: name, addresses: i.Addresses})
		}
	}
	return list
}

// checkSubnets refuses subnets that a place which routes is in by another
// interface.
func (e *Editor) checkSubnets(at model.Place, ifname string, addresses []netip.Prefix) *model.Error {
	if len(addresses) == 0 {
		return nil
	}
	for _, i := range append(e.interfaces(at), e.foreignSubnets(at)...) {
		if i.name == ifname {
			continue
		}
		for _, q := range i.addresses {
			for _, p := range addresses {
				if q.Overlaps(p) {
					return model.Conflictf("subnet %s of %s overlaps %s of %s", p.Masked(), ifname, q.Masked(), i.name)
				}
			}
		}
	}
	return nil
}
