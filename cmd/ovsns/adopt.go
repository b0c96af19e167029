package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) adoptCommand() *cli.Command {
	return &cli.Command{
		Name:      "adopt",
		Usage:     "take over switches and namespaces that were made by hand",
		UsageText: "ovsns adopt [SWITCH...] [--yes]",
		ArgsUsage: "[SWITCH...]",
		Description: "Open vSwitch bridges (all, or those named), what is attached to them, and named\n" +
			"namespaces are marked as if ovsns had made them. Nothing is made anew and traffic\n" +
			"goes on. What ovsns cannot describe is listed and left alone. From then on export\n" +
			"describes it and destroy removes it. On a terminal it asks first.\n\n" +
			"ovsns adopt --dry-run\novsns adopt br0\novsns adopt --yes\novsns export > lab.yaml",
		Flags:  []cli.Flag{cmdline.Yes()},
		Action: p.action(adopt),
	}
}

func adopt(ctx context.Context, s *session) error {
	return s.destroy(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.Adopt(ctx, s.argsFrom(0))
	})
}
