package main

import (
	"cmp"
	"context"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// liveNames tells what there is on the host, for completion; nothing when it
// cannot be known.
type liveNames interface {
	switches(context.Context, ovsdb.Options) []switchmgr.SwitchView
	namespaces(context.Context, ovsdb.Options) []switchmgr.NamespaceView
	lab(context.Context, ovsdb.Options) *switchmgr.Lab
	sandboxes() []sandbox.Running
}

// managerNames asks the host.
type managerNames struct{}

var _ liveNames = managerNames{}

func (managerNames) switches(ctx context.Context, db ovsdb.Options) []switchmgr.SwitchView {
	return ask(ctx, db, (*switchmgr.Manager).Switches)
}

func (managerNames) namespaces(ctx context.Context, db ovsdb.Options) []switchmgr.NamespaceView {
	return ask(ctx, db, (*switchmgr.Manager).Namespaces)
}

func (managerNames) lab(ctx context.Context, db ovsdb.Options) *switchmgr.Lab {
	if lab := ask(ctx, db, (*switchmgr.Manager).Show); lab != nil {
		return lab
	}
	return &switchmgr.Lab{}
}

func (managerNames) sandboxes() []sandbox.Running {
	list, _ := sandbox.List()
	return list
}

// ask returns the answer to a query, its zero value when there is none in
// time.
func ask[T any](ctx context.Context, db ovsdb.Options, query func(*switchmgr.Manager, context.Context) (T, error)) T {
	answers := make(chan T, 1)
	go func() {
		var answer T
		m, err := switchmgr.Open(ctx, switchmgr.Options{DB: db})
		if err == nil {
			if got, err := query(m, ctx); err == nil {
				answer = got
			}
			_ = m.Close() // there is nobody to tell
		}
		answers <- answer
	}()
	select {
	case answer := <-answers:
		return answer
	case <-ctx.Done():
		var none T
		return none
	}
}

// database returns where a line so far, or the environment, says the database is.
func (p *program) database(l *cmdline.Line) ovsdb.Options {
	return databaseOptions(func(flag string) string {
		value, _ := l.Flag(flag)
		return cmp.Or(value, p.getenv(variable(flag)))
	})
}
