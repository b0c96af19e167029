package cmdline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
)

// Line is a command line that has been understood, or as much of one as is there.
type Line struct {
	// Args are the arguments of the command, without those flags may have.
	Args []string

	app     *cli.App
	words   []string       // as typed, without the program's name
	path    []*cli.Command // from the first command to the last
	flags   []given
	argAt   []int // index of each argument in words
	help    bool
	version bool
}

// given is a flag that was typed.
type given struct {
	flag  cli.Flag
	typed string // "--vlan" or "-s"
	value string // "true" or "false" of a bool
	at    int    // index in words
}

// Parse walks the tree of commands along the words. Flags may stand anywhere
// before a bare "--", also before the command they belong to. The error is
// [model.ErrInvalid] and carries the corrected line as its hint.
func Parse(app *cli.App, words []string) (*Line, error) {
	p := &parser{Line: &Line{app: app, words: words}}
	for p.next < len(words) {
		if err := p.step(); err != nil {
			return nil, err
		}
	}
	switch {
	case p.help || len(words) == 0:
		p.help = true
		return p.Line, nil
	case p.first != nil:
		return nil, p.first
	case p.version:
		return p.Line, nil
	}
	return p.Line, p.check()
}

// parser reads words one by one.
type parser struct {
	*Line
	next    int
	literal bool  // "--" was seen
	first   error // the first error that a later --help may still forgive
}

// step reads the next word, and the one after it when that is its value.
func (p *parser) step() error {
	word := p.words[p.next]
	at := p.next
	p.next++
	switch {
	case p.literal || word == "-" || !strings.HasPrefix(word, "-"):
		return p.plain(word, at)
	case word == "--":
		p.literal = true
	case p.insideCommand():
		return p.insideCommandError(at)
	case strings.HasPrefix(word, "--"):
		name, value, has := strings.Cut(word[2:], "=")
		f := p.lookup(name)
		if len(name) < 2 || f == nil {
			p.fail(p.unknownFlag(word, at))
			break
		}
		p.take(given{flag: f, typed: "--" + name, value: value, at: at}, has)
	default:
		p.cluster(word[1:], at)
	}
	return nil
}

// cluster reads short flags: -q, -qv, -s sw0, -ssw0, -s=sw0.
func (p *parser) cluster(letters string, at int) {
	for i, letter := range letters {
		f := p.lookup(string(letter))
		if f == nil || i > 0 && letters[0] == '-' {
			p.fail(p.unknownFlag("-"+letters, at))
			return
		}
		g := given{flag: f, typed: "-" + string(letter), at: at}
		rest := letters[i+len(string(letter)):]
		if value, ok := strings.CutPrefix(rest, "="); ok {
			g.value = value
			p.take(g, true)
			return
		}
		if !isBool(f) && rest != "" {
			g.value = rest
			p.take(g, true)
			return
		}
		p.take(g, false)
	}
}

// take records a flag; without a value of its own it takes the next word,
// whatever that begins with, unless it is itself a flag.
func (p *parser) take(g given, hasValue bool) {
	name := g.flag.Names()[0]
	if isBool(g.flag) {
		on, err := strconv.ParseBool(g.value)
		if hasValue && err != nil {
			p.fail(model.Invalidf("flag %s is true or false, not %q", g.typed, g.value))
			return
		}
		on = on || !hasValue
		g.value = strconv.FormatBool(on)
		p.help = p.help || on && name == FlagHelp
		p.version = p.version || on && name == FlagVersion
		p.flags = append(p.flags, g)
		return
	}
	if !hasValue {
		if p.next == len(p.words) || p.isFlag(p.words[p.next]) {
			p.fail(model.Invalidf("flag %s needs a value: %s", g.typed, usageOf(g.flag)).
				WithHint("%s", p.helpLine()))
			return
		}
		g.value = p.words[p.next]
		p.next++
	}
	if g.value == "" {
		p.fail(model.Invalidf("flag %s has an empty value", g.typed).WithHint("%s", p.helpLine()))
		return
	}
	p.flags = append(p.flags, g)
}

// isFlag reports whether a word is a flag here, not merely dashed like "-1".
func (p *parser) isFlag(word string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-"), "=")
	switch {
	case word == "--":
		return true
	case strings.HasPrefix(word, "--"):
		return len(name) > 1 && p.lookup(name) != nil
	case strings.HasPrefix(word, "-"):
		return len(name) == 1 && p.lookup(name) != nil
	}
	return false
}

// plain reads a word that is not a flag: the next command, or an argument.
func (p *parser) plain(word string, at int) error {
	leaf, mayDescend := p.Leaf(), p.mayDescend()
	for _, c := range p.subcommands() {
		if mayDescend && c.HasName(word) {
			p.path = append(p.path, c)
			return nil
		}
	}
	switch {
	case mayDescend && word == "help":
		p.help = true
	case leaf == nil, mayDescend && model.Nearest(word, commandNames(p.subcommands())) != "":
		return p.unknownCommand(word, at)
	default:
		p.Args = append(p.Args, word)
		p.argAt = append(p.argAt, at)
	}
	return nil
}

// mayDescend reports whether the next word may be a command: below one that
// runs by itself, only as the first word and before "--".
func (p *parser) mayDescend() bool {
	if p.Leaf() == nil {
		return true
	}
	return len(p.subcommands()) > 0 && len(p.Args) == 0 && !p.literal
}

// lookup finds a flag by name or letter: a global one, one of the command,
// or, while the command is not complete, of any that may still follow.
func (p *parser) lookup(name string) cli.Flag {
	for _, f := range append(slices.Clip(p.app.Flags), p.commandFlags()...) {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func (p *parser) commandFlags() []cli.Flag {
	below := flagsBelow(p.subcommands())
	if leaf := p.Leaf(); leaf != nil {
		return append(slices.Clip(leaf.Flags), below...)
	}
	return below
}

func flagsBelow(commands []*cli.Command) []cli.Flag {
	var flags []cli.Flag
	for _, c := range commands {
		flags = append(append(flags, c.Flags...), flagsBelow(c.Subcommands)...)
	}
	return flags
}

// fail keeps the first error: a --help that follows is still served.
func (p *parser) fail(err error) {
	if p.first == nil {
		p.first = err
	}
}

// subcommands returns the commands that may follow.
func (l *Line) subcommands() []*cli.Command {
	if len(l.path) == 0 {
		return l.app.Commands
	}
	return l.path[len(l.path)-1].Subcommands
}

// Leaf returns the command, nil while it is not complete. One with commands
// below it is complete when it has an action of its own.
func (l *Line) Leaf() *cli.Command {
	if len(l.path) == 0 {
		return nil
	}
	last := l.path[len(l.path)-1]
	if len(last.Subcommands) > 0 && last.Action == nil {
		return nil
	}
	return last
}

// Name returns "ovsns switch create".
func (l *Line) Name() string {
	words := []string{l.app.Name}
	for _, c := range l.path {
		words = append(words, c.Name)
	}
	return strings.Join(words, " ")
}

// Flag returns the value of a flag as typed, the last one when there are several,
// and whether there is one.
func (l *Line) Flag(name string) (value string, ok bool) {
	for _, g := range slices.Backward(l.flags) {
		if g.flag.Names()[0] == name {
			return g.value, true
		}
	}
	return "", false
}

// argv returns the one spelling that all permutations of a line share: global
// flags, commands, their flags, "--", arguments; values joined with "=", so
// that none is taken for a flag.
func (l *Line) argv() []string {
	words := append([]string{l.app.Name}, l.spell(l.app.Flags)...)
	for _, c := range l.path {
		words = append(words, c.Name)
	}
	words = append(words, l.spell(l.Leaf().Flags)...)
	return append(append(words, "--"), l.Args...)
}

// spell returns those of the flags that were given, in the order of the tree.
func (l *Line) spell(flags []cli.Flag) []string {
	var words []string
	for _, f := range flags {
		name := f.Names()[0]
		var values []string
		for _, g := range l.flags {
			if g.flag.Names()[0] == name {
				values = append(values, "--"+name+"="+g.value)
			}
		}
		if !isList(f) && len(values) > 0 {
			values = values[len(values)-1:]
		}
		words = append(words, values...)
	}
	return words
}
