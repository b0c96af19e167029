package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) addressCommand() *cli.Command {
	return &cli.Command{
		Name:        "addr",
		Usage:       "add and delete addresses of a namespace",
		Description: "Addresses change while the lab runs; nothing is rebuilt.",
		Subcommands: []*cli.Command{
			{
				Name:        "add",
				Usage:       "add an address",
				ArgsUsage:   "NS CIDR",
				Description: "ovsns addr add red 172.16.10.1/24\novsns addr add red 2001:db8::1/64 --ifname eth1",
				Flags:       []cli.Flag{p.whichFlag()},
				Action:      p.action(addressAdd),
			},
			{
				Name:        "delete",
				Usage:       "delete an address",
				ArgsUsage:   "NS CIDR",
				Description: "ovsns addr delete red 172.16.10.1/24",
				Flags:       []cli.Flag{p.whichFlag(), cmdline.Yes()},
				Action:      p.action(addressDelete),
			},
		},
	}
}

func (p *program) addressArguments() cmdline.Arguments {
	return cmdline.Arguments{"addr delete CIDR": p.addresses}
}

func addressAdd(ctx context.Context, s *session) error {
	address, err := model.Addresses.Item.Parse(s.arg(1))
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddAddress(ctx, s.arg(0), address, s.cli.String(model.Ifname.Name))
	})
}

func addressDelete(ctx context.Context, s *session) error {
	address, err := model.Addresses.Item.Parse(s.arg(1))
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteAddress(ctx, s.arg(0), address, s.cli.String(model.Ifname.Name))
	})
}

// addresses returns those of the namespace that is named already.
func (p *program) addresses(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, a := range p.attachmentsOf(ctx, l) {
		for _, address := range a.Addresses {
			list = append(list, cmdline.Candidate{Word: address.String(), About: a.Ifname})
		}
	}
	return list
}
