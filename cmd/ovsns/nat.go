package main

import (
	"context"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
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
				Flags:       []cli.Flag{flagOf(model.OutInterface, hostInterfaces).Flag()},
				Action:      p.action(natAdd),
			},
			{
				Name:        "delete",
				Usage:       "stop masquerading a subnet",
				ArgsUsage:   "SUBNET",
				Description: "ovsns nat delete 172.16.10.0/24",
				Flags:       []cli.Flag{cmdline.Yes()},
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

func (p *program) natArguments() cmdline.Arguments {
	return cmdline.Arguments{"nat add SUBNET": p.gatewaySubnets, "nat delete SUBNET": p.masqueraded}
}

func natAdd(ctx context.Context, s *session) error {
	subnet, err := model.Subnet.Parse(s.arg(0))
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddNAT(ctx, model.NAT{Subnet: subnet, OutInterface: s.cli.String(model.OutInterface.Name)})
	})
}

func natDelete(ctx context.Context, s *session) error {
	subnet, err := model.Subnet.Parse(s.arg(0))
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

func (p *program) masqueraded(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, n := range p.live.lab(ctx, p.database(l)).NAT {
		list = append(list, cmdline.Candidate{Word: n.Subnet.String(), About: "masqueraded"})
	}
	return list
}

// gatewaySubnets returns those that are not masqueraded.
func (p *program) gatewaySubnets(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, v := range p.live.switches(ctx, p.database(l)) {
		for _, g := range v.Gateways {
			for _, address := range g.Addresses {
				if !g.NAT {
					list = append(list, cmdline.Candidate{Word: address.Masked().String(), About: "subnet of " + g.Interface})
				}
			}
		}
	}
	return list
}

func natTree(nats []switchmgr.NATView) output.Tree {
	t := output.Tree{Text: "nat"}
	for _, n := range nats {
		t.Add("%s%s, %d packets, %d bytes%s", n.Subnet, prefixed(" out of ", n.OutInterface), n.Packets, n.Bytes, problem(n.Problem))
	}
	return t
}
