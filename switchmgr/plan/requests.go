package plan

import (
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

// Choice says how an address or a gateway of an attachment is found.
type Choice int

// The choices. The zero value, ChoiceDefault, is ChoiceAuto where the segment
// has a gateway and keeps what an existing attachment has.
const (
	ChoiceDefault Choice = iota
	ChoiceAuto
	ChoiceNone
	ChoiceList // what the list beside it says
)

// AddressChoice is the value of --ip.
type AddressChoice struct {
	Choice Choice
	List   []netip.Prefix // with ChoiceList
}

// ParseAddressChoice reads the values of --ip: "auto", "none" or addresses
// with a prefix; none at all is the default. The error is [model.ErrInvalid].
func ParseAddressChoice(values []string) (AddressChoice, error) {
	choice, err := parseChoice("--ip", values)
	if err != nil || choice != ChoiceList {
		return AddressChoice{Choice: choice}, err
	}
	list, err := model.ParseAll(values, model.ParseAddress)
	return AddressChoice{Choice: choice, List: list}, err
}

// GatewayChoice is the value of --gateway.
type GatewayChoice struct {
	Choice Choice
	List   []netip.Addr // with ChoiceList; at most one per address family
}

// ParseGatewayChoice reads the values of --gateway: "auto", "none" or one
// address per family. The error is [model.ErrInvalid].
func ParseGatewayChoice(values []string) (GatewayChoice, error) {
	choice, err := parseChoice("--gateway", values)
	if err != nil || choice != ChoiceList {
		return GatewayChoice{Choice: choice}, err
	}
	list, err := model.ParseAll(values, model.ParseIP)
	if err != nil {
		return GatewayChoice{}, err
	}
	if len(list) > 2 || len(list) == 2 && list[0].Is4() == list[1].Is4() {
		return GatewayChoice{}, model.Invalidf("--gateway takes one address per address family")
	}
	return GatewayChoice{Choice: choice, List: list}, nil
}

func parseChoice(flag string, values []string) (Choice, error) {
	if len(values) == 0 {
		return ChoiceDefault, nil
	}
	for _, v := range values {
		if (v == "auto" || v == "none") && len(values) > 1 {
			return 0, model.Invalidf("%s %s cannot be combined with another %s", flag, v, flag)
		}
	}
	switch values[0] {
	case "auto":
		return ChoiceAuto, nil
	case "none":
		return ChoiceNone, nil
	}
	return ChoiceList, nil
}

// SwitchRequest asks for a switch.
type SwitchRequest struct {
	Name     string         // "" is [model.DefaultSwitch]
	Datapath model.Datapath // "" or [model.DatapathAuto]: the kernel's where it has one
	// Gateways are the addresses of the host on the untagged segment.
	Gateways     []netip.Prefix
	NAT          bool   // masquerade the gateways' subnets
	OutInterface string // limits NAT; "" is any
}

// AttachRequest asks for an interface of a namespace on a switch.
type AttachRequest struct {
	Namespace string
	Switch    string // "" is the only one there is
	Ifname    string // "" is the one on that switch, else the first free ethN
	// VLANs nil keeps what there is; a new attachment is untagged.
	VLANs   *model.VLANs
	IP      AddressChoice
	Gateway GatewayChoice
	MAC     model.MAC // zero keeps, or lets the kernel choose
	MTU     int       // bytes; 0 keeps, or leaves the kernel's default
}

// DetachRequest asks for an interface to be taken off its switch.
type DetachRequest struct {
	Namespace string
	Switch    string // "" is any
	Ifname    string // "" is the only one (on that switch)
}

// GatewayRequest asks for the host's interface in a segment.
type GatewayRequest struct {
	Switch       string // "" is the only one there is
	VLAN         model.VID
	Addresses    []netip.Prefix
	NAT          bool   // false keeps the NAT there is
	OutInterface string // with NAT; "" is any
}

// LinkRequest asks for a cable between two namespaces; one of them may be
// [model.HostEnd].
type LinkRequest struct {
	A, B       string
	IPA, IPB   []netip.Prefix // nil keeps
	MACA, MACB model.MAC      // zero keeps
	// IfnameA and IfnameB are the names of the ends; "" keeps, or is chosen.
	IfnameA, IfnameB string
}

// UplinkRequest asks for an interface of the host to become a port.
type UplinkRequest struct {
	Interface string
	Switch    string       // "" is the only one there is
	VLANs     *model.VLANs // nil keeps; a new uplink carries the untagged segment
}
