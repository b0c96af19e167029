package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

const flagKeep = "keep"

func (p *program) applyCommand() *cli.Command {
	return &cli.Command{
		Name:      "apply",
		Usage:     "make the lab as a file says",
		UsageText: "ovsns apply -f FILE [--prune] [--keep] [--yes]",
		Description: "What the file names becomes as it says; only what differs is touched. What it does\n" +
			"not name stays, unless --prune. A failure or an interrupt undoes what was done,\n" +
			"unless --keep. On a terminal, --prune shows what goes and asks.\n\n" +
			"ovsns apply -f lab.yaml\novsns apply -f lab.yaml --prune --yes\novsns lab schema > lab.schema.json",
		Flags: []cli.Flag{
			fileFlag(),
			cmdline.Bool(flagPrune, "remove what ovsns made and the file does not name"),
			cmdline.Bool(flagKeep, "keep what was done when a step fails"),
			cmdline.Yes(),
		},
		Action: p.action(applyLab),
	}
}

func applyLab(ctx context.Context, s *session) error {
	file, err := s.readLab(ctx)
	if err != nil {
		return err
	}
	prune := s.cli.Bool(flagPrune)
	v := func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		lab, err := file.parseFor(ctx, m)
		if err != nil {
			return nil, err
		}
		bar := s.progress()
		defer bar.Clear()
		return m.ApplyLab(ctx, lab, switchmgr.ApplyOptions{Prune: prune, Keep: s.cli.Bool(flagKeep), Progress: bar.Show})
	}
	if !prune {
		return s.change(ctx, v)
	}
	return s.changeAfter(ctx, v, func(p model.Plan) bool {
		for _, c := range p {
			if c.Action() == model.ActionDelete {
				return true
			}
		}
		return false
	})
}
