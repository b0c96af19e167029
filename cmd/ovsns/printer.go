package main

import (
	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
)

// printer prints what the commands have to say; how a kind of object looks stands
// in the file of its noun.
type printer struct{ *output.Printer }

// formatShell is a format that plan alone has.
const formatShell = "shell"

// formatsOf returns the formats of a command; the first one is its default.
func formatsOf(command string) []string {
	switch command {
	case "ovsns plan":
		return []string{output.FormatText, output.FormatJSON, output.FormatYAML, formatShell}
	case "ovsns check":
		return []string{output.FormatText, output.FormatJSON, output.FormatYAML, formatJUnit, formatTAP}
	case "ovsns export":
		return []string{output.FormatYAML, output.FormatJSON}
	default:
		return []string{output.FormatTable, output.FormatJSON, output.FormatYAML}
	}
}

// newPrinter reads the flags about output.
func (p *program) newPrinter(c *cli.Context) (*printer, error) {
	format, err := output.ParseFormat(c.String(flagOutput), formatsOf(p.line.name()))
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
