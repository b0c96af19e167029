package switchmgr

import (
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

// Result is what a verb did, or would do with [Options].DryRun.
type Result struct {
	// Plan lists the changes; empty when the wish already held.
	Plan model.Plan `json:"changes"`
	// DryRun says that nothing was done.
	DryRun bool `json:"dry_run"`
	// Notes are sentences for people about what the plan does not show, such
	// as processes that stay behind.
	Notes []string `json:"notes,omitempty"`
	// Facts is what [ops.WriteScript] wants to know beside the plan.
	Facts ops.Facts `json:"-"`
}

// Lab is everything that ovsns made, with the condition it is in.
type Lab struct {
	Switches   []SwitchView    `json:"switches"`
	Namespaces []NamespaceView `json:"namespaces"`
	Links      []LinkView      `json:"links"`
	Cables     []CableView     `json:"cables"`
	NAT        []NATView       `json:"nat"`
	Allow      []AllowView     `json:"allow"`
	Sysctls    []SysctlView    `json:"sysctls"`
	// Drift lists in which respects the host is not as it is recorded.
	Drift []local.Drift `json:"drift"`
}

// SwitchView is a switch with what is on it.
type SwitchView struct {
	model.Switch
	Gateways    []GatewayView    `json:"gateways"`
	Uplinks     []UplinkView     `json:"uplinks"`
	Attachments []AttachmentView `json:"attachments"`
	Problem     string           `json:"problem,omitempty"`
}

// GatewayView is a gateway, whether its subnets are masqueraded, and what is
// wrong with it.
type GatewayView struct {
	model.Gateway
	NAT     bool   `json:"nat"`
	Problem string `json:"problem,omitempty"` // "" when all is well
}

// UplinkView is an uplink and what is wrong with it.
type UplinkView struct {
	model.Uplink
	Problem string `json:"problem,omitempty"` // "" when all is well
}

// AttachmentView is an attachment, its number on the switch and what is wrong
// with it.
type AttachmentView struct {
	model.Attachment
	OFPort  int    `json:"ofport"`            // OpenFlow port number; 0 when it has none
	Problem string `json:"problem,omitempty"` // "" when all is well
}

// LinkView is a link and what is wrong with it.
type LinkView struct {
	model.Link
	Problem string `json:"problem,omitempty"` // "" when all is well
}

// CableView is a cable between two switches and what is wrong with it.
type CableView struct {
	model.Cable
	Problem string `json:"problem,omitempty"` // "" when all is well
}

// NamespaceView is a namespace with its interfaces and routes.
type NamespaceView struct {
	model.Namespace
	Attachments []AttachmentView `json:"attachments"`
	Links       []LinkView       `json:"links"`
	Routes      []RouteView      `json:"routes"`
	Processes   []nsmgr.Process  `json:"processes"`
	Problem     string           `json:"problem,omitempty"` // "" when all is well
}

// RouteView is a route as the kernel has it.
type RouteView struct {
	To        string `json:"to"`
	Via       string `json:"via,omitempty"`
	Interface string `json:"interface"`
	Protocol  string `json:"protocol"`
}

// NATView is a NAT rule with its counters.
type NATView struct {
	model.NAT
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
	Problem string `json:"problem,omitempty"` // "" when all is well
}

// AllowView is a pair of segments that may route to each other.
type AllowView struct {
	A       string `json:"a"`
	B       string `json:"b"`
	Problem string `json:"problem,omitempty"` // "" when all is well
}

// SysctlView is a setting of the host that ovsns has changed, and what is wrong with
// it.
type SysctlView struct {
	model.Sysctl
	Problem string `json:"problem,omitempty"` // "" when all is well
}

// Check is one line of a doctor's report.
type Check struct {
	Name   string      `json:"name"`
	Status CheckStatus `json:"status"`
	Detail string      `json:"detail"`
	Hint   string      `json:"hint,omitempty"` // what to type when it is not ok
}

// CheckStatus is the outcome of a [Check].
type CheckStatus string

// The outcomes: fine, works with a limit, does not work.
const (
	CheckOK   CheckStatus = "ok"
	CheckWarn CheckStatus = "warn"
	CheckFail CheckStatus = "fail"
)
