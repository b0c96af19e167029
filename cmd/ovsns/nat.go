package main

import (
	"context"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) natCommand() *cli.Command {
	return &cli.Command{
		Name:        "nat",
		Usage:       "masquerade subnets out of the host",
		Description: "Only what leaves the host from the subnet is masqueraded, nothing else.",
		Subcommands: []*cli.Command{
			{
				Name:        "add",
				Usage:       "masquerade a subnet",
				ArgsUsage:   "SUBNET",
				Description: "ovsns nat add 172.16.10.0/24\novsns nat add 2001:db8:10::/64 --out-interface eth0",
				Flags:       []cli.Flag{valueFlag(flagOut, "only out of `IF`")},
				Action:      p.action(natAdd),
			},
			{
				Name:        "delete",
				Usage:       "stop masquerading a subnet",
				ArgsUsage:   "SUBNET",
				Description: "ovsns nat delete 172.16.10.0/24",
				Flags:       []cli.Flag{yesFlag()},
				Action:      p.action(natDelete),
			},
			{
				Name:        "list",
				Usage:       "list the subnets with packet and byte counters",
				Description: "ovsns nat list\novsns nat list -o json",
				Action:      p.action(natList),
			},
		},
	}
}

func natAdd(ctx context.Context, s *session) error {
	subnet, err := model.ParseSubnet(s.arg(0))
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddNAT(ctx, model.NAT{Subnet: subnet, OutInterface: s.cli.String(flagOut)})
	})
}

func natDelete(ctx context.Context, s *session) error {
	subnet, err := model.ParseSubnet(s.arg(0))
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteNAT(ctx, subnet)
	})
}

func natList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]switchmgr.NATView, error) { return m.NATs(ctx) }
	return view(ctx, s, query, s.out.nats)
}

func (w *printer) nats(list []switchmgr.NATView) error {
	var rows [][]string
	for _, n := range list {
		rows = append(rows, []string{
			n.Subnet.String(), n.OutInterface,
			strconv.FormatUint(n.Packets, 10), strconv.FormatUint(n.Bytes, 10), n.Problem,
		})
	}
	return w.Table("nat", []string{"subnet", "out-interface", "packets", "bytes", "?problem"}, rows)
}
