package ops

import (
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

// Hop is where a route leads; the zero value is no route.
type Hop struct {
	Via netip.Addr
	// Interface may be "" when Via says it.
	Interface string
}

// SetRoute leads the route to a destination from one next hop to another: with no
// Before it is made, with no After it is deleted, and with the same in both it is
// put again where the kernel may have dropped it.
type SetRoute struct {
	Place         model.Place
	To            netip.Prefix
	Before, After Hop
}

// Reverse implements [Op].
func (o SetRoute) Reverse() Op { return SetRoute{o.Place, o.To, o.After, o.Before} }

// Lines implements [Op].
func (o SetRoute) Lines() []string {
	verb, hop := "replace", o.After
	switch {
	case o.After == Hop{}:
		verb, hop = "delete", o.Before
	case o.Before == Hop{}:
		verb = "add"
	}
	words := []string{"route", verb, destination(o.To), "via", hop.Via.String()}
	if hop.Interface != "" {
		words = append(words, "dev", hop.Interface)
	}
	if verb != "delete" {
		words = append(words, "proto", "static")
	}
	return []string{ip(o.Place, words...)}
}
func (SetRoute) op() {}

func destination(p netip.Prefix) string {
	if p.Bits() == 0 {
		return "default"
	}
	return p.String()
}
