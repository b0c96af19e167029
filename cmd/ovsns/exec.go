package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/switchmgr"
)

// namespaceVariable tells a program which namespace it was started in.
const namespaceVariable = "OVSNS_NAMESPACE"

func (p *program) execCommand() *cli.Command {
	return &cli.Command{
		Name:      "exec",
		Usage:     "run a program inside a namespace",
		ArgsUsage: "NS -- CMD [ARG...]",
		Description: `The exit status is that of the program: 127 when there is no such program, 126
when it cannot be executed. The -- is needed when an ARG begins with a dash.
$OVSNS_NAMESPACE holds the name of the namespace.

ovsns exec red -- ping -c 1 172.16.10.254
ovsns exec red ip address`,
		Action: p.action(execute),
	}
}

func (p *program) shellCommand() *cli.Command {
	return &cli.Command{
		Name:        "shell",
		Usage:       "start a shell inside a namespace",
		ArgsUsage:   "NS",
		Description: "Starts $SHELL, else /bin/sh; its prompt begins with the name of the namespace.\n\novsns shell red",
		Action:      p.action(shell),
	}
}

func execArguments() cmdline.Arguments {
	return cmdline.Arguments{"CMD": cmdline.Programs, "ARG": cmdline.Files}
}

func execute(ctx context.Context, s *session) error {
	ns := s.arg(0)
	return s.replace(ctx, ns, s.argsFrom(1), append(s.env, namespaceVariable+"="+ns))
}

func shell(ctx context.Context, s *session) error {
	ns, name := s.arg(0), s.loginShell()
	return s.replace(ctx, ns, []string{name}, append(s.env, shellEnv(name, ns)...))
}

// replace turns the process into another program. Only finding the namespace
// could take long; the program itself runs without a time limit, so there is
// none for either.
func (s *session) replace(ctx context.Context, ns string, argv, env []string) error {
	m, err := switchmgr.Open(ctx, switchmgr.Options{DB: s.db, DryRun: s.dryRun})
	if err != nil {
		return err
	}
	if s.dryRun {
		s.out.Note("dry run: nothing was done")
		return m.Close()
	}
	if err := m.Exec(ctx, ns, argv, env); err != nil {
		return cmdline.ProgramError{Err: errors.Join(err, m.Close())}
	}
	return m.Close()
}

// loginShell returns the user's shell.
func (p *program) loginShell() string {
	if sh := p.getenv("SHELL"); sh != "" {
		return sh
	}
	return "/bin/sh"
}

// shellEnv makes the prompt tell where the shell is. The name stands there as
// a variable, which the shell does not expand again. bash reads its own PS1
// from ~/.bashrc, so it is changed before the first prompt.
func shellEnv(shell, ns string) []string {
	env := []string{namespaceVariable + "=" + ns}
	prefix := "(${" + namespaceVariable + "}) "
	if filepath.Base(shell) == "bash" {
		return append(env, "PROMPT_COMMAND=PS1='"+prefix+"'${PS1-'$ '}; unset PROMPT_COMMAND")
	}
	return append(env, "PS1="+prefix+"$ ")
}
