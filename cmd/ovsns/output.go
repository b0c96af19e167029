package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// Values of --output.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
	formatText  = "text"  // another word for table
	formatShell = "shell" // plan alone
)

// formatsOf returns the formats of a command; the first one is its default.
func formatsOf(command string) []string {
	switch command {
	case "ovsns plan":
		return []string{formatText, formatJSON, formatYAML, formatShell}
	case "ovsns check":
		return []string{formatText, formatJSON, formatYAML, formatJUnit, formatTAP}
	case "ovsns export":
		return []string{formatYAML, formatJSON}
	default:
		return []string{formatTable, formatJSON, formatYAML}
	}
}

// Escape sequences (ECMA-48, SGR).
const (
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

// printer writes data to out, everything else to err.
type printer struct {
	out, err       io.Writer
	format         string
	quiet, verbose bool
	colour         bool
}

// colourful reports whether stdout is a terminal that shows colours and the
// user wants them (https://no-color.org).
func (p *program) colourful() bool {
	return isTerminal(p.out) && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}

// newPrinter reads the flags about output.
func (p *program) newPrinter(c *cli.Context) (*printer, error) {
	w := &printer{
		out: p.out, err: p.err,
		format: c.String(flagOutput), quiet: c.Bool(flagQuiet), verbose: c.Bool(flagVerbose),
		colour: p.colourful(),
	}
	formats := formatsOf(p.line.name())
	switch {
	case w.format == "", w.format == formatText:
		w.format = formatTable // the default of the flag, everywhere
	case w.format == formatTable, slices.Contains(formats, w.format):
	default:
		err := model.Invalidf("output format %q is none of %s", w.format, strings.Join(formats, ", "))
		if near := model.Nearest(w.format, formats); near != "" {
			return nil, err.WithHint("--%s %s", flagOutput, near)
		}
		return nil, err
	}
	return w, nil
}

// data prints what was asked for; human is used for a table.
func (w *printer) data(data any, human func() error) error {
	switch w.format {
	case formatJSON:
		return w.json(data)
	case formatYAML:
		return w.yaml(data)
	default:
		return human()
	}
}

// resultView is a [switchmgr.Result] whose lists are never null.
type resultView struct {
	Changes []model.Change `json:"changes"`
	DryRun  bool           `json:"dry_run"`
	Notes   []string       `json:"notes"`
}

func newResultView(r *switchmgr.Result) resultView { return resultView{r.Plan, r.DryRun, r.Notes} }

// result prints what a verb did: one line per change.
func (w *printer) result(r *switchmgr.Result) error {
	return w.data(newResultView(r), func() error { return w.resultText(r) })
}

func (w *printer) resultText(r *switchmgr.Result) error {
	if !w.quiet || r.DryRun { // with --dry-run the plan is the data
		if err := w.changes(r.Plan); err != nil {
			return err
		}
	}
	w.notes(r)
	if r.DryRun && len(r.Plan) > 0 {
		w.note("dry run: nothing was done")
	}
	return nil
}

// changes prints one line per change.
func (w *printer) changes(p model.Plan) error {
	for _, c := range p {
		if err := writeLine(w.out, w.changeLine(c)); err != nil {
			return err
		}
	}
	return nil
}

// notes says what a result has to say besides its plan.
func (w *printer) notes(r *switchmgr.Result) {
	for _, note := range r.Notes {
		w.note("note: %s", note)
	}
	if len(r.Plan) == 0 {
		w.note("nothing to change")
	}
}

// changeLine colours a change by its first letter.
func (w *printer) changeLine(c model.Change) string {
	line := printable(c.String())
	if !w.colour {
		return line
	}
	colours := map[model.Action]string{
		model.ActionCreate: green, model.ActionUpdate: yellow, model.ActionDelete: red,
	}
	return colours[c.Action()] + line + plain
}

// note tells people something that is not data.
func (w *printer) note(format string, args ...any) {
	if !w.quiet {
		fmt.Fprintln(w.err, printable(fmt.Sprintf(format, args...)))
	}
}

// detail is a note that only --verbose shows.
func (w *printer) detail(format string, args ...any) {
	if w.verbose {
		w.note(format, args...)
	}
}

func (w *printer) json(data any) error {
	text, err := marshal(data)
	if err != nil {
		return err
	}
	_, err = w.out.Write(text)
	return err
}

// yaml converts the JSON, which is YAML already, so that names agree.
func (w *printer) yaml(data any) error {
	text, err := marshal(data)
	if err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return err
	}
	blockStyle(&node)
	encoder := yaml.NewEncoder(w.out)
	encoder.SetIndent(2)
	return joinClose(encoder.Encode(&node), encoder)
}

func joinClose(err error, c io.Closer) error {
	if cerr := c.Close(); err == nil {
		return cerr
	}
	return err
}

// oldScalar matches words that YAML 1.1, which many programs still read, takes
// for booleans or for numbers to the base of 60 (a MAC can look like one).
var oldScalar = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|[-+]?[0-9_]+(:[0-5]?[0-9])+(\.[0-9_]*)?)$`)

// blockStyle takes away braces and quotes that came from JSON.
func blockStyle(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && oldScalar.MatchString(n.Value) {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, child := range n.Content {
		blockStyle(child)
	}
}

// marshal writes JSON with lists that are never null.
func marshal(data any) ([]byte, error) {
	v := reflect.New(reflect.TypeOf(data)).Elem()
	v.Set(reflect.ValueOf(data))
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(withoutNil(v).Interface())
	return b.Bytes(), err
}

// withoutNil returns a copy of a settable value in which nil slices are empty
// ones; what lies behind pointers and interfaces is copied as well.
func withoutNil(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			list.Index(i).Set(withoutNil(v.Index(i)))
		}
		return list
	case reflect.Struct:
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		for i := range c.NumField() {
			if c.Type().Field(i).IsExported() {
				c.Field(i).Set(withoutNil(v.Field(i)))
			}
		}
		return c
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		c := reflect.New(v.Type().Elem())
		c.Elem().Set(withoutNil(v.Elem()))
		return c
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return withoutNil(v.Elem())
	}
	return v
}

func writeLine(w io.Writer, line string) error {
	_, err := io.WriteString(w, line+"\n")
	return err
}
