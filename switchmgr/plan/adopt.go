package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Adopt describes what somebody has made by hand in the words of the model:
// the switches of these names, or all when there are none, with what is
// attached to them, and the namespaces. The plan makes objects of what exists
// already; carrying it out means to mark it. The notes say what is left alone
// and why. A switch that does not exist is [model.ErrNotFound].
//
// A namespace is taken whole or not at all: it goes when the lab goes, and
// nothing may go with it that was not shown. The host's part in a segment is
// only taken when the segments can be kept as open to each other as they are.
func Adopt(recorded, actual *model.State, host Host, found Found, names []string) (model.Plan, []string, error) {
	for _, name := range names {
		if !slices.ContainsFunc(found.Switches, func(s FoundSwitch) bool { return s.Name == name }) {
			return nil, nil, model.NotFoundf("no switch is named %q", name).WithHint("sudo ovs-vsctl list-br")
		}
	}
	a := &adopter{recorded: recorded, actual: actual, host: host, found: found, names: names, refused: map[string]string{}}
	a.prepare()
	for {
		// What is refused on the way takes along what depends on it.
		before := len(a.refused)
		a.pass()
		if len(a.refused) == before {
			break
		}
	}
	a.e.deafenUplinks()
	return model.Diff(a.e.before(actual), a.e.only(a.e.state)), a.notes, nil
}

// adopter holds what stays the same (the first part), and what one pass finds.
type adopter struct {
	recorded, actual *model.State
	host             Host
	found            Found
	names            []string
	interfaces       map[FoundPlace]FoundInterface
	ports            map[string]port // by name, of all switches
	wanted           map[string]bool // namespaces to look at
	refused          map[string]string

	e        *Editor
	segments []segment
	notes    []string
}

// port is a port of a switch with the VLANs that it carries.
type port struct {
	FoundPort
	sw     FoundSwitch
	vlans  model.VLANs
	reason string // why the VLANs or the port cannot be said; "" when they can
	opened bool   // it is an open trunk that may as well be an access port
}

func (a *adopter) prepare() {
	a.interfaces, a.ports = map[FoundPlace]FoundInterface{}, map[string]port{}
	for _, i := range a.found.Interfaces {
		a.interfaces[FoundPlace{model.HostEnd, i.Name}] = i
	}
	for _, n := range a.found.Namespaces {
		for _, i := range n.Interfaces {
			a.interfaces[FoundPlace{n.Name, i.Name}] = i
		}
	}
	for _, sw := range a.found.Switches {
		for _, p := range sw.Ports {
			a.ports[p.Name] = a.describe(sw, p)
		}
	}
	a.chooseNamespaces()
}

// chooseNamespaces finds those that hang on the switches that were named,
// directly or by a cable; all of them when none was.
func (a *adopter) chooseNamespaces() {
	a.wanted = map[string]bool{}
	for more := true; more; {
		more = false
		for _, n := range a.found.Namespaces {
			if !a.wanted[n.Name] && (len(a.names) == 0 || a.hangs(n)) {
				a.wanted[n.Name], more = true, true
			}
		}
	}
}

func (a *adopter) hangs(n FoundNamespace) bool {
	return slices.ContainsFunc(n.Interfaces, func(i FoundInterface) bool {
		if i.Peer.Namespace != model.HostEnd {
			return a.wanted[i.Peer.Namespace]
		}
		p, ok := a.ports[i.Peer.Name]
		return ok && a.selected(p.sw.Name)
	})
}

func (a *adopter) selected(sw string) bool { return len(a.names) == 0 || slices.Contains(a.names, sw) }

func (a *adopter) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(a.notes, text) {
		a.notes = append(a.notes, text)
	}
}

// pass puts everything that is not refused.
func (a *adopter) pass() {
	a.e = NewEditor(a.recorded, a.host)
	a.notes, a.segments = nil, nil
	for _, n := range a.found.Namespaces {
		if a.wanted[n.Name] {
			a.checkNamespace(n)
		}
	}
	a.knownSegments()
	for _, sw := range a.found.Switches {
		if a.selected(sw.Name) {
			a.adoptSwitch(sw)
		}
	}
	for _, n := range a.found.Namespaces {
		if a.wanted[n.Name] {
			a.adoptNamespace(n)
		}
	}
	for _, n := range a.found.Namespaces {
		if a.wanted[n.Name] && a.refused[n.Name] == "" {
			a.adoptRoutes(n)
		}
	}
	a.generalNotes()
}

// generalNotes says what is never taken over.
func (a *adopter) generalNotes() {
	for _, o := range a.e.touchedObjects() {
		if slices.Contains(a.e.tags(o), any(within(model.Host))) {
			a.note("ip_forward, NAT and firewall rules that others have set stay theirs and are not a part of the lab")
			return
		}
	}
}

// adoptSwitch puts a switch with its ports.
func (a *adopter) adoptSwitch(sw FoundSwitch) {
	if !sw.Managed {
		if reason := a.oddSwitch(sw); reason != "" {
			a.note("switch %s is left alone: %s", sw.Name, reason)
			return
		}
		a.e.put(model.Switch{Name: sw.Name, Datapath: datapathOf(sw)})
		if len(sw.Extras) > 0 {
			a.note("switch %s has %s, which ovsns leaves alone and does not export", sw.Name, strings.Join(sw.Extras, ", "))
		}
	}
	alone, closed := a.adoptPorts(sw)
	if len(closed) > 0 {
		a.note("of switch %s, %s have neither tag nor vlan_mode, so that every VLAN may pass; none is in use there, "+
			"and vlan_mode=access makes them ports of the untagged segment", sw.Name, strings.Join(closed, ", "))
	}
	if len(alone) > 0 && !sw.Managed {
		a.note("ovsns will not delete switch %s while it has ports of others (%s)", sw.Name, strings.Join(alone, ", "))
	}
}

// adoptPorts returns the ports that are left alone, and the open trunks that
// become access ports.
func (a *adopter) adoptPorts(sw FoundSwitch) (alone, closed []string) {
	ports := slices.Clone(sw.Ports)
	slices.SortStableFunc(ports, func(p, q FoundPort) int { return toNamespace(p) - toNamespace(q) })
	for _, found := range ports {
		if found.Managed && !a.unfinished(found.Name) {
			continue
		}
		p := a.ports[found.Name]
		switch reason := a.adoptPort(p); {
		case reason == "" && p.opened && a.recordsVLANs(p):
			closed = append(closed, p.Name)
		case reason != "" && p.isOwn(): // is marked as the switch's own all the same
			a.note("the host's interface %s gives no gateway: %s", p.Name, reason)
		case reason != "":
			a.note("port %s of switch %s is left alone: %s", p.Name, sw.Name, reason)
			alone = append(alone, p.Name)
		}
		if len(p.Extras) > 0 {
			a.note("port %s has %s, which ovsns leaves alone and does not export", p.Name, strings.Join(p.Extras, ", "))
		}
	}
	return alone, closed
}

// toNamespace puts the host's own interfaces before those that may lead into a
// namespace: a gateway's address is the gateway's.
func toNamespace(p FoundPort) int {
	if slices.Contains(p.Types, "internal") {
		return 0
	}
	return 1
}

// isOwn reports whether the port is that of the switch itself.
func (p port) isOwn() bool { return p.Name == p.sw.Name }

// recordsVLANs reports whether the VLANs of a port are written: those of a
// switch's own port only with a gateway.
func (a *adopter) recordsVLANs(p port) bool {
	return !p.isOwn() || a.e.state.Has(model.GatewayKey(p.sw.Name, 0))
}

func datapathOf(sw FoundSwitch) model.Datapath {
	if sw.Datapath == "" {
		return model.DatapathSystem // ovs-vswitchd.conf.db(5)
	}
	return model.Datapath(sw.Datapath)
}

// oddSwitch says why a switch of somebody else is none that ovsns makes.
func (a *adopter) oddSwitch(sw FoundSwitch) string {
	name, datapath := sw.Name, datapathOf(sw)
	if err := model.CheckSwitch(name); err != nil {
		return err.Error()
	}
	if datapath != model.DatapathSystem && datapath != model.DatapathNetdev {
		return fmt.Sprintf("ovsns does not know its datapath %q", datapath)
	}
	if o := a.e.user(name); o != nil && o.Key() != model.SwitchKey(name) {
		return "its name belongs to " + o.Key().String()
	}
	return ""
}

// adoptPort puts what a port stands for, or returns why it is left alone.
func (a *adopter) adoptPort(p port) string {
	i, there := a.interfaces[FoundPlace{model.HostEnd, p.Name}]
	own := p.isOwn()
	switch {
	case own && len(i.Addresses) == 0:
		return "" // no gateway
	case p.reason != "":
		return p.reason
	case p.isPatch():
		return a.adoptCable(p)
	case !there:
		return "the host has no such interface"
	case own, p.Types[0] == "internal":
		return a.adoptGateway(p, i)
	}
	if at := i.Peer; at.Namespace != "" && at.Namespace != model.HostEnd {
		switch {
		case a.refused[at.Namespace] != "":
			return "namespace " + at.Namespace + " is"
		case !a.wanted[at.Namespace]:
			return "it leads to a namespace that was not found" // cannot be
		}
		return a.adoptAttachment(p, a.interfaces[at], at)
	}
	return a.adoptUplink(p, i)
}

func (a *adopter) adoptGateway(p port, i FoundInterface) string {
	own := p.isOwn()
	vlan, untagged := p.vlans.Untagged()
	switch {
	case len(p.vlans.Trunk) > 0 || !untagged:
		return "a gateway cannot be a trunk"
	case own && vlan != 0:
		return "a switch's own port has the untagged segment, not a VLAN"
	case !own && vlan == 0:
		return "in the untagged segment the host's interface is that of the switch itself"
	case i.Master != "":
		return "it is a part of " + i.Master
	case !i.Up:
		return "it is down"
	}
	addresses := a.addresses("the host", i, nil)
	if len(addresses) == 0 {
		return "it has no address"
	}
	g := model.Gateway{Switch: p.sw.Name, VLAN: vlan, Interface: p.Name, Addresses: addresses}
	if was, ok := model.Get[model.Gateway](a.e.state, g.Key()); ok {
		return "the gateway of segment " + g.Segment().String() + " is " + was.Interface
	}
	return a.enter(g, func() error { return a.e.checkGateway(g) },
		segment{g.Segment(), g.Interface, g.Addresses})
}

// uplinkKinds are the kinds of interfaces that lead out of the host. The far
// end of such a veth is in no namespace that has a name.
var uplinkKinds = []string{"device", "bond", "team", "vlan", "veth", "macvlan"}

func (a *adopter) adoptUplink(p port, i FoundInterface) string {
	switch {
	case i.Peer.Namespace == model.HostEnd:
		return fmt.Sprintf("its other end %s is in the host as well", i.Peer.Name)
	case !slices.Contains(uplinkKinds, i.Kind):
		return fmt.Sprintf("ovsns knows no ports of kind %s", i.Kind)
	case len(i.Addresses) > 0:
		return fmt.Sprintf("it has the address %s, and an uplink has none", i.Addresses[0])
	case !i.Up:
		return "it is down"
	}
	if err := model.CheckIfname(i.Name); err != nil {
		return err.Error()
	}
	u := model.Uplink{Interface: i.Name, Switch: p.sw.Name, VLANs: p.vlans, WasUp: true}
	if o := a.e.user(i.Name); o != nil {
		return "its name belongs to " + o.Key().String()
	}
	a.e.put(u)
	return ""
}

func (a *adopter) adoptAttachment(p port, i FoundInterface, at FoundPlace) string {
	t := model.Attachment{
		Namespace: at.Namespace, Ifname: at.Name, Switch: p.sw.Name, VLANs: p.vlans, MAC: i.MAC, Port: p.Name,
	}
	if i.MTU != 1500 {
		t.MTU = i.MTU
	}
	if a.actual.Has(t.Key()) {
		return t.Key().String() + " is another one already"
	}
	others := a.e.interfaces(model.Place(at.Namespace))
	if seg, ok := t.Segment(); ok {
		g, _ := model.Get[model.Gateway](a.e.state, model.GatewayKey(seg.Switch, seg.VLAN))
		others = append(others, iface{addresses: g.Addresses})
	}
	t.Addresses = a.addresses("namespace "+at.Namespace, i, others)
	a.e.put(t)
	return ""
}

// unfinished reports whether a port is recorded as that of an attachment which
// is there but has no mark: a command was cut off.
func (a *adopter) unfinished(name string) bool {
	at := a.interfaces[FoundPlace{model.HostEnd, name}].Peer
	t, ok := model.Get[model.Attachment](a.recorded, model.AttachmentKey(at.Namespace, at.Name))
	return ok && t.Port == name && !a.actual.Has(t.Key())
}
