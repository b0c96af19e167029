package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) linkCommand() *cli.Command {
	return &cli.Command{
		Name:        "link",
		Usage:       "join two namespaces by a cable, without a switch",
		Description: "An end named host is the host itself.",
		Subcommands: []*cli.Command{
			p.linkAddCommand(),
			{
				Name:        "list",
				Usage:       "list the links",
				Description: "ovsns link list\novsns link list -o json",
				Action:      p.action(linkList),
			},
			{
				Name:        "delete",
				Usage:       "delete a link, both ends",
				ArgsUsage:   "A B",
				Description: "ovsns link delete red blue",
				Flags:       []cli.Flag{yesFlag()},
				Action:      p.action(linkDelete),
			},
		},
	}
}

func (p *program) linkAddCommand() *cli.Command {
	return &cli.Command{
		Name:      "add",
		Usage:     "join two namespaces, or a namespace and the host",
		ArgsUsage: "A B",
		UsageText: "ovsns link add A B [--ip-a CIDR] [--ip-b CIDR] [--mac-a MAC] [--mac-b MAC]",
		Description: `Makes the namespaces when they are missing.

ovsns link add red blue --ip-a 192.0.2.1/24 --ip-b 192.0.2.2/24
ovsns link add red host --ip-a 192.168.20.101/24 --ip-b 192.168.20.102/24`,
		Flags: []cli.Flag{
			listFlag("ip-a", "address of A's end, `CIDR`"),
			listFlag("ip-b", "address of B's end, `CIDR`"),
			valueFlag("mac-a", "`MAC` of A's end"),
			valueFlag("mac-b", "`MAC` of B's end"),
		},
		Action: p.action(linkAdd),
	}
}

func linkAdd(ctx context.Context, s *session) error {
	request, err := linkRequest(s)
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddLink(ctx, request)
	})
}

func linkRequest(s *session) (r switchmgr.LinkRequest, err error) {
	r.A, r.B = s.arg(0), s.arg(1)
	if r.IPA, err = model.ParseAll(s.cli.StringSlice("ip-a"), model.ParseAddress); err != nil {
		return r, err
	}
	if r.IPB, err = model.ParseAll(s.cli.StringSlice("ip-b"), model.ParseAddress); err != nil {
		return r, err
	}
	if r.MACA, err = mac(s.cli, "mac-a"); err != nil {
		return r, err
	}
	r.MACB, err = mac(s.cli, "mac-b")
	return r, err
}

func linkDelete(ctx context.Context, s *session) error {
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteLink(ctx, s.arg(0), s.arg(1))
	})
}

func linkList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]model.Link, error) { return m.Links(ctx) }
	return view(ctx, s, query, s.out.links)
}

func (w *printer) links(list []model.Link) error {
	var rows [][]string
	for _, l := range list {
		rows = append(rows, []string{
			l.A.Namespace, l.A.Ifname, output.Spaced(l.A.Addresses), l.A.MAC.String(),
			l.B.Namespace, l.B.Ifname, output.Spaced(l.B.Addresses), l.B.MAC.String(),
		})
	}
	return w.Table("links", []string{
		"a", "interface", "addresses", "?mac", "b", "interface", "addresses", "?mac",
	}, rows)
}
