package ovsdb

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// internalPort is the type of an interface that ovs-vswitchd makes itself
// (ovs-vswitchd.conf.db(5), table Interface).
const internalPort = "internal"

// portRecord is a row of Port with its one Interface, as ovsns writes it.
type portRecord struct {
	name   string
	sw     string
	iftype string // internalPort, or "" for a device that exists already
	vlans  model.VLANs
	ids    map[string]string // external_ids of the Port
}

func switchIDs(s model.Switch) map[string]string {
	return map[string]string{KeyOwner: Owner, KeyKind: kindSwitch, KeyDatapath: string(s.Datapath)}
}

func switchOf(b schema.Bridge) model.Switch {
	return model.Switch{Name: b.Name, Datapath: model.Datapath(b.ExternalIDs[KeyDatapath])}
}

// ownPort is the switch's own port while it carries no gateway.
func ownPort(sw string) portRecord {
	return portRecord{name: sw, sw: sw, iftype: internalPort, ids: portIDs(kindSwitch, sw, nil)}
}

func gatewayPort(g model.Gateway) portRecord {
	vlans := model.VLANs{Access: g.VLAN}
	ids := map[string]string{KeyAddresses: joinList(g.Addresses), KeyVRF: g.VRF}
	iftype := internalPort
	if g.Port != "" {
		ids[KeyIfname], iftype = g.Interface, ""
	}
	return portRecord{
		name: g.SwitchPort(), sw: g.Switch, iftype: iftype, vlans: vlans,
		ids: portIDs(kindGateway, g.Switch, vlanIDs(vlans, ids)),
	}
}

func uplinkPort(u model.Uplink) portRecord {
	return portRecord{
		name: u.Interface, sw: u.Switch, vlans: u.VLANs,
		ids: portIDs(kindUplink, u.Switch, vlanIDs(u.VLANs, map[string]string{
			KeyWasUp: strconv.FormatBool(u.WasUp),
		})),
	}
}

func attachmentPort(a model.Attachment) portRecord {
	ids := map[string]string{
		KeyNamespace: a.Namespace,
		KeyIfname:    a.Ifname,
		KeyAddresses: joinList(a.Addresses),
		KeyGateways:  joinList(a.Gateways),
		KeyMAC:       a.MAC.String(),
	}
	if a.MTU != 0 {
		ids[KeyMTU] = strconv.Itoa(a.MTU)
	}
	if seg, ok := a.Segment(); ok {
		ids[KeySegment] = seg.String()
	}
	return portRecord{
		name: a.Port, sw: a.Switch, vlans: a.VLANs,
		ids: portIDs(kindAttachment, a.Switch, vlanIDs(a.VLANs, ids)),
	}
}

// portIDs adds what every port carries and drops what is empty.
func portIDs(kind, sw string, more map[string]string) map[string]string {
	ids := map[string]string{KeyOwner: Owner, KeyKind: kind, KeySwitch: sw}
	for k, v := range more {
		if v != "" {
			ids[k] = v
		}
	}
	return ids
}

func vlanIDs(v model.VLANs, ids map[string]string) map[string]string {
	ids[KeyVLAN] = vidText(v.Access)
	ids[KeyTrunk] = v.Trunk.String()
	ids[KeyNativeVLAN] = vidText(v.Native)
	return ids
}

func vidText(v model.VID) string {
	if v == 0 {
		return ""
	}
	return strconv.Itoa(int(v))
}

// objectOf reads the object that a row of Port records; nil for the switch's
// own port without a gateway.
func objectOf(name string, ids map[string]string) (model.Object, error) {
	vlans, err := model.ParseVLANs(ids[KeyVLAN], ids[KeyTrunk], ids[KeyNativeVLAN])
	if err != nil {
		return nil, err
	}
	switch kind := ids[KeyKind]; kind {
	case kindSwitch:
		return nil, nil
	case kindGateway:
		g := model.Gateway{Switch: ids[KeySwitch], VLAN: vlans.Access, Interface: name, VRF: ids[KeyVRF]}
		if ifname := ids[KeyIfname]; ifname != "" {
			g.Interface, g.Port = ifname, name
		}
		g.Addresses, err = splitList(ids[KeyAddresses], netip.ParsePrefix)
		return g, err
	case kindUplink:
		return model.Uplink{Interface: name, Switch: ids[KeySwitch], VLANs: vlans, WasUp: ids[KeyWasUp] == "true"}, nil
	case kindAttachment:
		return attachmentOf(name, vlans, ids)
	default:
		return nil, model.Failedf("%s is %q", KeyKind, kind)
	}
}

func attachmentOf(name string, vlans model.VLANs, ids map[string]string) (model.Object, error) {
	a := model.Attachment{
		Namespace: ids[KeyNamespace], Ifname: ids[KeyIfname],
		Switch: ids[KeySwitch], VLANs: vlans, Port: name,
	}
	var err error
	if a.Addresses, err = splitList(ids[KeyAddresses], netip.ParsePrefix); err != nil {
		return nil, err
	}
	if a.Gateways, err = splitList(ids[KeyGateways], netip.ParseAddr); err != nil {
		return nil, err
	}
	if err = a.MAC.UnmarshalText([]byte(ids[KeyMAC])); err != nil {
		return nil, err
	}
	if mtu := ids[KeyMTU]; mtu != "" {
		a.MTU, err = strconv.Atoi(mtu)
	}
	return a, err
}

// columnsOf reads the columns of a row of Port; false when they are none that
// ovsns writes (no vlan_mode, a mode or columns that do not go together).
func columnsOf(p schema.Port) (model.VLANs, bool) {
	var tag model.VID
	if p.Tag != nil {
		tag = model.VID(*p.Tag)
	}
	var trunks model.VIDSet
	for _, t := range p.Trunks {
		trunks = append(trunks, model.VID(t))
	}
	mode := model.VLANMode("")
	if p.VLANMode != nil {
		mode = model.VLANMode(*p.VLANMode)
	}
	v := model.VLANs{Trunk: trunks}
	if mode == model.ModeAccess || mode == "" && len(trunks) == 0 {
		v.Access = tag
	} else {
		v.Native = tag
	}
	return v, mode == v.Mode() && (mode != model.ModeAccess || len(trunks) == 0)
}

// joinList writes a list separated by spaces.
func joinList[T interface{ String() string }](list []T) string { return joinBy(" ", list) }

func joinBy[T interface{ String() string }](sep string, list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = v.String()
	}
	return strings.Join(words, sep)
}

// splitList reads a list separated by spaces or commas; nil for "".
func splitList[T any](s string, parse func(string) (T, error)) ([]T, error) {
	var list []T
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ' ' || r == ',' }) {
		v, err := parse(word)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
