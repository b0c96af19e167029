package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

const (
	flagPrune    = "prune"
	flagExitCode = "exit-code"
)

// formatShell is a format that plan alone has.
const formatShell = "shell"

var planFormats = []string{output.FormatText, output.FormatJSON, output.FormatYAML, formatShell}

func (p *program) planCommand() *cli.Command {
	return &cli.Command{
		Name:      "plan",
		Usage:     "show what apply would change",
		UsageText: "ovsns plan -f FILE [--prune] [--exit-code] [-o text|json|yaml|shell]",
		Description: "Nothing is changed. + is made, ~ is changed, - is removed. With -o shell it is a\n" +
			"script of ip, ovs-vsctl, nft and sysctl lines that does the same by hand.\n\n" +
			"ovsns plan -f lab.yaml\novsns plan -f lab.yaml -o shell\novsns plan -f lab.yaml --exit-code || echo it is not as the file says",
		Flags: []cli.Flag{
			fileFlag(),
			cmdline.Bool(flagPrune, "with what ovsns made and the file does not name"),
			cmdline.Bool(flagExitCode, "exit with 6 when something would change"),
		},
		Action: p.action(planLab),
	}
}

func planLab(ctx context.Context, s *session) error {
	file, err := s.readLab(ctx)
	if err != nil {
		return err
	}
	var result *switchmgr.Result
	err = s.with(ctx, true, func(ctx context.Context, m *switchmgr.Manager) (err error) {
		lab, err := file.parseFor(ctx, m)
		if err != nil {
			return err
		}
		result, err = m.ApplyLab(ctx, lab, switchmgr.ApplyOptions{Prune: s.cli.Bool(flagPrune)})
		return err
	})
	if err != nil {
		return err
	}
	if err := s.out.plan(result); err != nil {
		return err
	}
	if s.cli.Bool(flagExitCode) && len(result.Plan) > 0 {
		return cmdline.ExitStatus(cmdline.ExitDiffers)
	}
	return nil
}

// plan prints what would be done: the plan is the data.
func (w *printer) plan(r *switchmgr.Result) error {
	if w.Format == formatShell {
		return ops.WriteScript(w.Out, r.Plan, r.Facts)
	}
	return w.Data(newResultView(r), func() error { return w.planText(r) })
}

func (w *printer) planText(r *switchmgr.Result) error {
	if err := w.changes(r.Plan); err != nil {
		return err
	}
	w.notes(r)
	if len(r.Plan) > 0 {
		counts := map[model.Action]int{}
		for _, c := range r.Plan {
			counts[c.Action()]++
		}
		w.Note("plan: %d to create, %d to change, %d to delete",
			counts[model.ActionCreate], counts[model.ActionUpdate], counts[model.ActionDelete])
	}
	return nil
}
