package main

import (
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
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
				Flags:       []cli.Flag{cmdline.Yes()},
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
			flagOf(model.LinkAddresses("a").Property, nil).List(),
			flagOf(model.LinkAddresses("b").Property, nil).List(),
			flagOf(model.LinkMAC("a"), nil).Flag(),
			flagOf(model.LinkMAC("b"), nil).Flag(),
		},
		Action: p.action(linkAdd),
	}
}

func (p *program) linkArguments() cmdline.Arguments {
	return cmdline.Arguments{
		"link add A": p.newLinkEnds, "link add B": p.newLinkEnds,
		"link delete A": p.linkEnds, "link delete B": p.linkEnds,
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
	if r.IPA, err = allGiven(s.cli, model.LinkAddresses("a")); err != nil {
		return r, err
	}
	if r.IPB, err = allGiven(s.cli, model.LinkAddresses("b")); err != nil {
		return r, err
	}
	if r.MACA, err = given(s.cli, model.LinkMAC("a")); err != nil {
		return r, err
	}
	r.MACB, err = given(s.cli, model.LinkMAC("b"))
	return r, err
}

func linkDelete(ctx context.Context, s *session) error {
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteLink(ctx, s.arg(0), s.arg(1))
	})
}

func linkList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]switchmgr.LinkView, error) { return m.Links(ctx) }
	return view(ctx, s, query, s.out.links)
}

func (w *printer) links(list []switchmgr.LinkView) error {
	var rows [][]string
	for _, l := range list {
		rows = append(rows, []string{
			l.A.Namespace, l.A.Ifname, output.Spaced(l.A.Addresses), l.A.MAC.String(),
			l.B.Namespace, l.B.Ifname, output.Spaced(l.B.Addresses), l.B.MAC.String(), l.Problem,
		})
	}
	return w.Table("links", []string{
		"a", "interface", "addresses", "?mac", "b", "interface", "addresses", "?mac", "?problem",
	}, rows)
}

func (p *program) newLinkEnds(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	return append(p.namespaceNames(ctx, l), cmdline.Candidate{Word: model.HostEnd, About: "the host itself"})
}

// linkEnds returns ends of links; the second end fits the first.
func (p *program) linkEnds(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, link := range p.live.lab(ctx, p.database(l)).Links {
		if len(l.Args) == 0 {
			list = append(list, cmdline.Candidates(link.A.Namespace, link.B.Namespace)...)
		} else if _, ok := link.End(l.Args[0]); ok {
			list = append(list, cmdline.Candidates(otherEnd(link.Link, l.Args[0]).Namespace)...)
		}
	}
	slices.SortFunc(list, func(a, b cmdline.Candidate) int { return strings.Compare(a.Word, b.Word) })
	return slices.Compact(list)
}

func linksTree(links []switchmgr.LinkView) output.Tree {
	t := output.Tree{Text: "links"}
	for _, l := range links {
		t.Add("%s -- %s%s", endWords(l.A), endWords(l.B), problem(l.Problem))
	}
	return t
}

func endWords(e model.LinkEnd) string {
	return strings.Join(strings.Fields(e.Namespace+" "+e.Ifname+" "+output.Spaced(e.Addresses)+" "+e.MAC.String()), " ")
}

func otherEnd(l model.Link, namespace string) model.LinkEnd {
	if l.A.Namespace == namespace {
		return l.B
	}
	return l.A
}
