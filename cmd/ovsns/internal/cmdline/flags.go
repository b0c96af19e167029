package cmdline

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Names of flags that this package gives a meaning.
const (
	FlagHelp    = "help"
	FlagVersion = "version"
	// FlagFile takes the input of a command, see [ReadFile].
	FlagFile = "file"
)

// Value describes a flag that takes a value.
type Value struct {
	// Name is its name without dashes.
	Name string
	// Letter is a second, short name; "" is none.
	Letter string
	// About is what help says of it, with the word for its value in backquotes:
	// "access port of VLAN `N`, 1 to 4094".
	About string
	// Placeholder is the word for its value where About does not say it.
	Placeholder string
	// Default is the value when the flag is not given; "" is none.
	Default string
	// Env is the environment variable that comes before Default; "" is none.
	Env string
	// Words complete it; nil: nothing is known of its values.
	Words Words
}

// Flag returns a flag that may be given once.
func (v Value) Flag() cli.Flag {
	return &valueFlag{v, &cli.StringFlag{
		Name: v.Name, Aliases: present(v.Letter), EnvVars: present(v.Env), Usage: v.About, Value: v.Default,
	}}
}

// List returns a flag that may be given several times. It has no Default.
func (v Value) List() cli.Flag {
	return &listFlag{v, &cli.StringSliceFlag{
		Name: v.Name, Aliases: present(v.Letter), EnvVars: present(v.Env), Usage: v.About + " (repeatable)",
	}}
}

// Bool returns a flag that is there or not; --name=false is not. It may be set by
// environment variables as well.
func Bool(name, about string, env ...string) *cli.BoolFlag {
	return &cli.BoolFlag{Name: name, Usage: about, EnvVars: env, DisableDefaultText: true}
}

// Short gives a flag a second name of one letter.
func Short(letter string, f *cli.BoolFlag) *cli.BoolFlag {
	f.Aliases = append(f.Aliases, letter)
	return f
}

// Read returns what a flag holds, as parse reads it; the zero value when it was not
// given.
func Read[T any](c *cli.Context, name string, parse func(string) (T, error)) (value T, err error) {
	if s := c.String(name); s != "" {
		return parse(s)
	}
	return value, nil
}

// valueFlag and listFlag are the library's flags with what it has no place for.
type (
	valueFlag struct {
		described Value
		*cli.StringFlag
	}
	listFlag struct {
		described Value
		*cli.StringSliceFlag
	}
)

// String implements [cli.Flag].
func (f *valueFlag) String() string { return f.described.named(f.StringFlag.String()) }

// String implements [cli.Flag].
func (f *listFlag) String() string { return f.described.named(f.StringSliceFlag.String()) }

// named puts the placeholder where the library says "value".
func (v Value) named(line string) string {
	if v.Placeholder == "" {
		return line
	}
	names, about, _ := strings.Cut(line, "\t")
	return strings.ReplaceAll(names, " value", " "+v.Placeholder) + "\t" + about
}

// wordsOf returns what completes the value of a flag, nil when nothing does.
func wordsOf(f cli.Flag) Words {
	switch f := f.(type) {
	case *valueFlag:
		return f.described.Words
	case *listFlag:
		return f.described.Words
	}
	return nil
}

func isBool(f cli.Flag) bool {
	_, ok := f.(*cli.BoolFlag)
	return ok
}

func isList(f cli.Flag) bool {
	_, ok := f.(*listFlag)
	return ok
}

// present returns the names that are there.
func present(names ...string) []string {
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}
