package ops

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// SetAddresses leads the addresses of an interface from some to others, in their
// order: connections come from the first one of a subnet. Those that come are added
// before the others go, so that connections on those that stay are not disturbed;
// addresses that are in neither list stay.
type SetAddresses struct {
	Place         model.Place
	Ifname        string
	Before, After []netip.Prefix
}

// Reverse implements [Op].
func (o SetAddresses) Reverse() Op { return SetAddresses{o.Place, o.Ifname, o.After, o.Before} }

// Gone returns the addresses that are taken away, those that were there before the
// others in a subnet last; some of them may come again, see Misplaced.
func (o SetAddresses) Gone() []netip.Prefix { return without(o.Before, o.After) }

// Misplaced returns the addresses that are taken away, last one first, and added
// again in this order when the others are gone and there.
func (o SetAddresses) Misplaced() []netip.Prefix {
	kept := without(o.Before, o.Gone())
	return model.Misplaced(append(kept, without(o.After, o.Before)...), o.After)
}

// loses reports whether an address goes, be it for a moment: the kernel drops
// routes with it.
func (o SetAddresses) loses() []netip.Prefix { return append(o.Gone(), o.Misplaced()...) }

// Lines implements [Op].
func (o SetAddresses) Lines() []string {
	var lines []string
	for _, p := range without(o.After, o.Before) {
		lines = append(lines, addAddress(o.Place, o.Ifname, p))
	}
	left := append(slices.Clone(o.Before), without(o.After, o.Before)...)
	remove := func(p netip.Prefix) {
		lines = append(lines, ip(o.Place, "address", "delete", p.String(), "dev", o.Ifname))
		left = without(left, []netip.Prefix{p})
		lines = append(lines, o.keepSecondaries(p, left)...)
	}
	// The first of a subnet last, to have fewer to put back.
	for _, p := range slices.Backward(o.Gone()) {
		remove(p)
	}
	misplaced := o.Misplaced()
	for _, p := range slices.Backward(misplaced) {
		remove(p)
	}
	for _, p := range misplaced {
		lines = append(lines, addAddress(o.Place, o.Ifname, p))
	}
	return lines
}
func (SetAddresses) op() {}

// keepSecondaries puts back what the kernel takes along with the first IPv4
// address of a subnet.
func (o SetAddresses) keepSecondaries(gone netip.Prefix, left []netip.Prefix) []string {
	var lines []string
	for _, q := range left {
		if gone.Addr().Is4() && q.Masked() == gone.Masked() {
			lines = append(lines, ip(o.Place, "address", "replace", q.String(), "dev", o.Ifname))
		}
	}
	return lines
}

func addAddress(place model.Place, ifname string, p netip.Prefix) string {
	words := []string{"address", "add", p.String(), "dev", ifname}
	if p.Addr().Is6() {
		words = append(words, "nodad")
	}
	return ip(place, words...)
}

// without returns the elements of list that are not in others.
func without[T comparable](list, others []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return slices.Contains(others, v) })
}
