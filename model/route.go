package model

import (
	"net/netip"
)

// Route is a route inside a namespace, beside the default routes that
// attachments bring with them.
type Route struct {
	Namespace string       `json:"namespace"`
	To        netip.Prefix `json:"to"`
	// Via is the next hop; an IPv6 link-local one has its interface as zone.
	Via       netip.Addr `json:"via"`
	Condition string     `json:"-"` // see [Observed]
}

// RouteKey returns the key of a route: one next hop per destination.
func RouteKey(namespace string, to netip.Prefix) Key {
	return Key{Kind: KindRoute, Name: namespace + "/" + to.String()}
}

// Key implements [Object].
func (r Route) Key() Key { return RouteKey(r.Namespace, r.To) }

// Attrs implements [Object].
func (r Route) Attrs() []Attr { return attrs(routeType.Fields, r) }

// Needs implements [Object].
func (r Route) Needs() []Key { return []Key{NamespaceKey(r.Namespace)} }
func (Route) sealed()        {}

// LabRoute is a route inside a namespace.
type LabRoute struct {
	To  string     `json:"to"` // a subnet, an address or "default"
	Via netip.Addr `json:"via"`
}

var routeType = typeOf[Route](KindRoute, []Field{
	field(Stored|Required, NamespaceName, func(r *Route) *string { return &r.Namespace }),
	field(Stored|Required, destination, func(r *Route) *netip.Prefix { return &r.To }),
	field(Stored|Required|Shown, Via, func(r *Route) *netip.Addr { return &r.Via }),
	field(Observed, Condition, func(r *Route) *string { return &r.Condition }),
})

// The properties of a route.
var (
	// Destination is where it leads. "default" takes the family of its next hop,
	// see [ParseDestination].
	Destination = Property[string]{"to", "Where it leads: a subnet, an address or default.", texts[string]("a subnet, an address or default", checkDestination)}
	// Via is its next hop.
	Via = Property[netip.Addr]{"via", "The next hop.", hop}

	destination = Property[netip.Prefix]{Destination.Name, Destination.About, read("a subnet", parseHostOrSubnet)}
)

const someHop = "an address such as 172.16.10.254"

var hop = read(someHop, ParseNextHop).standIn("IP")

// checkDestination reports what cannot be a destination whatever the next hop.
func checkDestination(s string) error {
	if s == "default" {
		return nil
	}
	_, err := parseHostOrSubnet(s)
	return err
}
