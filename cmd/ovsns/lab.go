package main

import "github.com/urfave/cli/v2"

func (p *program) labCommand() *cli.Command {
	return &cli.Command{
		Name:  "lab",
		Usage: "what lab files may say",
		Description: "A lab file says what shall be there; plan, apply, destroy and export work with it.\n\n" +
			"ovsns lab schema",
		Subcommands: []*cli.Command{
			p.labSchemaCommand(),
		},
	}
}
