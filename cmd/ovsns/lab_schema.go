package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/switchmgr/labfile"
)

func (p *program) labSchemaCommand() *cli.Command {
	return &cli.Command{
		Name:  "schema",
		Usage: "print the JSON Schema of lab files, for editors",
		Description: "An editor with the YAML language server completes and checks a file that begins\n" +
			"with the line\n\n   # yaml-language-server: $schema=lab.schema.json\n\n" +
			"ovsns lab schema > lab.schema.json",
		Action: p.action(labSchema),
	}
}

func labSchema(_ context.Context, s *session) error {
	text, err := labfile.Schema()
	if err != nil {
		return err
	}
	_, err = s.out.Out.Write(text)
	return err
}
