package plan

import (
	"fmt"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// describe says which VLANs a port carries in the words of the model, or why
// they have none. Making an open trunk an access port must change nothing: no
// VLAN may be in use through it.
func (a *adopter) describe(sw FoundSwitch, p FoundPort) port {
	out := port{FoundPort: p, sw: sw}
	i := a.interfaces[FoundPlace{model.HostEnd, p.Name}]
	if out.reason = oddPort(p, i); out.reason != "" {
		return out
	}
	v, open, odd := shapeOf(p)
	out.vlans, out.reason = v, odd
	if odd != "" || !open {
		return out
	}
	inside := i.Peer.Namespace != "" && i.Peer.Namespace != model.HostEnd
	switch {
	case p.isPatch():
		out.vlans.Trunk = model.AllVLANs
	case p.Types[0] != "internal" && !inside:
		out.openUplink(a.others(sw, p.Name))
	case a.stacked(i):
		out.reason = "it has neither tag nor vlan_mode, and VLANs are in use through it: say which in its column trunks"
	default:
		out.opened = true
	}
	return out
}

// oddPort says why a port is none that ovsns makes, whatever its VLANs.
func oddPort(p FoundPort, i FoundInterface) string {
	switch {
	case len(p.Types) != 1:
		return "it is a bond"
	case p.Fake:
		return "it stands for a bridge of its own"
	case !slices.Contains([]string{"", "system", "internal", patchType}, p.Types[0]):
		return "ovsns knows no ports of type " + p.Types[0]
	case p.Error != "":
		return "ovs-vswitchd says: " + p.Error
	case p.IfaceID != "" && p.IfaceID != i.Peer.Namespace+"/"+i.Peer.Name:
		return "another program attached it (iface-id " + p.IfaceID + ")"
	}
	return ""
}

// stacked reports whether VLANs or the like lie on what a port leads to: on
// the other end of a veth, else on the interface itself.
func (a *adopter) stacked(i FoundInterface) bool {
	if i.Peer.Namespace != "" && i.Peer.Namespace != model.HostEnd {
		i = a.interfaces[i.Peer]
	}
	return i.Stacked || i.Master != ""
}

// shapeOf reads the columns tag, trunks and vlan_mode as ovs-vswitchd does
// (ovs-vswitchd.conf.db(5), "VLAN Configuration"). open is a trunk of all
// VLANs and of untagged frames, odd says why it is nothing of ours.
func shapeOf(p FoundPort) (v model.VLANs, open bool, odd string) {
	mode := p.Mode
	if mode == "" {
		if mode = string(model.ModeTrunk); p.Tag >= 0 {
			mode = string(model.ModeAccess)
		}
	}
	tag := model.VID(max(p.Tag, 0))
	if tag > model.MaxVID {
		return v, false, fmt.Sprintf("VLAN %d is reserved", tag)
	}
	for _, id := range p.Trunks {
		if mode != string(model.ModeAccess) && (id < 1 || id > int(model.MaxVID)) {
			return v, false, fmt.Sprintf("its trunks hold VLAN %d", id)
		}
		v.Trunk = append(v.Trunk, model.VID(id))
	}
	slices.Sort(v.Trunk)
	switch model.VLANMode(mode) {
	case model.ModeAccess:
		return model.VLANs{Access: tag}, false, ""
	case model.ModeTrunk:
		return v, len(v.Trunk) == 0, ""
	case model.ModeNativeUntagged:
		if v.Native = tag; len(v.Trunk) > 0 && tag != 0 {
			return v, false, ""
		}
		return v, tag == 0 && len(v.Trunk) == 0, oddNative(tag, len(v.Trunk))
	}
	return v, false, "ovsns knows no vlan_mode " + mode
}

func oddNative(tag model.VID, trunks int) string {
	switch {
	case tag != 0:
		return "its trunks name no VLAN, so that it carries every one beside its native VLAN"
	case trunks > 0:
		return "it is a trunk with untagged frames, but without a native VLAN"
	}
	return ""
}

// traffic is what a port carries.
type traffic struct{ untagged, tagged bool }

// others returns what the other ports of a switch carry.
func (a *adopter) others(sw FoundSwitch, name string) traffic {
	var sum traffic
	for _, p := range sw.Ports {
		if p.Name == name {
			continue
		}
		t := a.traffic(sw, p)
		sum.untagged, sum.tagged = sum.untagged || t.untagged, sum.tagged || t.tagged
	}
	return sum
}

func (a *adopter) traffic(sw FoundSwitch, p FoundPort) traffic {
	i, there := a.interfaces[FoundPlace{model.HostEnd, p.Name}]
	v, open, odd := shapeOf(p)
	leadsInside := there && (p.Name == sw.Name || slices.Contains(p.Types, "internal") || i.Peer.Namespace != "")
	switch {
	case odd != "", oddPort(p, i) != "" && !p.Managed:
		return traffic{true, true}
	case !open:
		return traffic{untagged: v.Mode() == model.ModeAccess && v.Access == 0, tagged: v.Mode() != model.ModeAccess || v.Access != 0}
	case !leadsInside || a.stacked(i):
		return traffic{true, true}
	case p.Name == sw.Name && len(i.Addresses) == 0:
		return traffic{} // nobody there
	}
	return traffic{untagged: true}
}

// openUplink says what an open trunk to the outside carries. What may come in
// there is not known, only what the switch has use for.
func (p *port) openUplink(others traffic) {
	switch {
	case !others.tagged:
		p.opened = true
	case !others.untagged:
		for id := model.VID(1); id <= model.MaxVID; id++ {
			p.vlans.Trunk = append(p.vlans.Trunk, id)
		}
	default:
		p.reason = "it carries untagged frames beside VLANs, which no port of ovsns does: " +
			"give the untagged ones a VLAN by its columns vlan_mode=native-untagged, tag and trunks"
	}
}
