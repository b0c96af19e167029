package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) gatewayCommand() *cli.Command {
	return &cli.Command{
		Name:  "gateway",
		Usage: "give the host addresses in a segment of a switch",
		Description: "The gateway of a segment is the host's own interface in it: the switch itself\n" +
			"for the untagged segment, else an internal port tagged with the VLAN.",
		Subcommands: []*cli.Command{
			p.gatewaySetCommand(),
			{
				Name:        "list",
				Usage:       "list the gateways",
				Description: "ovsns gateway list\novsns gateway list -o json",
				Action:      p.action(gatewayList),
			},
			{
				Name:        "delete",
				Usage:       "take the host out of a segment",
				Description: "ovsns gateway delete\novsns gateway delete --vlan 100",
				Flags:       []cli.Flag{p.switchFlag(), p.segmentFlag(), cmdline.Yes()},
				Action:      p.action(gatewayDelete),
			},
		},
	}
}

func (p *program) gatewaySetCommand() *cli.Command {
	vrf := flagOf(model.VRF, nil)
	vrf.About += " (not available yet)"
	return &cli.Command{
		Name:      "set",
		Usage:     "set the addresses of the host in a segment",
		ArgsUsage: "CIDR...",
		UsageText: "ovsns gateway set [-s SWITCH] [--vlan N] CIDR... [--nat] [--out-interface IF]",
		Description: `Makes the gateway, or gives it exactly these addresses. The host does not
forward between segments of the lab unless ovsns allow says so.

ovsns gateway set 172.16.10.254/24
ovsns gateway set --vlan 100 192.168.0.254/24 2001:db8:100::1/64 --nat
ovsns gateway set --vlan 200 10.2.0.254/24 --nat --out-interface eth0`,
		Flags: []cli.Flag{
			p.switchFlag(),
			p.segmentFlag(),
			switchOf(model.Masquerade),
			flagOf(model.OutInterface, hostInterfaces).Flag(),
			vrf.Flag(),
		},
		Action: p.action(gatewaySet),
	}
}

func gatewaySet(ctx context.Context, s *session) error {
	if s.cli.String(model.VRF.Name) != "" {
		return model.Invalidf("router namespaces (--vrf) are not available yet")
	}
	vlan, err := given(s.cli, model.SegmentVLAN)
	if err != nil {
		return err
	}
	addresses, err := model.ParseAll(s.argsFrom(0), model.GatewayAddresses.Item.Parse)
	if err != nil {
		return err
	}
	request := switchmgr.GatewayRequest{
		Switch: s.cli.String(model.SwitchName.Name), VLAN: vlan, Addresses: addresses,
		NAT: s.cli.Bool(model.Masquerade.Name), OutInterface: s.cli.String(model.OutInterface.Name),
	}
	if err := s.checkOut(request.NAT); err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.SetGateway(ctx, request)
	})
}

func gatewayDelete(ctx context.Context, s *session) error {
	vlan, err := given(s.cli, model.SegmentVLAN)
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteGateway(ctx, s.cli.String(model.SwitchName.Name), vlan)
	})
}

func gatewayList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]switchmgr.GatewayView, error) {
		return m.Gateways(ctx)
	}
	return view(ctx, s, query, s.out.gateways)
}

func (w *printer) gateways(list []switchmgr.GatewayView) error {
	var rows [][]string
	for _, g := range list {
		rows = append(rows, []string{
			g.Switch, vlanNumber(g.VLAN), g.Interface, output.Spaced(g.Addresses), output.YesNo(g.NAT), g.VRF, g.Problem,
		})
	}
	return w.Table("gateways", []string{"switch", "vlan", "interface", "addresses", "nat", "?vrf", "?problem"}, rows)
}

// gatewayWords returns "sw0.100 192.168.0.254/24, nat".
func gatewayWords(g switchmgr.GatewayView) string {
	words := g.Interface + prefixed(" ", output.Spaced(g.Addresses)) + prefixed(" in vrf ", g.VRF)
	if g.NAT {
		words += ", nat"
	}
	return words
}
