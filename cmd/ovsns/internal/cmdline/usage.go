package cmdline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
)

// commandLine returns words as a line for the shell.
func (l *Line) commandLine(words []string) string {
	quoted := []string{l.app.Name}
	for _, w := range words {
		quoted = append(quoted, shellQuote(w))
	}
	return strings.Join(quoted, " ")
}

// with returns the line with one word replaced by others.
func (l *Line) with(at int, words ...string) string {
	return l.commandLine(slices.Replace(slices.Clone(l.words), at, at+1, words...))
}

// helpLine returns the command that explains the one at hand.
func (l *Line) helpLine() string { return l.Name() + " --help" }

func (l *Line) missingCommand() error {
	return model.Invalidf("%s: missing command: one of %s", l.Name(), strings.Join(commandNames(l.subcommands()), ", ")).
		WithHint("%s", l.helpLine())
}

func (l *Line) unknownCommand(word string, at int) error {
	err := model.Invalidf("%s: unknown command %q", l.Name(), word)
	if near := model.Nearest(word, commandNames(l.subcommands())); near != "" {
		return err.WithHint("%s", l.with(at, near))
	}
	return err.WithHint("%s", l.helpLine())
}

// unknownFlag proposes the flag that was meant: one letter wrong, one dash
// short, or an argument that needs "--" before it.
func (l *Line) unknownFlag(word string, at int) error {
	typed, value, hasValue := strings.Cut(word, "=")
	err := model.Invalidf("%s: unknown flag %s", l.Name(), quoteIfOdd(typed))
	flags := l.app.Flags
	if leaf := l.Leaf(); leaf != nil {
		flags = append(slices.Clip(flags), leaf.Flags...)
	} else {
		flags = append(slices.Clip(flags), flagsBelow(l.subcommands())...)
	}
	near := model.Nearest(strings.TrimLeft(typed, "-"), longNames(flags))
	switch {
	case near == "":
		return err.WithHint("%s", l.helpLine())
	case hasValue:
		return err.WithHint("%s", l.with(at, "--"+near+"="+value))
	}
	return err.WithHint("%s", l.with(at, "--"+near))
}

func (l *Line) missingArgument(spec argSpec) error {
	return model.Invalidf("%s: missing argument %s", l.Name(), spec.name).WithHint("%s", l.helpLine())
}

// emptyArgument reports what is left of "$name" when the variable is not set:
// it must not stand for the default.
func (l *Line) emptyArgument(spec argSpec) error {
	return model.Invalidf("%s: argument %s may not be empty", l.Name(), spec.name).WithHint("%s", l.helpLine())
}

// missingWord reports that "via" or the like is not where it should be.
func (l *Line) missingWord(i int, spec argSpec, total int) error {
	err := model.Invalidf("%s: expected the word %q before %q", l.Name(), spec.name, l.Args[i])
	if len(l.Args) < total {
		return err.WithHint("%s", l.with(l.argAt[i], spec.name, l.Args[i]))
	}
	return err.WithHint("%s", l.helpLine())
}

func (l *Line) wrongChoice(i int, spec argSpec) error {
	err := model.Invalidf("%s: %q is none of %s", l.Name(), l.Args[i], strings.Join(spec.choices(), ", "))
	if near := model.Nearest(l.Args[i], spec.choices()); near != "" {
		return err.WithHint("%s", l.with(l.argAt[i], near))
	}
	return err.WithHint("%s", l.helpLine())
}

// surplusArgument reports the first argument too many; a flag without its
// dashes is recognised.
func (l *Line) surplusArgument(i int) error {
	word := l.Args[i]
	err := model.Invalidf("%s: unexpected argument %q", l.Name(), word)
	names := longNames(l.Leaf().Flags)
	switch {
	case slices.Contains(names, word):
		return err.WithHint("%s", l.with(l.argAt[i], "--"+word))
	case i == 0 && slices.Contains(names, FlagFile):
		return err.WithHint("%s", l.with(l.argAt[i], "-f", word))
	}
	return err.WithHint("%s", l.helpLine())
}

// insideCommandError reports a dash-argument of another command that could be
// taken for a flag of ovsns.
func (p *parser) insideCommandError(at int) error {
	cmd := p.argAt[p.commandIndex()]
	return model.Invalidf("%s: flag %s of %s needs a -- before %s",
		p.Name(), quoteIfOdd(p.words[at]), quoteIfOdd(p.words[cmd]), quoteIfOdd(p.words[cmd])).
		WithHint("%s", p.with(cmd, "--", p.words[cmd]))
}

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	return names
}

func longNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		names = append(names, f.Names()[0])
	}
	return names
}

// usageOf returns "--vlan N".
func usageOf(f cli.Flag) string {
	names, _, _ := strings.Cut(f.String(), "\t")
	first, _, _ := strings.Cut(names, ",")
	first, _, _ = strings.Cut(first, " [")
	return strings.TrimSpace(first)
}

// shellQuote returns a word so that a POSIX shell reads it back; control
// characters in the form of bash's $'...'.
func shellQuote(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,=@%+"
	switch {
	case word == "":
		return "''"
	case strings.Trim(word, plain) == "":
		return word
	case output.Printable(word) == word:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return "$'" + strings.ReplaceAll(strings.Trim(strconv.QuoteToASCII(word), `"`), "'", `\'`) + "'"
}

// quoteIfOdd quotes a word that would not read well in a sentence.
func quoteIfOdd(word string) string {
	if shellQuote(word) == word {
		return word
	}
	return strconv.Quote(word)
}
