package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
)

// printer prints what the commands have to say; how a kind of object looks stands
// in the file of its noun.
type printer struct{ *output.Printer }

// formatsOf returns the formats of a command; the first one is its default.
func formatsOf(command string) []string {
	switch command {
	case "ovsns plan":
		return planFormats
	case "ovsns check":
		return checkFormats
	case "ovsns export":
		return exportFormats
	default:
		return []string{output.FormatTable, output.FormatJSON, output.FormatYAML}
	}
}

// formats completes --output.
func formats(_ context.Context, l *cmdline.Line) []cmdline.Candidate {
	return cmdline.Candidates(formatsOf(l.Name())...)
}

// newPrinter reads the flags about output.
func (p *program) newPrinter(c *cli.Context) (*printer, error) {
	format, err := output.ParseFormat(c.String(flagOutput), formatsOf(p.line.Name()))
	if err != nil {
		return nil, err
	}
	return &printer{&output.Printer{
		Out: p.out, Err: p.err,
		Format: format, Quiet: c.Bool(flagQuiet), Verbose: c.Bool(flagVerbose), Colour: p.colourful(),
	}}, nil
}

// colourful reports whether stdout shall be painted.
func (p *program) colourful() bool { return output.Colourful(p.out, p.getenv) }
