package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
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
		if s.getenv("OVSNS_SANDBOX") == "" {
			checks = append(checks, sandboxChecks(ctx)...)
		}
		return checks, err
	}
	if err := view(ctx, s, query, s.out.checks); err != nil {
		return err
	}
	return verdict(checks)
}

// sandboxChecks says whether, and how, this user can have private hosts. They
// are no part of what a lab on this host needs.
func sandboxChecks(ctx context.Context) []switchmgr.Check {
	const name = "sandbox"
	c, err := sandbox.Probe(ctx)
	if err != nil {
		return []switchmgr.Check{{Name: name, Status: switchmgr.CheckWarn, Detail: err.Error(), Hint: model.Hint(err)}}
	}
	detail := "works, with datapath " + string(c.Datapath)
	if c.UserNamespace {
		detail += ", without root"
	}
	checks := []switchmgr.Check{{Name: name, Status: switchmgr.CheckOK, Detail: detail}}
	for _, l := range c.Limits() {
		checks = append(checks, switchmgr.Check{Name: name, Status: switchmgr.CheckWarn, Detail: l.Text, Hint: l.Hint})
	}
	return checks
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
	return w.Table("checks", []string{"status", "check", "detail", "?hint"}, rows)
}
