package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) destroyCommand() *cli.Command {
	return &cli.Command{
		Name:      "destroy",
		Usage:     "delete the lab of a file, or all that ovsns made on this host",
		UsageText: "ovsns destroy -f FILE [--yes]\novsns destroy --all [--yes]",
		Description: "What ovsns did not make stays as it is, and so does what the file does not name.\n" +
			"On a terminal it asks first.\n\n" +
			"ovsns destroy -f lab.yaml\novsns destroy --all --dry-run\novsns destroy --all\novsns destroy --all --yes",
		Flags:  []cli.Flag{fileFlag(), cmdline.Bool(flagAll, "really everything"), cmdline.Yes()},
		Action: p.action(destroy),
	}
}

func destroy(ctx context.Context, s *session) error {
	all, named := s.cli.Bool(flagAll), s.cli.String(cmdline.FlagFile) != ""
	switch {
	case all && named:
		return model.Invalidf("ovsns destroy takes either -f or --all, not both")
	case all:
		return s.destroy(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DestroyAll(ctx)
		})
	case !named:
		return model.Invalidf("ovsns destroy: missing flag --all or -f FILE").WithHint("ovsns destroy --all")
	}
	file, err := s.readLab(ctx)
	if err != nil {
		return err
	}
	return s.destroy(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		lab, err := file.parseFor(ctx, m)
		if err != nil {
			return nil, err
		}
		return m.DestroyLab(ctx, lab)
	})
}
