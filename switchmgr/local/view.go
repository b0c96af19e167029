package local

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// View is what was observed.
type View struct {
	Snap *ovsdb.Snapshot
	// Actual is what is recorded and really there, as it really is.
	Actual *model.State
	Host   plan.Host
	Rules  *nft.Observed // nil unless Scope.Host

	Inside map[string]Inside     // the namespaces that were looked into, by name
	Links  map[string]nsmgr.Link // the host's, with Scope.Host
	Held   *nsmgr.Held           // with Scope.Closed; whoever has the View closes it
	// Alive waits for ovs-vswitchd to answer, see [ovsdb.Client.Ping]; nil if it has
	// not been asked.
	Alive func() (bool, error)

	// Settings are the values that settings of the host and of namespaces have, of
	// those that were read.
	Settings map[model.Key]string

	find func(name string) (nsmgr.Link, bool) // an interface of the host
	read func(model.Key) (string, bool)       // a setting
	// listened are the interfaces of the host on which somebody listens, by index.
	listened func() map[int]bool
	// remade are interfaces, by namespace and name, that are to be made anew, with
	// what hangs on them.
	remade map[[2]string]bool
}

// Inside is what a namespace holds.
type Inside struct {
	Links  map[string]nsmgr.Link
	Routes []nsmgr.Route
}

// Has reports whether there is a namespace of ours of that name, or it is the
// host ([model.HostEnd]).
func (v *View) Has(namespace string) bool {
	return namespace == model.HostEnd || v.Host.Namespaces[namespace] == plan.TakenOurs
}

// VLANs returns what a port really carries. It is never what is recorded when
// the columns are not those that ovsns writes: without a mode a port is an open
// trunk, whatever else they say.
func (v *View) VLANs(port string, recorded model.VLANs) model.VLANs {
	vlans, known := v.Snap.VLANs[port]
	switch {
	case !known:
		return recorded
	case v.Snap.Drifted[port] && vlans.Equal(recorded):
		return openTrunk()
	}
	return vlans
}

func openTrunk() model.VLANs {
	var v model.VLANs
	for id := model.VID(1); id <= model.MaxVID; id++ {
		v.Trunk = append(v.Trunk, id)
	}
	return v
}

// setting returns the value of a setting, and whether it has one: its interface may
// be gone, or its whole address family.
func (v *View) setting(k model.Key) (string, bool) {
	value, there := v.read(k)
	if there {
		v.Settings[k] = value
	}
	return value, there
}

// linksOf returns the interfaces of a place, and whether they were looked at.
func (v *View) linksOf(p model.Place) (map[string]nsmgr.Link, bool) {
	if p == model.Host {
		return v.Links, v.Links != nil
	}
	in, looked := v.Inside[p.Namespace()]
	return in.Links, looked
}

// needsChecksums reports whether what is on a switch must complete its checksums
// itself: a switch in userspace passes half-made ones on, and TCP stalls, unless its
// TSO support is on.
func (v *View) needsChecksums(sw string) bool {
	s, _ := model.Get[model.Switch](v.Snap.Recorded, model.SwitchKey(sw))
	return s.Datapath.Userspace() && !v.Snap.TSO
}

// remake notes that the interfaces of an object are to be made anew.
func (v *View) remake(ends ...[2]string) (there bool) {
	for _, end := range ends {
		v.remade[end] = true
	}
	return false
}

// present returns the recorded addresses that the kernel has. What else the
// kernel has is somebody else's.
func present(recorded, kernel []netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range recorded {
		if slices.Contains(kernel, p) {
			list = append(list, p)
		}
	}
	return list
}

func hasRoute(routes []nsmgr.Route, to netip.Prefix, via netip.Addr) bool {
	return slices.ContainsFunc(routes, func(r nsmgr.Route) bool { return leads(r, to, via) })
}

// leads reports whether a route is that of a destination by a next hop, whose zone is
// its interface.
func leads(r nsmgr.Route, to netip.Prefix, via netip.Addr) bool {
	return r.To == to && r.Via == via.WithZone("") && (via.Zone() == "" || via.Zone() == r.Interface)
}
