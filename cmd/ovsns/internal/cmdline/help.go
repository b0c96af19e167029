package cmdline

import (
	"bytes"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// helpPage is what the template of a help text shows.
type helpPage struct {
	Name, Usage string
	Lines       []string // of the synopsis
	Description string
	Commands    []*cli.Command
	Flags       []string
	FlagTitle   string
	More        string
}

const helpTemplate = `{{.Name}} - {{.Usage}}

Usage:
{{range .Lines}}   {{.}}
{{end}}
{{- if .Description}}
{{.Description}}
{{end}}
{{- if .Commands}}
Commands:
{{range .Commands}}   {{.Name}}	{{.Usage}}
{{end}}{{end}}
{{- if .Flags}}
{{.FlagTitle}}:
{{range .Flags}}   {{.}}
{{end}}{{end}}
{{- if .More}}
{{.More}}
{{end}}`

// writeHelp prints the help of the last command on the line.
func (l *Line) writeHelp(w io.Writer) error {
	page := rootPage(l.app)
	if len(l.path) > 0 {
		page = commandPage(l)
	}
	page.Description = indent(l.app.Name, page.Description)
	var b bytes.Buffer
	cli.HelpPrinter(&b, helpTemplate, page)
	_, err := w.Write(b.Bytes())
	return err
}

func rootPage(app *cli.App) helpPage {
	return helpPage{
		Name: app.Name, Usage: app.Usage,
		Lines:       []string{app.Name + " [GLOBAL FLAGS] COMMAND [FLAGS] [ARGUMENTS]"},
		Description: app.Description,
		Commands:    app.Commands,
		FlagTitle:   "Global flags, which may stand anywhere",
		Flags:       flagLines(app.Flags),
		More: "Exit status: 0 done, 1 failed, 2 usage, 3 not found, 4 conflict or not made by\n" +
			app.Name + ", 5 host not ready, 6 differences found.\n\nMore about a command: " + app.Name + " COMMAND --help",
	}
}

func commandPage(l *Line) helpPage {
	c := l.path[len(l.path)-1]
	page := helpPage{
		Name: l.Name(), Usage: c.Usage, Description: c.Description, Commands: c.Subcommands,
		FlagTitle: "Flags", Flags: flagLines(c.Flags),
		More: "Global flags: see " + l.app.Name + " --help",
	}
	switch {
	case c.UsageText != "":
		page.Lines = strings.Split(c.UsageText, "\n")
	case len(c.Subcommands) > 0:
		page.Lines = []string{l.Name() + " COMMAND"}
	default:
		page.Lines = []string{strings.TrimSpace(l.Name() + " " + synopsis(c))}
	}
	return page
}

// flagLines returns a line per flag, with a tab before its explanation. The
// library writes "--ip CIDR [ --ip CIDR ]" for what may be repeated.
func flagLines(flags []cli.Flag) []string {
	lines := make([]string, len(flags))
	for i, f := range flags {
		names, about, _ := strings.Cut(f.String(), "\t")
		if isList(f) {
			names = usageOf(f) + "..."
		}
		lines[i] = names + "\t" + about
	}
	return lines
}

// synopsis returns the flags and arguments of a command in one line.
func synopsis(c *cli.Command) string {
	var words []string
	for _, f := range c.Flags {
		words = append(words, "["+usageOf(f)+"]")
	}
	if c.ArgsUsage != "" {
		words = append([]string{c.ArgsUsage}, words...)
	}
	return strings.Join(words, " ")
}

// indent sets off the examples of a description: the lines that begin with a
// command, mostly with the program's name.
func indent(name, text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		for _, program := range []string{name + " ", "sudo ", "ps "} {
			if strings.HasPrefix(l, program) {
				lines[i] = "   " + l
			}
		}
	}
	return strings.Join(lines, "\n")
}
