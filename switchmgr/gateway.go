package switchmgr

import (
	"context"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// SetGateway gives the host an interface in a segment, with exactly the
// addresses of the request. The errors are [model.ErrNotFound] for the switch,
// [model.ErrConflict] for a subnet that overlaps another of the host or an
// address that is taken, [model.ErrNotManaged] when the interface's name is.
func (m *Manager) SetGateway(ctx context.Context, r GatewayRequest) (*Result, error) {
	observe := func() (*view, error) {
		s := local.Scope{Host: true}
		if r.Switch != "" {
			s.DB.Names = append(gatewayNames(r.Switch, r.VLAN), r.Switch)
			s.DB.Segments = []model.Segment{{Switch: r.Switch, VLAN: r.VLAN}}
			return m.observe(ctx, s)
		}
		v, err := m.observe(ctx, local.Scope{})
		if err != nil {
			return nil, err
		}
		for _, sw := range model.All[model.Switch](v.Snap.Recorded) {
			s.DB.Names = append(s.DB.Names, gatewayNames(sw.Name, r.VLAN)...)
			s.DB.Segments = append(s.DB.Segments, model.Segment{Switch: sw.Name, VLAN: r.VLAN})
		}
		return m.observe(ctx, s)
	}
	return m.changeSeen(ctx, manner{}, observe, func(e *plan.Editor, _ *view) ([]string, error) { return nil, e.SetGateway(r) })
}

// gatewayNames lists the names that a gateway may want.
func gatewayNames(sw string, vlan model.VID) []string {
	ifname := model.GatewayInterface(sw, vlan)
	return []string{ifname, model.StandInPort(ifname)}
}

// DeleteGateway takes the host's interface out of a segment, with the NAT of
// its subnets; sw "" is the only switch. The error is [model.ErrNotFound].
func (m *Manager) DeleteGateway(ctx context.Context, sw string, vlan model.VID) (*Result, error) {
	s := local.Scope{Host: true}
	if sw != "" {
		s.DB = ovsdb.Scope{Names: []string{sw}}
	}
	return m.change(ctx, s, func(e *plan.Editor) error { return e.DeleteGateway(sw, vlan) })
}

// Gateways lists the gateways of all switches.
func (m *Manager) Gateways(ctx context.Context) ([]GatewayView, error) {
	lab, err := m.Show(ctx)
	if err != nil {
		return nil, err
	}
	var list []GatewayView
	for _, sw := range lab.Switches {
		list = append(list, sw.Gateways...)
	}
	return list, nil
}
