package main

import (
	"context"
	_ "embed" // the scripts
	"io"

	"github.com/urfave/cli/v2"
)

// The scripts only pass words to `ovsns __complete`.
var (
	//go:embed completion/ovsns.bash
	bashScript string
	//go:embed completion/_ovsns
	zshScript string
	//go:embed completion/ovsns.fish
	fishScript string
)

func (p *program) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: `The script completes commands, flags, and the names of switches, namespaces,
links and uplinks that exist at that moment.

bash, in ~/.bashrc:                   source <(ovsns completion bash)
zsh, in ~/.zshrc after compinit:      source <(ovsns completion zsh)
fish, in ~/.config/fish/config.fish:  ovsns completion fish | source`,
		Action: p.action(completion),
	}
}

func completion(_ context.Context, s *session) error {
	scripts := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}
	_, err := io.WriteString(s.program.streams.out, scripts[s.arg(0)])
	return err
}
