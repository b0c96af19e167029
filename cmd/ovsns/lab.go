package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/labs"
)

// Flags of lab.
const (
	flagMachine = "machine"
	flagHere    = "here"
)

func (p *program) labCommand() *cli.Command {
	return &cli.Command{
		Name:  "lab",
		Usage: "ready-made labs, and what lab files may say",
		Description: "A lab file says what shall be there; plan, apply, check, destroy and export work\n" +
			"with it. Some come with ovsns, each with a text that says what to look at.\n\n" +
			"ovsns lab list\novsns lab run w4-gateway",
		Subcommands: []*cli.Command{
			{
				Name:        "list",
				Usage:       "list the ready-made labs",
				Description: "ovsns lab list",
				Action:      p.action(labList),
			},
			{
				Name:      "show",
				Usage:     "print the file of a lab",
				ArgsUsage: "NAME",
				Description: "The file of each machine that plays the lab, or of one.\n\n" +
					"ovsns lab show w4-gateway\novsns lab show w4-gateway > lab.yaml",
				Flags:  []cli.Flag{cmdline.Value{Name: flagMachine, About: "only that of `MACHINE`, such as m2"}.Flag()},
				Action: p.action(labShow),
			},
			{
				Name:      "run",
				Usage:     "play a lab and check it",
				ArgsUsage: "NAME",
				Description: "Makes the lab on a private host that goes away again, measures what it expects\n" +
					"and says what to look at. On a terminal a shell on that host follows. With --here\n" +
					"the lab is made on this host and stays. The exit status is 6 when an expectation\n" +
					"fails.\n\n" +
					"ovsns lab run w4-gateway\nsudo ovsns lab run w4-gateway --here",
				Flags: []cli.Flag{
					cmdline.Bool(flagHere, "on this host, where it stays until ovsns destroy"),
					cmdline.Bool(flagShell, "open a shell afterwards, also when this is no terminal; --shell=false for none"),
				},
				Action: p.action(labRun),
			},
			p.labSchemaCommand(),
		},
	}
}

func labArguments() cmdline.Arguments {
	return cmdline.Arguments{"lab show NAME": labNames, "lab run NAME": labNames}
}

func labList(_ context.Context, s *session) error {
	all := labs.All()
	return s.out.Data(all, func() error {
		var rows [][]string
		for _, l := range all {
			rows = append(rows, []string{l.Name, strconv.Itoa(len(l.Machines)), l.Title})
		}
		return s.out.Table("labs", []string{"name", "machines", "about"}, rows)
	})
}

func labShow(_ context.Context, s *session) error {
	l, err := labs.Find(s.arg(0))
	if err != nil {
		return err
	}
	if name := s.cli.String(flagMachine); name != "" {
		m, err := machineOf(l, name)
		if err != nil {
			return err
		}
		l.Machines = []labs.Machine{m}
	}
	return s.out.Data(l, func() error {
		var parts []string
		for _, m := range l.Machines {
			parts = append(parts, m.File)
		}
		return output.WriteLine(s.out.Out, strings.TrimSuffix(strings.Join(parts, "---\n"), "\n"))
	})
}

// machineOf returns one machine of a lab.
func machineOf(l labs.Lab, name string) (labs.Machine, error) {
	var names []string
	for _, m := range l.Machines {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return labs.Machine{}, model.NotFoundf("lab %s has no machine %s: it has %s", l.Name, name, strings.Join(names, ", "))
}

// labNames returns the ready-made labs.
func labNames(context.Context, *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, l := range labs.All() {
		list = append(list, cmdline.Candidate{Word: l.Name, About: l.Title})
	}
	return list
}
