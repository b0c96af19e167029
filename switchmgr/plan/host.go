package plan

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Host is what an edit has to know about the host beside the lab. A field
// that was not observed is nil; edits treat it as empty.
type Host struct {
	// Taken says who owns a bridge, port or interface row of the switch's
	// database, for the names that the edit may want.
	Taken map[string]Owner
	// Interfaces are the host's own, by name.
	Interfaces map[string]Interface
	// Lookup finds one interface of the host where Interfaces is nil; nil
	// finds none.
	Lookup func(name string) (Interface, bool)
	// Namespaces says who owns a named namespace that exists.
	Namespaces map[string]Owner
	// Inside holds the interfaces of the namespaces observed, by namespace
	// and name.
	Inside map[string]map[string]Interface
	// Auto is the datapath that "auto" means here.
	Auto model.Datapath
	// Sysctls are the current values of the settings that ovsns may change.
	Sysctls map[string]string
	// RouterAdvertised lists the interfaces that have their IPv6 default route
	// from router advertisements: a forwarding host ignores those.
	RouterAdvertised []string
}

// Owner says who made something.
type Owner int

// The owners. The zero value means that there is no such thing.
const (
	TakenNot     Owner = iota
	TakenOurs          // carries the mark of ovsns
	TakenForeign       // somebody else's
)

// Interface is what an edit has to know about an interface.
type Interface struct {
	Owner     Owner
	Alias     string // the mark, see [Mark]
	Kind      string // as `ip -d link` says: "veth", "tun", "openvswitch", "" for hardware
	Up        bool
	Addresses []netip.Prefix // without link-local ones
}

// maxAlias is the longest alias in bytes (IFALIASZ less the terminating zero,
// linux/if.h).
const maxAlias = 255

// Mark returns the alias of both ends of the veth of an interface in a
// namespace; `ip link` shows it. One that is too long ends in a hash.
func Mark(namespace, ifname string) string {
	mark := "ovsns: " + namespace + " " + ifname
	if len(mark) <= maxAlias {
		return mark
	}
	hash := fmt.Sprintf("...%x", sha256.Sum256([]byte(mark)))
	return strings.ToValidUTF8(mark[:maxAlias-len(hash)], "") + hash
}

// sysctl returns the current value of a setting, where it was observed: those
// of the host itself.
func (h Host) sysctl(at model.Place, name string) (string, bool) {
	if at != model.Host {
		return "", false
	}
	value, known := h.Sysctls[name]
	return value, known
}

// checkNamespace reports a namespace of that name that is not ours.
func (h Host) checkNamespace(name string) error {
	if h.Namespaces[name] == TakenForeign {
		return model.NotManagedf("namespace %s was not made by ovsns", name)
	}
	return nil
}

// find returns an interface of the host.
func (h Host) find(name string) (Interface, bool) {
	if h.Interfaces == nil && h.Lookup != nil {
		return h.Lookup(name)
	}
	i, ok := h.Interfaces[name]
	return i, ok
}

// checkInterface reports an interface of the host of that name that is not
// ours.
func (h Host) checkInterface(name string) error {
	if i, _ := h.find(name); i.Owner == TakenForeign || h.Taken[name] == TakenForeign {
		return model.NotManagedf("the host has an interface or port %s that ovsns did not make", name)
	}
	return nil
}
