package switchmgr

import "github.com/ovsns/ovsns/switchmgr/plan"

// The requests of the verbs; package plan turns them into plans.
type (
	SwitchRequest  = plan.SwitchRequest
	AttachRequest  = plan.AttachRequest
	DetachRequest  = plan.DetachRequest
	GatewayRequest = plan.GatewayRequest
	LinkRequest    = plan.LinkRequest
	UplinkRequest  = plan.UplinkRequest
	AddressChoice  = plan.AddressChoice
	GatewayChoice  = plan.GatewayChoice
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
