package plan

import (
	"maps"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// UplinkRequest asks for an interface of the host to become a port.
type UplinkRequest struct {
	Interface string
	Switch    string       // "" is the only one there is
	VLANs     *model.VLANs // nil keeps; a new uplink carries the untagged segment
}

// AddUplink wishes that an interface of the host is a port of a switch.
func (e *Editor) AddUplink(r UplinkRequest) error {
	if err := model.CheckIfname(r.Interface); err != nil {
		return err
	}
	sw, err := e.pickSwitch(r.Switch)
	if err != nil {
		return err
	}
	u, exists := model.Get[model.Uplink](e.state, model.UplinkKey(r.Interface))
	if exists && u.Switch != sw.Name {
		return model.Conflictf("interface %s is an uplink of switch %s", r.Interface, u.Switch).
			WithHint("ovsns uplink delete %s", r.Interface)
	}
	if !exists {
		if err := e.usableUplink(r.Interface, sw.Name); err != nil {
			return err
		}
		nic, _ := e.host.find(r.Interface)
		u = model.Uplink{Interface: r.Interface, Switch: sw.Name, WasUp: nic.Up}
	}
	if r.VLANs != nil {
		u.VLANs = *r.VLANs
	}
	e.put(u)
	return nil
}

// usableUplink reports an interface that is missing, in use, or would lose
// its addresses.
func (e *Editor) usableUplink(name, sw string) error {
	i, ok := e.host.find(name)
	switch {
	case !ok:
		return model.NotFoundf("the host has no interface %s", name)
	case i.Owner == TakenOurs, e.user(name) != nil:
		return model.Conflictf("interface %s is a part of the lab itself", name)
	case e.host.Taken[name] == TakenForeign:
		return model.NotManagedf("interface %s is a port that ovsns did not make", name)
	case len(i.Addresses) > 0:
		return model.Conflictf("interface %s has the address %s, which it would lose as a port of switch %s", name, i.Addresses[0], sw).
			WithHint("use an interface without addresses, or move it first: ip address del %s dev %s, then ovsns gateway set -s %s %s",
				i.Addresses[0], name, sw, i.Addresses[0])
	}
	return nil
}

// DeleteUplink wishes that an interface of the host is no port any more.
func (e *Editor) DeleteUplink(name string) error {
	if !e.state.Has(model.UplinkKey(name)) {
		return model.NotFoundf("interface %s is not an uplink", name).WithHint("ovsns uplink list")
	}
	e.remove(model.UplinkKey(name))
	return nil
}

// deafenUplinks wishes for the settings of the uplinks of switches in
// userspace, and gives those of interfaces back that are uplinks no more.
func (e *Editor) deafenUplinks() {
	var touched []string
	for key := range e.touched {
		if key.Kind == model.KindUplink {
			touched = append(touched, key.Name)
		}
	}
	for _, ifname := range touched {
		u, wanted := model.Get[model.Uplink](e.state, model.UplinkKey(ifname))
		sw, _ := model.Get[model.Switch](e.state, model.SwitchKey(u.Switch))
		for name, value := range model.UplinkSettings(ifname) {
			e.setting(model.Host, name, value, wanted && sw.Datapath.Userspace())
		}
	}
}

func uplinkNoun() entry {
	return noun[model.Uplink]{
		tags: func(u model.Uplink) []any { return []any{hostName(u.Interface), onSwitch(u.Switch)} },
		file: file[UplinkRequest]{
			requests: uplinkRequests,
			key:      func(r UplinkRequest) model.Key { return model.UplinkKey(r.Interface) },
			request:  (*Editor).AddUplink,
		},
		export: func(x *exporter, u model.Uplink) {
			sw := x.lab.Switches[u.Switch]
			sw.Uplinks = append(sw.Uplinks, model.LabUplink{Interface: u.Interface, LabVLANs: exportVLANs(u.VLANs)})
			x.lab.Switches[u.Switch] = sw
		},
	}.entry()
}

func uplinkRequests(lab *model.Lab) ([]UplinkRequest, error) {
	var list []UplinkRequest
	for _, name := range slices.Sorted(maps.Keys(lab.Switches)) {
		for _, u := range lab.Switches[name].Uplinks {
			list = append(list, UplinkRequest{Interface: u.Interface, Switch: name, VLANs: new(u.VLANs())})
		}
	}
	return list, nil
}
