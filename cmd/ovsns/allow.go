package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) allowCommand() *cli.Command {
	return &cli.Command{
		Name:  "allow",
		Usage: "let two segments route to each other through the host",
		Description: "A SEGMENT is sw0 (untagged), sw0:100 (a VLAN), or the name of a namespace that\n" +
			"is linked to the host. Without allow, segments are isolated at layer 3.",
		Subcommands: []*cli.Command{
			{
				Name:        "add",
				Usage:       "allow a pair, both ways",
				ArgsUsage:   "SEGMENT SEGMENT",
				Description: "ovsns allow add sw0:100 sw0:200\novsns allow add sw0 testns1",
				Action:      p.action(allowAdd),
			},
			{
				Name:        "delete",
				Usage:       "isolate a pair again",
				ArgsUsage:   "SEGMENT SEGMENT",
				Description: "ovsns allow delete sw0:100 sw0:200",
				Flags:       []cli.Flag{cmdline.Yes()},
				Action:      p.action(allowDelete),
			},
			{
				Name:        "list",
				Usage:       "list the pairs",
				Description: "ovsns allow list\novsns allow list -o json",
				Action:      p.action(allowList),
			},
		},
	}
}

func (p *program) allowArguments() cmdline.Arguments {
	return cmdline.Arguments{"SEGMENT": p.segments}
}

func allowAdd(ctx context.Context, s *session) error {
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddAllow(ctx, s.arg(0), s.arg(1))
	})
}

func allowDelete(ctx context.Context, s *session) error {
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteAllow(ctx, s.arg(0), s.arg(1))
	})
}

func allowList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]switchmgr.AllowView, error) { return m.Allows(ctx) }
	return view(ctx, s, query, s.out.allows)
}

func (w *printer) allows(list []switchmgr.AllowView) error {
	var rows [][]string
	for _, a := range list {
		rows = append(rows, []string{a.A, a.B, a.Problem})
	}
	return w.Table("allowed pairs", []string{"a", "b", "?problem"}, rows)
}

// segments returns what may route: switches, their VLANs with a gateway, and
// namespaces linked to the host.
func (p *program) segments(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	lab := p.live.lab(ctx, p.database(l))
	for _, v := range lab.Switches {
		for _, g := range v.Gateways {
			list = append(list, cmdline.Candidate{Word: g.Segment().String(), About: "segment " + g.Interface})
		}
	}
	for _, link := range lab.Links {
		if _, host := link.End(model.HostEnd); host {
			list = append(list, cmdline.Candidate{Word: otherEnd(link.Link, model.HostEnd).Namespace, About: "linked to the host"})
		}
	}
	return list
}

func allowTree(allows []switchmgr.AllowView) output.Tree {
	t := output.Tree{Text: "allow"}
	for _, a := range allows {
		t.Add("%s <-> %s%s", a.A, a.B, problem(a.Problem))
	}
	return t
}
