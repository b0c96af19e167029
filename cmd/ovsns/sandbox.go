package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// Flags of sandbox.
const (
	flagName    = "name"
	flagOutside = "outside"
	flagKeepDB  = "keep-db"
)

func (p *program) sandboxCommand() *cli.Command {
	return &cli.Command{
		Name:      "sandbox",
		Usage:     "run a command on a private host with an Open vSwitch of its own",
		ArgsUsage: "[-- CMD [ARG...]]",
		UsageText: `ovsns sandbox [--name NAME] [--outside] [--keep-db DIR] [--root] [-- CMD [ARG...]]
ovsns sandbox list
ovsns sandbox enter NAME [-- CMD [ARG...]]`,
		Description: `Starts a private Open vSwitch inside namespaces of its own and runs CMD, or a
shell, there: ovsns, ip and ovs-vsctl talk to that switch. The exit status is
that of CMD. Nothing is left behind, but for conf.db in the DIR of --keep-db:
the next sandbox with it begins as a machine does after a reboot, and ovsns
restore rebuilds the lab.

When ovsdb-server, ovs-vswitchd or the process of --outside is killed (SIGKILL, a
crash), all of the sandbox ends, with exit status 1. To try what happens without
one of them, stop it with a plain kill or ovs-appctl exit.

An ordinary user gets a user namespace too, and needs no root; ovsns doctor says
what this machine gives. Root gets none.

ovsns sandbox --outside
ovsns sandbox --keep-db lab
ovsns sandbox -- sh -c 'ovsns switch create && ovsns attach red && ovsns show'`,
		Flags: []cli.Flag{
			cmdline.Value{Name: flagName, About: "call it `NAME`, for list, enter and the prompt; default sandbox, sandbox2, ..."}.Flag(),
			cmdline.Bool(flagOutside, "add a namespace that plays the internet: 198.51.100.2 and 2001:db8:ffff::2"),
			cmdline.Value{Name: flagKeepDB, About: "keep the switch's database in `DIR`, and start with what is kept there", Words: cmdline.Files}.Flag(),
			cmdline.Bool("root", "insist on the privileges of root, and no user namespace"),
		},
		Action: p.action(sandboxRun),
		Subcommands: []*cli.Command{
			{
				Name:        "list",
				Usage:       "list the sandboxes that run on this machine",
				Description: "ovsns sandbox list\novsns sandbox list -o json",
				Action:      p.action(sandboxList),
			},
			{
				Name:      "enter",
				Usage:     "run a command, or a shell, in a sandbox that runs already",
				ArgsUsage: "NAME [-- CMD [ARG...]]",
				Description: `Joins a sandbox from another terminal, as soon as it has started. The exit status
is that of CMD; the sandbox lives on when CMD ends, and not longer than the
command it was started for.

ovsns sandbox enter sandbox
ovsns sandbox enter sandbox -- ovsns show`,
				Action: p.action(sandboxEnter),
			},
		},
	}
}

func (p *program) sandboxArguments() cmdline.Arguments {
	return cmdline.Arguments{"sandbox enter NAME": p.sandboxes}
}

// sandboxRun passes on the exit status of the command, and hands it the
// signals: it decides what they mean.
func sandboxRun(ctx context.Context, s *session) error {
	name := s.cli.String(flagName)
	if err := checkSandboxName(name); err != nil {
		return err
	}
	command := s.commandFrom(0)
	if s.dryRun {
		s.out.Note("dry run: nothing was done")
		return nil
	}
	code, err := sandbox.Run(context.WithoutCancel(ctx), sandbox.Options{
		Command: command, Env: s.env, Stdin: s.in, Stdout: s.program.streams.out, Stderr: s.err,
		Name: name, Unique: true, Root: s.cli.Bool("root"), Outside: s.cli.Bool(flagOutside),
		KeepDB: s.cli.String(flagKeepDB), Ready: s.sandboxReady,
	})
	if err != nil {
		return cmdline.ProgramError{Err: err, Status: code}
	}
	return cmdline.ExitStatus(code)
}

// sandboxReady says what is unusual about a sandbox.
func (s *session) sandboxReady(c sandbox.Condition) {
	if !c.Datapath.MakesInterfaces() {
		s.out.Note("note: %s", c.Limits()[0].Text)
	}
}

// checkSandboxName allows the names that a namespace may have, "" besides.
func checkSandboxName(name string) error {
	if name != "" && model.CheckNamespace(name) != nil {
		return model.Invalidf("%q cannot be the name of a sandbox: letters, digits, - and _ do", name)
	}
	return nil
}

// commandFrom returns the command that begins with an argument, the user's
// shell when there is none.
func (s *session) commandFrom(i int) []string {
	if command := s.argsFrom(i); len(command) > 0 {
		return command
	}
	return []string{s.loginShell()}
}

func sandboxList(_ context.Context, s *session) error {
	list, err := sandbox.List()
	if err != nil {
		return err
	}
	return s.out.Data(list, func() error {
		var rows [][]string
		for _, r := range list {
			rows = append(rows, []string{
				r.Name, strconv.Itoa(r.PID), r.User, r.Since.Format("2006-01-02 15:04:05"), strings.Join(r.Command, " "),
			})
		}
		return s.out.Table("sandboxes", []string{"name", "pid", "user", "since", "command"}, rows)
	})
}

func sandboxEnter(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := sandbox.Find(ctx, s.arg(0))
	if err != nil {
		return s.explain(ctx, err)
	}
	if s.dryRun {
		s.out.Note("dry run: nothing was done")
		return nil
	}
	return r.Exec(s.commandFrom(1))
}

// sandboxes returns those that run.
func (p *program) sandboxes(context.Context, *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, r := range p.live.sandboxes() {
		list = append(list, cmdline.Candidate{Word: r.Name, About: "sandbox of " + r.User + ", pid " + strconv.Itoa(r.PID)})
	}
	return list
}
