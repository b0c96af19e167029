package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr"
)

// session is a command whose line has been understood.
type session struct {
	*program
	cli     *cli.Context
	out     *printer
	db      ovsdb.Options
	dryRun  bool
	timeout time.Duration
}

// action makes a command of f.
func (p *program) action(f func(context.Context, *session) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		s, err := p.newSession(c)
		if err != nil {
			return err
		}
		begin := time.Now()
		err = f(c.Context, s)
		s.out.Detail("took %s", time.Since(begin).Round(time.Millisecond))
		return err
	}
}

// newSession reads the global flags.
func (p *program) newSession(c *cli.Context) (*session, error) {
	out, err := p.newPrinter(c)
	if err != nil {
		return nil, err
	}
	timeout, err := parseTimeout(c.String(flagTimeout))
	if err != nil {
		return nil, err
	}
	db := databaseOptions(c.String)
	out.Detail("database %s, timeout %s", db.Endpoints, timeout)
	return &session{program: p, cli: c, out: out, db: db, dryRun: c.Bool(flagDryRun), timeout: timeout}, nil
}

// arg returns an argument, "" when it was left out.
func (s *session) arg(i int) string { return s.cli.Args().Get(i) }

// args returns the arguments from the i-th on.
func (s *session) argsFrom(i int) []string {
	all := s.cli.Args().Slice()
	return all[min(i, len(all)):]
}

// with runs f with a Manager, within the time limit.
func (s *session) with(ctx context.Context, dryRun bool, f func(context.Context, *switchmgr.Manager) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer func() { err = s.explain(ctx, err) }()
	m, err := switchmgr.Open(ctx, switchmgr.Options{DB: s.db, DryRun: dryRun})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return f(ctx, m)
}

// explain adds why a command ended early when the error has no class.
func (s *session) explain(ctx context.Context, err error) error {
	switch {
	case err == nil || cmdline.Classified(err):
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return model.NotReadyf("no answer within %s", s.timeout).Because(err)
	case err == context.Canceled: //nolint:errorlint // wrapped, it says already what was interrupted
		return model.Failedf("interrupted")
	}
	return err
}

// verb is what changes something.
type verb func(context.Context, *switchmgr.Manager) (*switchmgr.Result, error)

// change carries out a verb and prints what it did.
func (s *session) change(ctx context.Context, v verb) error {
	var result *switchmgr.Result
	err := s.with(ctx, s.dryRun, func(ctx context.Context, m *switchmgr.Manager) (err error) {
		result, err = v(ctx, m)
		return err
	})
	if err != nil {
		return err
	}
	return s.out.result(result)
}

// destroy is change for what takes many things at once: on a terminal it
// shows them first and asks.
func (s *session) destroy(ctx context.Context, v verb) error {
	return s.changeAfter(ctx, v, func(model.Plan) bool { return true })
}

// changeAfter is change for what may be asked about: on a terminal it shows
// the plan first and asks, if the plan is one to ask about.
func (s *session) changeAfter(ctx context.Context, v verb, ask func(model.Plan) bool) error {
	if s.dryRun || s.cli.Bool(cmdline.FlagYes) || !output.IsTerminal(s.in) || !output.IsTerminal(s.err) {
		return s.change(ctx, v)
	}
	var result *switchmgr.Result
	err := s.with(ctx, true, func(ctx context.Context, m *switchmgr.Manager) (err error) {
		result, err = v(ctx, m)
		return err
	})
	if err != nil {
		return err
	}
	if len(result.Plan) == 0 || !ask(result.Plan) {
		return s.change(ctx, v)
	}
	if err := s.confirm(ctx, result); err != nil {
		return err
	}
	return s.change(ctx, v)
}

// confirm shows a plan and asks.
func (s *session) confirm(ctx context.Context, result *switchmgr.Result) error {
	if err := result.Plan.WriteText(s.err); err != nil {
		return err
	}
	for _, note := range result.Notes {
		fmt.Fprintln(s.err, "note: "+output.Printable(note))
	}
	return cmdline.Confirm(ctx, s.in, s.err)
}

// view prints what a query returns.
func view[T any](ctx context.Context, s *session,
	query func(context.Context, *switchmgr.Manager) (T, error), human func(T) error,
) error {
	var data T
	err := s.with(ctx, s.dryRun, func(ctx context.Context, m *switchmgr.Manager) (err error) {
		data, err = query(ctx, m)
		return err
	})
	if err != nil {
		return err
	}
	return s.out.Data(data, func() error { return human(data) })
}

// progress returns a bar where there is somebody to see it.
func (s *session) progress() *output.Bar {
	if s.out.Quiet || s.dryRun || !output.IsTerminal(s.err) || s.getenv("TERM") == "dumb" {
		return nil
	}
	return output.NewBar(s.err)
}
