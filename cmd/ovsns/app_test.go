package main

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
)

// testApp is the real tree of commands.
func testApp() *cli.App { return newProgram(nil, streams{}, nil).app() }

// Flags before the command are looked up in all commands, so one name must
// mean one kind of flag everywhere. Of the one that does not, that of the first
// command is meant there.
func TestFlagsOfOneNameAreOfOneKind(t *testing.T) {
	app := testApp()
	kinds := map[string]bool{}
	check := func(flags []cli.Flag) {
		for _, f := range flags {
			_, isBool := f.(*cli.BoolFlag)
			for _, name := range f.Names() {
				if kind, seen := kinds[name]; seen && kind != isBool && name != model.Forward.Name {
					t.Errorf("flag %s takes a value in one command and none in another", name)
				}
				kinds[name] = isBool
			}
		}
	}
	var walk func([]*cli.Command)
	walk = func(commands []*cli.Command) {
		for _, c := range commands {
			check(c.Flags)
			walk(c.Subcommands)
		}
	}
	check(app.Flags)
	walk(app.Commands)
}

func TestEveryCommandHasHelp(t *testing.T) {
	var walk func(prefix string, commands []*cli.Command)
	walk = func(prefix string, commands []*cli.Command) {
		for _, c := range commands {
			name := prefix + " " + c.Name
			if c.Usage == "" || c.Description == "" || len(c.Subcommands) == 0 && c.Action == nil {
				t.Errorf("%s: no usage, description or action", name)
			}
			if len(c.Subcommands) == 0 && !strings.Contains(c.Description, name) {
				t.Errorf("%s: no example in its description", name)
			}
			walk(name, c.Subcommands)
		}
	}
	walk("ovsns", testApp().Commands)
}

// What completes an argument is found by name; one that no command has any more
// would complete nothing, silently.
func TestArgumentsAreThere(t *testing.T) {
	there := map[string]bool{}
	var walk func(prefix string, commands []*cli.Command)
	walk = func(prefix string, commands []*cli.Command) {
		for _, c := range commands {
			for _, arg := range strings.FieldsFunc(c.ArgsUsage, func(r rune) bool { return strings.ContainsRune(" [].", r) }) {
				there[arg], there[prefix+c.Name+" "+arg] = true, true
			}
			walk(prefix+c.Name+" ", c.Subcommands)
		}
	}
	walk("", testApp().Commands)
	for name := range newProgram(nil, streams{}, nil).arguments() {
		if !there[name] {
			t.Errorf("no command has the argument %q", name)
		}
	}
}
