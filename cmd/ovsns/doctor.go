package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "say whether this host is ready, and what to type if not",
		Description: "Changes nothing. The exit status is 5 when a check fails.\n\n" +
			"ovsns doctor\novsns doctor -o json",
		Action: p.action(doctor),
	}
}

func doctor(ctx context.Context, s *session) error {
	var checks []switchmgr.Check
	query := func(ctx context.Context, m *switchmgr.Manager) (_ []switchmgr.Check, err error) {
		checks, err = m.Doctor(ctx)
		return checks, err
	}
	if err := view(ctx, s, query, s.out.checks); err != nil {
		return err
	}
	return verdict(checks)
}

// verdict is an error when a check failed.
func verdict(checks []switchmgr.Check) error {
	failed, hint := 0, ""
	for _, c := range checks {
		if c.Status == switchmgr.CheckFail {
			failed++
			if hint == "" {
				hint = c.Hint
			}
		}
	}
	if failed == 0 {
		return nil
	}
	return model.NotReadyf("this host is not ready: %d of %d checks failed", failed, len(checks)).WithHint("%s", hint)
}

func (w *printer) checks(list []switchmgr.Check) error {
	var rows [][]string
	for _, c := range list {
		rows = append(rows, []string{string(c.Status), c.Name, c.Detail, c.Hint})
	}
	return w.table("checks", []string{"status", "check", "detail", "?hint"}, rows)
}
