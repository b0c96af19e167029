package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/labfile"
)

var exportFormats = []string{output.FormatYAML, output.FormatJSON}

func (p *program) exportCommand() *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "print the lab file that describes what is there",
		Description: "Applied on a bare host, it gives the same lab.\n\n" +
			"ovsns export > lab.yaml\novsns destroy --all\novsns apply -f lab.yaml",
		Action: p.action(exportLab),
	}
}

func exportLab(ctx context.Context, s *session) error {
	var lab *model.Lab
	err := s.with(ctx, true, func(ctx context.Context, m *switchmgr.Manager) (err error) {
		lab, err = m.Export(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if s.out.Format == output.FormatJSON {
		return s.out.JSON(lab)
	}
	return labfile.Encode(s.out.Out, lab)
}
