package main

import (
	"context"
	"net"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) uplinkCommand() *cli.Command {
	return &cli.Command{
		Name:  "uplink",
		Usage: "join a network interface of the host to a switch",
		Description: "The interface becomes a port of the switch. One that has addresses is refused:\n" +
			"they would stop working.",
		Subcommands: []*cli.Command{
			{
				Name:        "add",
				Usage:       "make an interface a port of a switch",
				ArgsUsage:   "IF",
				UsageText:   "ovsns uplink add IF [-s SWITCH] [--vlan N | --trunk LIST [--native-vlan N]]",
				Description: "ovsns uplink add eth1\novsns uplink add eth1 --trunk 100,200\novsns uplink add eth1 -s sw1 --vlan 100",
				Flags:       append([]cli.Flag{p.switchFlag()}, p.vlanFlags()...),
				Action:      p.action(uplinkAdd),
			},
			{
				Name:        "list",
				Usage:       "list the uplinks",
				Description: "ovsns uplink list\novsns uplink list -o json",
				Action:      p.action(uplinkList),
			},
			{
				Name:        "delete",
				Usage:       "give an interface back to the host",
				ArgsUsage:   "IF",
				Description: "ovsns uplink delete eth1",
				Flags:       []cli.Flag{cmdline.Yes()},
				Action:      p.action(uplinkDelete),
			},
		},
	}
}

func (p *program) uplinkArguments() cmdline.Arguments {
	return cmdline.Arguments{"uplink add IF": hostInterfaces, "uplink delete IF": p.uplinks}
}

func uplinkAdd(ctx context.Context, s *session) error {
	v, err := vlans(s.cli)
	if err != nil {
		return err
	}
	request := switchmgr.UplinkRequest{Interface: s.arg(0), Switch: s.cli.String(model.SwitchName.Name), VLANs: v}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddUplink(ctx, request)
	})
}

func uplinkDelete(ctx context.Context, s *session) error {
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteUplink(ctx, s.arg(0))
	})
}

func uplinkList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]switchmgr.UplinkView, error) { return m.Uplinks(ctx) }
	return view(ctx, s, query, s.out.uplinks)
}

func (w *printer) uplinks(list []switchmgr.UplinkView) error {
	var rows [][]string
	for _, u := range list {
		rows = append(rows, []string{u.Interface, u.Switch, u.VLANs.String(), u.Problem})
	}
	return w.Table("uplinks", []string{"interface", "switch", "vlans", "?problem"}, rows)
}

func (p *program) uplinks(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, v := range p.live.switches(ctx, p.database(l)) {
		for _, u := range v.Uplinks {
			list = append(list, cmdline.Candidate{Word: u.Interface, About: "uplink of " + u.Switch})
		}
	}
	return list
}

// hostInterfaces returns the interfaces of the host, less the loopback.
func hostInterfaces(context.Context, *cmdline.Line) []cmdline.Candidate {
	interfaces, _ := net.Interfaces()
	var list []cmdline.Candidate
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback == 0 {
			list = append(list, cmdline.Candidates(i.Name)...)
		}
	}
	return list
}
