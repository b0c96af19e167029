package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) namespaceCommand() *cli.Command {
	return &cli.Command{
		Name:  "ns",
		Usage: "make, show and delete namespaces",
		Description: "Ordinary named network namespaces, usable with ip netns. Only those that ovsns\n" +
			"made are ever deleted.",
		Subcommands: []*cli.Command{
			{
				Name:        "create",
				Usage:       "make namespaces",
				ArgsUsage:   "NAME...",
				Description: "ovsns ns create red\novsns ns create red blue green\novsns ns create router --forward",
				Flags:       []cli.Flag{switchOf(model.Forward)},
				Action:      p.action(namespaceCreate),
			},
			{
				Name:        "set",
				Usage:       "change a namespace",
				ArgsUsage:   "NAME",
				Description: "ovsns ns set router --forward on",
				Flags:       []cli.Flag{flagOf(model.Forward, nil).Flag()},
				Action:      p.action(namespaceSet),
			},
			{
				Name:        "list",
				Usage:       "list the namespaces",
				Description: "ovsns ns list\novsns ns list -o json",
				Action:      p.action(namespaceList),
			},
			{
				Name:        "show",
				Usage:       "show a namespace with its interfaces, routes and processes",
				ArgsUsage:   "NAME",
				Description: "ovsns ns show red\novsns ns show red -o json",
				Action:      p.action(namespaceShow),
			},
			p.namespaceDeleteCommand(),
			{
				Name:        "pids",
				Usage:       "list the processes inside a namespace, one number per line",
				ArgsUsage:   "NAME",
				Description: "ovsns ns pids red\nps -p \"$(ovsns ns pids red | paste -sd,)\"",
				Action:      p.action(namespacePIDs),
			},
		},
	}
}

func (p *program) namespaceDeleteCommand() *cli.Command {
	return &cli.Command{
		Name:      "delete",
		Usage:     "delete namespaces and their attachments",
		ArgsUsage: "[NAME...]",
		UsageText: "ovsns ns delete NAME... [--force]\novsns ns delete --all [--force] [--yes]",
		Description: "Refused while processes run inside, unless --force, which says who stays behind.\n\n" +
			"ovsns ns delete red blue\novsns ns delete red --force\novsns ns delete --all --yes",
		Flags: []cli.Flag{
			cmdline.Bool(flagAll, "delete all that ovsns made, and no other"),
			cmdline.Bool(flagForce, "delete also where processes run inside"),
			cmdline.Yes(),
		},
		Action: p.action(namespaceDelete),
	}
}

func (p *program) namespaceArguments() cmdline.Arguments {
	return cmdline.Arguments{
		"NS": p.namespaceNames, "ns set NAME": p.namespaceNames, "ns show NAME": p.namespaceNames,
		"ns delete NAME": p.namespaceNames, "ns pids NAME": p.namespaceNames,
	}
}

func namespaceCreate(ctx context.Context, s *session) error {
	request := switchmgr.NamespaceRequest{Names: s.argsFrom(0)}
	if s.cli.IsSet(model.Forward.Name) {
		request.Forward = new(s.cli.Bool(model.Forward.Name))
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.CreateNamespaces(ctx, request)
	})
}

func namespaceSet(ctx context.Context, s *session) error {
	request := switchmgr.NamespaceRequest{Names: s.argsFrom(0)}
	if !s.cli.IsSet(model.Forward.Name) {
		return model.Invalidf("ovsns ns set: nothing to change").WithHint("ovsns ns set --help")
	}
	forward, err := given(s.cli, model.Forward)
	if err != nil {
		return err
	}
	request.Forward = &forward
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.SetNamespaces(ctx, request)
	})
}

func namespaceDelete(ctx context.Context, s *session) error {
	names, all, force := s.argsFrom(0), s.cli.Bool(flagAll), s.cli.Bool(flagForce)
	switch {
	case all && len(names) > 0:
		return model.Invalidf("ovsns ns delete: either --all or names, not both")
	case all:
		return s.destroy(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteAllNamespaces(ctx, force)
		})
	case len(names) == 0:
		return model.Invalidf("ovsns ns delete: missing argument NAME").WithHint("ovsns ns delete --help")
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteNamespaces(ctx, names, force)
	})
}

func namespaceList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]switchmgr.NamespaceView, error) {
		return m.Namespaces(ctx)
	}
	return view(ctx, s, query, s.out.namespaces)
}

func (w *printer) namespaces(list []switchmgr.NamespaceView) error {
	var rows [][]string
	for _, v := range list {
		var interfaces, addresses []string
		for _, a := range v.Attachments {
			interfaces = append(interfaces, a.Ifname+"@"+attachmentPlace(a.Attachment))
			for _, p := range a.Addresses {
				addresses = append(addresses, p.String())
			}
		}
		for _, l := range v.Links {
			end, _ := l.End(v.Name)
			interfaces = append(interfaces, end.Ifname+"@"+otherEnd(l.Link, v.Name).Namespace)
			for _, p := range end.Addresses {
				addresses = append(addresses, p.String())
			}
		}
		rows = append(rows, []string{v.Name, joinComma(interfaces), joinComma(addresses), strconv.Itoa(len(v.Processes)), model.Forward.Format(v.Forward), v.Problem})
	}
	return w.Table("namespaces", []string{"name", "interfaces", "addresses", "processes", "?forward", "?problem"}, rows)
}

func namespaceShow(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) (switchmgr.NamespaceView, error) {
		return m.Namespace(ctx, s.arg(0))
	}
	return view(ctx, s, query, func(v switchmgr.NamespaceView) error { return s.out.Tree(namespaceTree(v)) })
}

func namespacePIDs(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]nsmgr.Process, error) {
		return m.Processes(ctx, s.arg(0))
	}
	return view(ctx, s, query, s.out.pids)
}

func (w *printer) pids(list []nsmgr.Process) error {
	for _, process := range list {
		if err := output.WriteLine(w.Out, strconv.Itoa(process.PID)); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) namespaceNames(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, v := range p.live.namespaces(ctx, p.database(l)) {
		var places []string
		for _, a := range v.Attachments {
			places = append(places, attachmentPlace(a.Attachment))
		}
		list = append(list, cmdline.Candidate{Word: v.Name, About: strings.TrimSpace("namespace " + joinComma(places))})
	}
	return list
}

// namespaceTree shows a namespace with its interfaces, routes and processes.
func namespaceTree(v switchmgr.NamespaceView) output.Tree {
	t := output.Tree{Text: "namespace " + v.Name + prefixed(", forward ", model.Forward.Format(v.Forward)) + problem(v.Problem)}
	for _, a := range v.Attachments {
		t.Add("%s@%s %s%s", a.Ifname, attachmentPlace(a.Attachment), addressWords(a.Attachment), problem(a.Problem))
	}
	for _, l := range v.Links {
		end, _ := l.End(v.Name)
		t.Add("%s@%s %s", end.Ifname, otherEnd(l.Link, v.Name).Namespace, output.OrDash(output.Spaced(end.Addresses))+problem(l.Problem))
	}
	for _, r := range v.Routes {
		t.Add("route %s%s dev %s", r.To, prefixed(" via ", r.Via), r.Interface)
	}
	for _, process := range v.Processes {
		t.Add("process %d %s", process.PID, process.Command)
	}
	return t
}

// looseTree shows the namespaces that are attached to nothing, and those of which
// there is more to say.
func looseTree(lab *switchmgr.Lab) output.Tree {
	t := output.Tree{Text: "namespaces without a switch"}
	for _, v := range lab.Namespaces {
		if len(v.Attachments) > 0 && !v.Forward && v.Problem == "" {
			continue
		}
		t.Add("%s%s%s", v.Name, prefixed(", forward ", model.Forward.Format(v.Forward)), problem(v.Problem))
		if len(v.Attachments) > 0 {
			t.Text = "namespaces"
		}
	}
	return t
}
