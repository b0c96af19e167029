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
		Name:  "link",
		Usage: "join two namespaces, a namespace and the host, or two switches by a cable",
		Description: "An end named host is the host itself. An end that is the name of a switch is\n" +
			"that switch: two of them are joined by patch ports, which carry all VLANs unless\n" +
			"said otherwise. What is both is told apart by switch:NAME and ns:NAME.",
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
				UsageText:   "ovsns link delete A B [--name NAME]",
				Description: "ovsns link delete red blue\novsns link delete s1 s2 --name backup",
				Flags:       []cli.Flag{flagOf(model.CableName, p.cableNames).Flag(), cmdline.Yes()},
				Action:      p.action(linkDelete),
			},
		},
	}
}

func (p *program) linkAddCommand() *cli.Command {
	return &cli.Command{
		Name:      "add",
		Usage:     "join two namespaces, a namespace and the host, or two switches",
		ArgsUsage: "A B",
		UsageText: "ovsns link add A B [--ip-a CIDR] [--ip-b CIDR] [--mac-a MAC] [--mac-b MAC]\n" +
			"ovsns link add S1 S2 [--trunk all|LIST [--native-vlan N] | --vlan N] [--name NAME] [--veth] [--force]",
		Description: `Makes the namespaces when they are missing. A cable between switches that closes
a loop is refused, unless --force.

ovsns link add red blue --ip-a 192.0.2.1/24 --ip-b 192.0.2.2/24
ovsns link add red host --ip-a 192.168.20.101/24 --ip-b 192.168.20.102/24
ovsns link add s1 s2
ovsns link add s1 s2 --name backup --trunk 100,200 --veth`,
		Flags: append([]cli.Flag{
			flagOf(model.LinkAddresses("a").Property, nil).List(),
			flagOf(model.LinkAddresses("b").Property, nil).List(),
			flagOf(model.LinkMAC("a"), nil).Flag(),
			flagOf(model.LinkMAC("b"), nil).Flag(),
			flagOf(model.CableName, p.cableNames).Flag(),
			switchOf(model.VethCable),
			cmdline.Bool(flagForce, "join switches also where that closes a loop"),
		}, p.vlanFlags()...),
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
	if r.MACB, err = given(s.cli, model.LinkMAC("b")); err != nil {
		return r, err
	}
	r.Cable, err = cableRequest(s)
	return r, err
}

func cableRequest(s *session) (r switchmgr.CableRequest, err error) {
	r.Veth, r.Force = s.cli.Bool(model.VethCable.Name), s.cli.Bool(flagForce)
	if r.Name, err = given(s.cli, model.CableName); err != nil {
		return r, err
	}
	r.VLANs, err = vlans(s.cli)
	return r, err
}

func linkDelete(ctx context.Context, s *session) error {
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteLink(ctx, s.arg(0), s.arg(1), s.cli.String(model.CableName.Name))
	})
}

func linkList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]any, error) {
		lab, err := m.Show(ctx)
		if err != nil {
			return nil, err
		}
		return linksAndCables(lab), nil
	}
	return view(ctx, s, query, s.out.links)
}

// linksAndCables returns what `link add` has made of both sorts.
func linksAndCables(lab *switchmgr.Lab) []any {
	list := []any{}
	for _, l := range lab.Links {
		list = append(list, l)
	}
	for _, c := range lab.Cables {
		list = append(list, c)
	}
	return list
}

// links prints links and cables in one table.
func (w *printer) links(list []any) error {
	var rows [][]string
	for _, item := range list {
		l, ok := item.(switchmgr.LinkView)
		if c, is := item.(switchmgr.CableView); is {
			rows = append(rows, []string{
				c.A.Switch, c.A.Port, "", "", c.B.Switch, c.B.Port, "", "", c.VLANs.String(), c.Name, c.Problem,
			})
		}
		if !ok {
			continue
		}
		rows = append(rows, []string{
			l.A.Namespace, l.A.Ifname, output.Spaced(l.A.Addresses), l.A.MAC.String(),
			l.B.Namespace, l.B.Ifname, output.Spaced(l.B.Addresses), l.B.MAC.String(), "", "", l.Problem,
		})
	}
	return w.Table("links", []string{
		"a", "interface", "addresses", "?mac", "b", "interface", "addresses", "?mac", "?vlans", "?name", "?problem",
	}, rows)
}

func (p *program) newLinkEnds(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	list := append(p.namespaceNames(ctx, l), p.switchNames(ctx, l)...)
	return append(list, cmdline.Candidate{Word: model.HostEnd, About: "the host itself"})
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
	for _, c := range p.live.lab(ctx, p.database(l)).Cables {
		for i, end := range c.Ends() {
			if len(l.Args) == 0 || l.Args[0] == c.Ends()[1-i].Switch {
				list = append(list, cmdline.Candidates(end.Switch)...)
			}
		}
	}
	slices.SortFunc(list, func(a, b cmdline.Candidate) int { return strings.Compare(a.Word, b.Word) })
	return slices.Compact(list)
}

// cableNames returns the names that cables have.
func (p *program) cableNames(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, c := range p.live.lab(ctx, p.database(l)).Cables {
		if c.Name != "" {
			list = append(list, cmdline.Candidate{Word: c.Name, About: "cable " + c.A.Switch + " -- " + c.B.Switch})
		}
	}
	return list
}

func cablesTree(cables []switchmgr.CableView) output.Tree {
	t := output.Tree{Text: "cables"}
	for _, c := range cables {
		t.Add("%s -- %s%s %s%s", c.A.Switch, c.B.Switch, prefixed(" ", c.Name), c.VLANs, problem(c.Problem))
	}
	return t
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
