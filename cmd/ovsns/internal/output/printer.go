package output

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Formats that --output may name.
const (
	FormatTable = "table"
	FormatJSON  = "json"
	FormatYAML  = "yaml"
	FormatText  = "text" // another word for table
)

// Escape sequences (ECMA-48, SGR).
const (
	Green  = "\x1b[32m"
	Yellow = "\x1b[33m"
	Red    = "\x1b[31m"
	Bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

// Printer writes data to Out, everything else to Err.
type Printer struct {
	Out, Err io.Writer
	// Format is one of the formats, or one that a command has besides; then the
	// command prints it by itself.
	Format string
	// Quiet leaves out notes.
	Quiet bool
	// Verbose shows details.
	Verbose bool
	// Colour paints, see [Colourful].
	Colour bool
}

// ParseFormat reads the name of a format, of which a command has several; "" is
// [FormatTable], the default of the flag, and so is [FormatText]. The error is
// [model.ErrInvalid].
func ParseFormat(name string, formats []string) (string, error) {
	switch {
	case name == "", name == FormatText:
		return FormatTable, nil
	case name == FormatTable, slices.Contains(formats, name):
		return name, nil
	}
	err := model.Invalidf("output format %q is none of %s", name, strings.Join(formats, ", "))
	if near := model.Nearest(name, formats); near != "" {
		return "", err.WithHint("--output %s", near)
	}
	return "", err
}

// Data prints what was asked for; human is used for a table.
func (w *Printer) Data(data any, human func() error) error {
	switch w.Format {
	case FormatJSON:
		return w.JSON(data)
	case FormatYAML:
		return w.YAML(data)
	default:
		return human()
	}
}

// Note tells people something that is not data.
func (w *Printer) Note(format string, args ...any) {
	if !w.Quiet {
		fmt.Fprintln(w.Err, Printable(fmt.Sprintf(format, args...)))
	}
}

// Detail is a note that only --verbose shows.
func (w *Printer) Detail(format string, args ...any) {
	if w.Verbose {
		w.Note(format, args...)
	}
}

// Paint returns a text in a colour, or as it is where there are none.
func (w *Printer) Paint(colour, text string) string {
	if !w.Colour {
		return text
	}
	return colour + text + plain
}
