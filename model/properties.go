package model

import (
	"net/netip"
	"net/url"
)

// The properties that objects share. Those of one kind alone stand in its file.
var (
	// SwitchName is the switch that something is on.
	SwitchName = Property[string]{
		"switch", "The switch it is on; may be left out when there is only one.",
		texts[string]("the name of a switch, up to 15 characters", CheckSwitch).standIn("SWITCH"),
	}
	// NamespaceName is the namespace that something is in.
	NamespaceName = Property[string]{
		"namespace", "The network namespace.", texts[string]("the name of a namespace", CheckNamespace).standIn("NS"),
	}
	// Ifname is the name of an interface in its namespace.
	Ifname = Property[string]{"ifname", "Its name in the namespace; eth0, eth1, ... without it.", ifname("the name of an interface")}
	// HostInterface is an interface of the host.
	HostInterface = Property[string]{"interface", "Its name in the host.", ifname("the name of an interface of the host")}
	// Access is the VLAN of an access port.
	Access = Property[VID]{"vlan", "Access port of this VLAN; the untagged segment without it.", vid()}
	// Trunk lists the VLANs of a trunk port.
	Trunk = Property[VIDSet]{"trunk", `Trunk port of these VLANs, "10,20-29".`, Value[VIDSet]{
		Expected: `VLANs such as "10,20-29"`, Parse: ParseVIDSet, Format: VIDSet.String, Placeholder: "LIST",
	}}
	// Native is the VLAN of a trunk's untagged frames.
	Native = Property[VID]{"native-vlan", "The VLAN of untagged frames on a trunk.", vid()}
	// Addresses are those of an interface.
	Addresses = listOf("address", "Its addresses with prefix length.", address)
	// HardwareAddress is that of an interface.
	HardwareAddress = Property[MAC]{
		"mac", "Its MAC; the kernel chooses without it.", read("a MAC such as 02:00:00:00:00:01", ParseMAC).standIn("MAC"),
	}
	// MTU is that of an interface.
	MTU = Property[int]{
		"mtu", "Its MTU in bytes; 1500 without it.", numbers[int]("an MTU from 68 to 65535", "MTU", 68, 65535).standIn("BYTES"),
	}
	// OutInterface limits NAT.
	OutInterface = Property[string]{
		"out-interface", "The one interface of the host by which NAT works; any without it.", HostInterface.Value,
	}
	// InPlace is the network stack that something stands in.
	InPlace = Property[Place]{"place", "The router namespace that it stands in; the host without it.", texts[Place]("the name of a namespace", CheckNamespace)}
	// Condition is what is wrong with an object that is there: "eth0 is down".
	Condition = Property[string]{"state", "What is wrong with it.", texts[string]("", nil)}
)

func ifname(expected string) Value[string] {
	return texts[string](expected, CheckIfname).standIn("IF")
}

func vid() Value[VID] {
	v := numbers[VID]("a VLAN from 1 to 4094", "VLAN", 1, int(MaxVID)).standIn("N")
	v.Parse = ParseVID
	return v
}

var address = withSlash(read("an address such as 172.16.10.1/24", ParseAddress).standIn("CIDR"))

// withSlash are texts with a prefix length.
func withSlash(v Value[netip.Prefix]) Value[netip.Prefix] {
	v.Pattern = "/"
	return v
}

// escaped are texts of any characters.
func escaped() Value[string] {
	return Value[string]{Expected: "a text", Parse: url.PathUnescape, Format: url.PathEscape}
}

// vlanFields are the fields of what a port carries.
func vlanFields[T Object](part func(*T) *VLANs) []Field {
	return []Field{
		field(Stored, Access, func(o *T) *VID { return &part(o).Access }),
		field(Stored, Trunk, func(o *T) *VIDSet { return &part(o).Trunk }),
		field(Stored, Native, func(o *T) *VID { return &part(o).Native }),
		derived("vlans", func(o T) string { return part(&o).String() }),
	}
}
