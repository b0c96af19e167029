package switchmgr

import "github.com/ovsns/ovsns/switchmgr/plan"

type (
	// SwitchRequest asks for a switch, see [plan.SwitchRequest].
	SwitchRequest = plan.SwitchRequest
	// NamespaceRequest asks for namespaces, see [plan.NamespaceRequest].
	NamespaceRequest = plan.NamespaceRequest
	// AttachRequest asks for an attachment, see [plan.AttachRequest].
	AttachRequest = plan.AttachRequest
	// DetachRequest asks for an attachment to go, see [plan.DetachRequest].
	DetachRequest = plan.DetachRequest
	// GatewayRequest asks for a gateway, see [plan.GatewayRequest].
	GatewayRequest = plan.GatewayRequest
	// LinkRequest asks for a cable, see [plan.LinkRequest].
	LinkRequest = plan.LinkRequest
	// CableRequest asks for a cable between switches, see [plan.CableRequest].
	CableRequest = plan.CableRequest
	// UplinkRequest asks for an uplink, see [plan.UplinkRequest].
	UplinkRequest = plan.UplinkRequest
	// AddressChoice is the value of --ip, see [plan.AddressChoice].
	AddressChoice = plan.AddressChoice
	// GatewayChoice is the value of --gateway, see [plan.GatewayChoice].
	GatewayChoice = plan.GatewayChoice
)

// The ways to choose an address or a gateway, see [plan.Choice].
const (
	ChoiceDefault = plan.ChoiceDefault
	ChoiceAuto    = plan.ChoiceAuto
	ChoiceNone    = plan.ChoiceNone
	ChoiceList    = plan.ChoiceList
)

// ParseAddressChoice reads the values of --ip, see [plan.ParseAddressChoice].
func ParseAddressChoice(values []string) (AddressChoice, error) {
	return plan.ParseAddressChoice(values)
}

// ParseGatewayChoice reads the values of --gateway, see
// [plan.ParseGatewayChoice].
func ParseGatewayChoice(values []string) (GatewayChoice, error) {
	return plan.ParseGatewayChoice(values)
}
