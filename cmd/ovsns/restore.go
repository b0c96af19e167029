package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) restoreCommand() *cli.Command {
	return &cli.Command{
		Name:  "restore",
		Usage: "rebuild the lab after a reboot",
		Description: "The switch's database still knows what ovsns made; all that is gone or was changed\n" +
			"since is made good. Where all is well nothing is done.\n\n" +
			"ovsns restore --dry-run\novsns restore",
		Action: p.action(restore),
	}
}

func restore(ctx context.Context, s *session) error {
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.Restore(ctx)
	})
}
