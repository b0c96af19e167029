package ovsdb

import (
	"maps"
	"slices"
)

// Keys that ovsns writes into the column external_ids. They are flat, so that
// `ovs-vsctl find port external_ids:ovsns-namespace=red` finds them, and they
// are the only memory of ovsns.
//
// On rows of Bridge, Port and Interface:
const (
	// KeyOwner marks a row as made by ovsns; its value is [Owner]. A row
	// without it is never changed.
	KeyOwner = "ovsns-owner"
	// KeyKind is "switch", "attachment", "gateway" or "uplink". The switch's
	// own port is "gateway" while it carries the untagged gateway, else
	// "switch".
	KeyKind = "ovsns-kind"
	// KeyDatapath is the datapath of a switch, "system", "netdev" or "dummy"
	// (Bridge).
	KeyDatapath = "ovsns-datapath"
	// KeySwitch is the name of the port's switch.
	KeySwitch = "ovsns-switch"
	// KeyNamespace and KeyIfname name the other end of an attachment; KeyIfname
	// alone that of a gateway which is a veth.
	KeyNamespace = "ovsns-namespace"
	KeyIfname    = "ovsns-ifname"
	// KeyVLAN, KeyTrunk and KeyNativeVLAN are what was asked for; the columns
	// tag, trunks and vlan_mode are what is. Absent: not given.
	KeyVLAN       = "ovsns-vlan"
	KeyTrunk      = "ovsns-trunk"
	KeyNativeVLAN = "ovsns-native-vlan"
	// KeySegment is the segment of an attachment's untagged frames, "sw0" or
	// "sw0:100"; absent on a trunk without a native VLAN.
	KeySegment = "ovsns-segment"
	// KeyAddresses and KeyGateways are lists separated by spaces.
	KeyAddresses = "ovsns-addresses"
	KeyGateways  = "ovsns-gateways"
	// KeyMAC and KeyMTU are those of the namespace's end of an attachment.
	KeyMAC = "ovsns-mac"
	KeyMTU = "ovsns-mtu"
	// KeyVRF is the router namespace of a gateway.
	KeyVRF = "ovsns-vrf"
	// KeyWasUp says whether an uplink was up before, "true" or "false".
	KeyWasUp = "ovsns-was-up"
	// KeyIfaceID and KeyAttachedMAC are the conventional keys of an Interface
	// (Open vSwitch, IntegrationGuide); iface-id is "<namespace>/<ifname>".
	KeyIfaceID     = "iface-id"
	KeyAttachedMAC = "attached-mac"
)

// Prefixes of the keys in external_ids of the one row of Open_vSwitch: one key
// for each thing, so that a change to one touches no other.
const (
	PrefixNamespace = "ovsns-namespace/" // + name = "true"
	PrefixRoute     = "ovsns-route/"     // + namespace/prefix = next hop
	PrefixLink      = "ovsns-link/"      // + a/b = "a=red a-if=eth0 b=host b-if=red-eth0 ..."
	PrefixNAT       = "ovsns-nat/"       // + subnet = out interface or ""
	PrefixAllow     = "ovsns-allow/"     // + a,b = "a-switch=sw0 a-if=sw0 b-switch=sw0 b-vlan=300 b-if=sw0.300"
	PrefixSysctl    = "ovsns-sysctl/"    // + path = "before value"
)

// Owner is the value of [KeyOwner].
const Owner = "ovsns"

// Values of KeyKind.
const (
	kindSwitch     = "switch"
	kindAttachment = "attachment"
	kindGateway    = "gateway"
	kindUplink     = "uplink"
)

// portKeys are all keys that may stand on a row of Port or Interface; those
// that a record does not set are taken off when it is written.
var portKeys = []string{
	KeyOwner, KeyKind, KeySwitch, KeyNamespace, KeyIfname, KeyVLAN, KeyTrunk,
	KeyNativeVLAN, KeySegment, KeyAddresses, KeyGateways, KeyMAC, KeyMTU,
	KeyVRF, KeyWasUp, KeyIfaceID, KeyAttachedMAC,
}

// bridgeKeys are all keys that may stand on a row of Bridge.
var bridgeKeys = []string{KeyOwner, KeyKind, KeyDatapath}

// owned reports whether a row with these external_ids was made by ovsns.
func owned(ids map[string]string) bool { return ids[KeyOwner] == Owner }

// interfaceIDs returns the external_ids of the Interface row of a port: enough
// of the port's to be found by the same conditions, and the conventional keys.
func interfaceIDs(port map[string]string) map[string]string {
	ids := map[string]string{}
	for _, k := range []string{KeyOwner, KeyKind, KeySwitch, KeyNamespace, KeySegment} {
		if v, ok := port[k]; ok {
			ids[k] = v
		}
	}
	if port[KeyKind] == kindAttachment {
		ids[KeyIfaceID] = port[KeyNamespace] + "/" + port[KeyIfname]
		if mac := port[KeyMAC]; mac != "" {
			ids[KeyAttachedMAC] = mac
		}
	}
	return ids
}

// sortedKeys returns the keys of a map in a fixed order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
