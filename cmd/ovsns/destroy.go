package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) destroyCommand() *cli.Command {
	return &cli.Command{
		Name:      "destroy",
		Usage:     "delete all that ovsns made on this host",
		UsageText: "ovsns destroy --all [--yes]",
		Description: "What ovsns did not make stays as it is. On a terminal it asks first.\n\n" +
			"ovsns destroy --all --dry-run\novsns destroy --all\novsns destroy --all --yes",
		Flags:  []cli.Flag{boolFlag(flagAll, "really everything; required"), yesFlag()},
		Action: p.action(destroyAll),
	}
}

func destroyAll(ctx context.Context, s *session) error {
	if !s.cli.Bool(flagAll) {
		return model.Invalidf("ovsns destroy deletes everything and wants to hear so").WithHint("ovsns destroy --all")
	}
	return s.destroy(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DestroyAll(ctx)
	})
}
