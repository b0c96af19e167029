package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) showCommand() *cli.Command {
	return &cli.Command{
		Name:        "show",
		Usage:       "show the whole lab as a tree",
		Description: "ovsns show\novsns show -o json\novsns show -o yaml",
		Action:      p.action(show),
	}
}

func show(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Lab, error) { return m.Show(ctx) }
	return view(ctx, s, query, s.out.lab)
}

// lab prints a tree per switch, then what belongs to no switch.
func (w *printer) lab(lab *switchmgr.Lab) error {
	trees := make([]output.Tree, 0, len(lab.Switches)+4)
	for _, v := range lab.Switches {
		trees = append(trees, switchTree(v))
	}
	trees = append(trees, looseTree(lab), linksTree(lab.Links), cablesTree(lab.Cables), natTree(lab.NAT), allowTree(lab.Allow))
	printed := false
	for _, t := range trees {
		if len(t.Items) == 0 && !strings.HasPrefix(t.Text, "switch ") {
			continue
		}
		printed = true
		if err := w.Tree(t); err != nil {
			return err
		}
	}
	if !printed {
		w.Note("nothing here yet; begin with: ovsns switch create")
	}
	return nil
}

// prefixed returns both, or "" when there is nothing to prefix.
func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func problem(text string) string { return prefixed("  !! ", text) }

func joinComma(words []string) string { return strings.Join(words, ", ") }
