package local

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// attachmentKind: an attachment is a veth between the host, where it is a port of a
// switch, and a namespace.
var attachmentKind = kindOf[model.Attachment]{
	observe: (*View).attachment,
	gone: func(v *View, a model.Attachment) string {
		if !v.Has(a.Namespace) {
			return "its namespace is gone"
		}
		if _, there := v.find(a.Port); !there {
			return "interface " + a.Port + " is gone"
		}
		return "interface " + a.Ifname + " is gone"
	},
	survives: func(v *View, a model.Attachment) bool {
		return v.Has(a.Namespace) && v.attachment(&a, new(conditions))
	},
	interest: func(i *Interest, a model.Attachment) {
		i.host[a.Port] = a.Namespace
		i.inside[[2]string{a.Namespace, a.Ifname}] = true
		i.routed[a.Namespace] = i.routed[a.Namespace] || len(a.Gateways) > 0
	},
	place:     func(a model.Attachment) model.Place { return model.Place(a.Namespace) },
	condition: func(a *model.Attachment) *string { return &a.Condition },
}.entry()

func (v *View) attachment(a *model.Attachment, wrong *conditions) bool {
	recorded := a.Switch
	a.Switch = wrong.port(v, a.Port, a.Switch, "")
	a.VLANs = v.VLANs(a.Port, a.VLANs)
	in, looked := v.Inside[a.Namespace]
	if !looked {
		return true
	}
	end, there := in.Links[a.Ifname]
	if !there || !end.Managed() {
		return false
	}
	port, there := v.find(a.Port)
	if !there {
		return v.remake([2]string{a.Namespace, a.Ifname})
	}
	wrong.down(end)
	if port.Managed() { // somebody may have put another in its place
		wrong.down(port)
	}
	if v.needsChecksums(recorded) {
		wrong.checksums(end)
	}
	a.Addresses = present(a.Addresses, end.Addresses)
	a.Gateways = slices.DeleteFunc(slices.Clone(a.Gateways), func(g netip.Addr) bool {
		return !hasRoute(in.Routes, model.DefaultRoute(g), g)
	})
	if !a.MAC.IsZero() {
		a.MAC = end.MAC
	}
	a.MTU = foundMTU(a.MTU, end.MTU, port.MTU)
	return true
}

// foundMTU returns the MTU that an attachment really has: that of its end in the
// namespace, or of the host's end if that one is smaller, and so in the way. 0 stands
// for the default.
func foundMTU(recorded, end, port int) int {
	want := cmp.Or(recorded, defaultMTU)
	switch {
	case end != want:
		return end
	case port < want:
		return port
	}
	return recorded
}

// defaultMTU is that of a veth, in bytes.
const defaultMTU = 1500
