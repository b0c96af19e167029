package plan

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	"github.com/ovsns/ovsns/model"
)

// iface is an interface that the lab gives addresses in a place.
type iface struct {
	name      string
	addresses []netip.Prefix
	// with returns the object that it is of as it is with other addresses.
	with func([]netip.Prefix) model.Object
}

// interfaces returns those that the lab has in a place, sorted by name.
func (e *Editor) interfaces(place model.Place) []iface {
	var list []iface
	for key := range e.tagged(within(place)) {
		o, _ := model.Get[model.Object](e.state, key)
		list = append(list, e.nouns[key.Kind].interfaces(o, place)...)
	}
	slices.SortFunc(list, func(a, b iface) int { return cmp.Compare(a.name, b.name) })
	return list
}

// named returns the interface of that name.
func (e *Editor) named(place model.Place, name string) (iface, bool) {
	list := e.interfaces(place)
	i := slices.IndexFunc(list, func(i iface) bool { return i.name == name })
	if i < 0 {
		return iface{}, false
	}
	return list[i], true
}

// addressesOf returns the addresses that the lab gives to an interface.
func (e *Editor) addressesOf(place model.Place, name string) []netip.Prefix {
	i, _ := e.named(place, name)
	return i.addresses
}

// pickInterface returns the interface of that name of a namespace, or the only
// one.
func (e *Editor) pickInterface(namespace, name string) (iface, error) {
	if err := e.knownNamespace(namespace); err != nil {
		return iface{}, err
	}
	list := e.interfaces(model.Place(namespace))
	if name == "" && len(list) > 1 {
		return iface{}, model.Invalidf("namespace %s has several interfaces; say which one", namespace).
			WithHint("--ifname %s", list[0].name)
	}
	for _, i := range list {
		if name == "" || i.name == name {
			return i, nil
		}
	}
	if name == "" {
		return iface{}, model.NotFoundf("namespace %s has no interface", namespace).WithHint("ovsns attach %s", namespace)
	}
	return iface{}, model.NotFoundf("namespace %s has no interface %s that ovsns made", namespace, name)
}

// has reports whether a place has an interface, or will have it.
func (e *Editor) has(at model.Place, name string) bool {
	if _, ok := e.named(at, name); ok {
		return true
	}
	if at != model.Host {
		return e.host.Inside[at.Namespace()][name].Owner != TakenNot
	}
	_, ok := e.host.find(name)
	return ok
}

// placeWords returns "the host" or "namespace red".
func placeWords(p model.Place) string {
	if p == model.Host {
		return "the host"
	}
	return "namespace " + p.String()
}

// user returns the object of the lab that has an interface of that name in
// the host, or nil.
func (e *Editor) user(name string) model.Object {
	for k := range e.tagged(hostName(name)) {
		o, _ := model.Get[model.Object](e.state, k)
		return o
	}
	return nil
}

// checkNew reports why no new interface of that name can be made in the host.
func (e *Editor) checkNew(name string) error {
	if o := e.user(name); o != nil {
		return model.Conflictf("the interface name %s is in use by %s", name, o.Key())
	}
	return e.host.checkInterface(name)
}

// usedIfnames returns the names of interfaces that a namespace has, or shall
// have. What carries our mark but is not recorded was left by a command that
// was cut off, and is free.
func (e *Editor) usedIfnames(namespace string) map[string]bool {
	used := map[string]bool{}
	for name, i := range e.host.Inside[namespace] {
		used[name] = i.Owner == TakenForeign
	}
	for _, i := range e.interfaces(model.Place(namespace)) {
		used[i.name] = true
	}
	return used
}

// ifnameTaken says by what an interface name of a namespace is taken.
func (e *Editor) ifnameTaken(namespace, ifname string) error {
	if e.host.Inside[namespace][ifname].Owner == TakenForeign {
		return model.NotManagedf("namespace %s has an interface %s that ovsns did not make", namespace, ifname)
	}
	if a, ok := model.Get[model.Attachment](e.state, model.AttachmentKey(namespace, ifname)); ok {
		return model.Conflictf("interface %s of namespace %s is on switch %s", ifname, namespace, a.Switch)
	}
	return model.Conflictf("interface %s of namespace %s is the end of a link", ifname, namespace).WithHint("ovsns link list")
}

// freeIfname returns the first ethN that is not used.
func freeIfname(used map[string]bool) string {
	for n := 0; ; n++ {
		if name := "eth" + strconv.Itoa(n); !used[name] {
			return name
		}
	}
}

// portAttempts is how many names are tried for a port; two names that hash
// alike are not to be expected in the life of a lab.
const portAttempts = 4

// freePort chooses the name of the host end of a new veth. A name that a
// stranger holds is refused rather than avoided: whoever reads `ovs-vsctl
// show` shall find the port under the name it always has.
func (e *Editor) freePort(namespace, ifname string) (string, error) {
	for attempt := range portAttempts {
		if name := model.PortName(namespace, ifname, attempt); !e.portUsed(name, Mark(namespace, ifname)) {
			return name, e.host.checkInterface(name)
		}
	}
	return "", model.Conflictf("no name is left for the port of interface %s of namespace %s", ifname, namespace)
}

// portUsed reports whether the lab has given that name to something else than
// the interface of this mark.
func (e *Editor) portUsed(name, mark string) bool {
	if e.user(name) != nil {
		return true
	}
	// Attachments that were not observed show by their interface.
	i, _ := e.host.find(name)
	return i.Owner == TakenOurs && i.Alias != mark
}
