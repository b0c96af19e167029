package main

import (
	"context"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
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
	line *cmdline.Line // what args say; nil when they cannot be understood
}

func newProgram(args []string, s streams, env []string) *program {
	return &program{streams: s, args: args, env: env, live: managerNames{}}
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	return newProgram(args, s, os.Environ()).run(ctx)
}

func (p *program) run(ctx context.Context) int {
	if len(p.args) > 0 && p.args[0] == cmdline.CompleteCommand {
		cmdline.Complete(ctx, p.out, p.app(), p.arguments(), p.args[1:])
		return cmdline.ExitOK
	}
	line, err := cmdline.Parse(p.app(), p.args)
	if err == nil {
		p.line = line
		err = line.Run(ctx)
	}
	return cmdline.Report(p.err, line, err)
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

// app returns the tree of commands.
func (p *program) app() *cli.App {
	app := &cli.App{
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
		Flags:    globalFlags(),
		Commands: p.commands(),
		Reader:   p.in, Writer: p.out, ErrWriter: p.err,
	}
	cmdline.Prepare(app)
	return app
}

func (p *program) commands() []*cli.Command {
	return []*cli.Command{
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
}

// arguments says what completes the arguments of the commands.
func (p *program) arguments() cmdline.Arguments {
	all := cmdline.Arguments{}
	for _, noun := range []cmdline.Arguments{
		p.switchArguments(), p.namespaceArguments(), p.natArguments(), p.allowArguments(), p.addressArguments(), routeArguments(),
		p.linkArguments(), p.uplinkArguments(), execArguments(), labArguments(), p.sandboxArguments(),
	} {
		maps.Copy(all, noun)
	}
	return all
}

// version returns the version that the Go tool recorded in the program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
