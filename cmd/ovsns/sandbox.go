package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

func (p *program) sandboxCommand() *cli.Command {
	return &cli.Command{
		Name:      "sandbox",
		Usage:     "run a command on a private host with an Open vSwitch of its own",
		ArgsUsage: "[-- CMD [ARG...]]",
		UsageText: "ovsns sandbox [--root] [-- CMD [ARG...]]",
		Description: `Starts a private Open vSwitch inside namespaces of its own and runs CMD, or a
shell, there: ovsns, ip and ovs-vsctl talk to that switch. The exit status is
that of CMD. Nothing is left behind.

sudo ovsns sandbox
sudo ovsns sandbox -- sh -c 'ovsns switch create && ovsns attach red && ovsns show'`,
		Flags:  []cli.Flag{boolFlag("root", "no user namespace: for what root alone may do; needs root")},
		Action: p.action(sandboxRun),
	}
}

// sandboxRun passes on the exit status of the command, and hands it the
// signals: it decides what they mean.
func sandboxRun(ctx context.Context, s *session) error {
	command := s.argsFrom(0)
	if len(command) == 0 {
		command = []string{s.loginShell()}
	}
	if s.dryRun {
		s.out.note("dry run: nothing was done")
		return nil
	}
	code, err := sandbox.Run(context.WithoutCancel(ctx), sandbox.Options{
		Command: command, Env: s.env, Stdin: s.in, Stdout: s.program.streams.out, Stderr: s.err,
		Root: s.cli.Bool("root"),
	})
	if err != nil {
		return programError{err, code}
	}
	return exitStatus(code)
}
