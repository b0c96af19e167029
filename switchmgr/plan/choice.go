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
