package cmdline

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
)

// Prepare takes from the library what this package does: it has no help of its
// own, which would take an argument called "help" for a command, does not split
// values, and does not end the process.
func Prepare(app *cli.App) {
	app.HideHelp, app.HideVersion, app.DisableSliceFlagSeparator = true, true, true
	app.ExitErrHandler = func(*cli.Context, error) {}
	app.OnUsageError = environmentError
	prepare(app.Commands)
}

func prepare(commands []*cli.Command) {
	for _, c := range commands {
		c.HideHelp = true
		c.OnUsageError = environmentError
		prepare(c.Subcommands)
	}
}

// environmentError explains what the library says about a bad variable: all
// that it can still refuse after Parse.
func environmentError(_ *cli.Context, err error, _ bool) error { return model.Invalidf("%s", err) }

// Run carries out a line: its command, or the help or version that it asks for. It
// may be run once. The library gets it in one spelling: it would stop at the first
// argument and take later flags for arguments.
func (l *Line) Run(ctx context.Context) error {
	switch {
	case l.help:
		return l.writeHelp(l.app.Writer)
	case l.version:
		return output.WriteLine(l.app.Writer, l.app.Name+" "+l.app.Version)
	}
	l.Leaf().Subcommands = nil // the library would look for them among the arguments, also after "--"
	return l.app.RunContext(ctx, l.argv())
}
