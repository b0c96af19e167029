package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/urfave/cli/v2"
)

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// program is one run of ovsns. It holds what would otherwise be global, so
// that tests can run many.
type program struct {
	streams
	args []string // without the name of the program
	env  []string // "NAME=value"
	live liveNames
	line *line // what args say, after parse
}

func newProgram(args []string, s streams, env []string) *program {
	return &program{streams: s, args: args, env: env, live: managerNames{}}
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	return newProgram(args, s, os.Environ()).run(ctx)
}

func (p *program) run(ctx context.Context) int {
	if len(p.args) > 0 && p.args[0] == completeCommand {
		p.complete(ctx, p.args[1:])
		return exitOK
	}
	return p.report(p.dispatch(ctx))
}

// dispatch normalises the command line and hands it to the library, which
// would stop at the first argument and take later flags for arguments.
func (p *program) dispatch(ctx context.Context) error {
	app := p.app()
	line, err := parse(app, p.args)
	if err != nil {
		return err
	}
	p.line = line
	switch {
	case line.help:
		return writeHelp(p.out, line)
	case line.version:
		return output.WriteLine(p.out, app.Name+" "+app.Version)
	}
	line.leaf().Subcommands = nil // the library would look for them among the arguments, also after "--"
	return app.RunContext(ctx, line.argv())
}

// getenv returns the value of a variable, "" when it is not set.
func (p *program) getenv(name string) string {
	for i := len(p.env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(p.env[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// app returns the tree of commands. Help and version are served by dispatch.
func (p *program) app() *cli.App {
	return &cli.App{
		Name:    "ovsns",
		Usage:   "network labs of namespaces on a real Open vSwitch",
		Version: version(),
		Description: `A switch, two namespaces in VLAN 100, a gateway and the way out:

   ovsns switch create
   ovsns gateway set --vlan 100 172.16.10.254/24 --nat
   ovsns attach red --vlan 100
   ovsns attach blue --vlan 100
   ovsns exec red -- ping -c 1 172.16.10.2
   ovsns show
   ovsns destroy --all

The same on a private host with an Open vSwitch of its own, which leaves
nothing behind:

   ovsns sandbox --outside`,
		Flags:                     globalFlags(),
		Commands:                  p.commands(),
		HideHelp:                  true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,
		Reader:                    p.in,
		Writer:                    p.out,
		ErrWriter:                 p.err,
		// run decides about exit codes; the library would call os.Exit.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return environmentError(err) },
	}
}

func (p *program) commands() []*cli.Command {
	list := []*cli.Command{
		p.switchCommand(),
		p.namespaceCommand(),
		p.attachCommand(),
		p.detachCommand(),
		p.gatewayCommand(),
		p.natCommand(),
		p.allowCommand(),
		p.addressCommand(),
		p.routeCommand(),
		p.linkCommand(),
		p.uplinkCommand(),
		p.execCommand(),
		p.shellCommand(),
		p.showCommand(),
		p.planCommand(),
		p.applyCommand(),
		p.checkCommand(),
		p.exportCommand(),
		p.restoreCommand(),
		p.adoptCommand(),
		p.destroyCommand(),
		p.labCommand(),
		p.watchCommand(),
		p.doctorCommand(),
		p.sandboxCommand(),
		p.completionCommand(),
	}
	prepare(list)
	return list
}

// prepare sets what is the same for all commands: no help of the library's
// own, which would take a namespace called "help" for a command.
func prepare(commands []*cli.Command) {
	for _, c := range commands {
		c.HideHelp = true
		c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return environmentError(err) }
		prepare(c.Subcommands)
	}
}

// version returns the version that the Go tool recorded in the program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
