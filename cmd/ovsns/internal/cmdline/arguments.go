package cmdline

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
)

// argSpec is one argument of a command, as its ArgsUsage has it.
type argSpec struct {
	name     string
	optional bool // "[NAME]"
	repeated bool // "NAME..."
}

// literal reports an argument that is a word of the language, like "via".
func (a argSpec) literal() bool {
	return strings.ToLower(a.name) == a.name && len(a.choices()) == 1
}

// choices returns the words of "bash|zsh|fish".
func (a argSpec) choices() []string { return strings.Split(a.name, "|") }

// argSpecs reads an ArgsUsage such as "NS -- CMD [ARG...]". It is both what
// the help shows and what is checked.
func argSpecs(usage string) []argSpec {
	var specs []argSpec
	depth := 0
	for word := range strings.FieldsSeq(usage) {
		depth += strings.Count(word, "[")
		name := strings.Trim(word, "[]")
		if name != "--" {
			base, repeated := strings.CutSuffix(name, "...")
			specs = append(specs, argSpec{name: base, optional: depth > 0, repeated: repeated})
		}
		depth -= strings.Count(word, "]")
	}
	return specs
}

// check reports what is wrong with a whole line.
func (l *Line) check() error {
	leaf := l.Leaf()
	if leaf == nil {
		return l.missingCommand()
	}
	for _, g := range l.flags {
		if !l.knows(g.flag) {
			return l.unknownFlag(g.typed, g.at)
		}
	}
	if err := l.checkTwice(); err != nil {
		return err
	}
	return l.checkArgs(argSpecs(leaf.ArgsUsage))
}

// knows reports whether the command takes a flag that may have been typed
// before the command was known.
func (l *Line) knows(f cli.Flag) bool {
	same := func(g cli.Flag) bool { return g.Names()[0] == f.Names()[0] }
	return slices.ContainsFunc(l.app.Flags, same) || slices.ContainsFunc(l.Leaf().Flags, same)
}

// checkTwice refuses two different values of a flag that takes one. Of global
// flags the last wins, so that an alias with -o json can be overridden.
func (l *Line) checkTwice() error {
	seen := map[string]given{}
	for _, g := range l.flags {
		name := g.flag.Names()[0]
		single := !isBool(g.flag) && !isList(g.flag)
		before, twice := seen[name]
		if twice && single && before.value != g.value && !slices.Contains(l.app.Flags, g.flag) {
			return model.Invalidf("%s: flag --%s is given twice: %s and %s", l.Name(), name, before.value, g.value)
		}
		seen[name] = g
	}
	return nil
}

// checkArgs compares the arguments with what the command takes.
func (l *Line) checkArgs(specs []argSpec) error {
	for i, spec := range specs {
		if i >= len(l.Args) {
			if spec.optional {
				return nil
			}
			return l.missingArgument(spec)
		}
		if l.Args[i] == "" && spec.name != "CMD" {
			return l.emptyArgument(spec)
		}
		if spec.literal() && l.Args[i] != spec.name {
			return l.missingWord(i, spec, len(specs))
		}
		if len(spec.choices()) > 1 && !slices.Contains(spec.choices(), l.Args[i]) {
			return l.wrongChoice(i, spec)
		}
	}
	if len(specs) > 0 && specs[len(specs)-1].repeated || len(l.Args) <= len(specs) {
		return nil
	}
	return l.surplusArgument(len(specs))
}

// insideCommand reports that the words of another command are being read: CMD
// of exec and sandbox was there, and no "--" before it.
func (p *parser) insideCommand() bool {
	at := p.commandIndex()
	return at >= 0 && len(p.Args) > at
}

// commandIndex returns which argument is CMD, -1 when there is none.
func (l *Line) commandIndex() int {
	if l.Leaf() == nil {
		return -1
	}
	return slices.IndexFunc(argSpecs(l.Leaf().ArgsUsage), func(a argSpec) bool { return a.name == "CMD" })
}
