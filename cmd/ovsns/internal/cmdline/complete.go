package cmdline

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
)

// CompleteCommand is what the completion scripts of shells call: all words
// after the program's name up to the one that is being typed, which may be
// empty. It prints one candidate per line, with a tab before its explanation.
const CompleteCommand = "__complete"

// completeLimit is how long a user waits at most for a key press.
const completeLimit = time.Second

// Candidate is a word that may follow, and what it is; About may be "".
type Candidate struct{ Word, About string }

// Words returns what may follow on a line so far. It answers before ctx ends, and
// with nothing when nothing can be known.
type Words func(context.Context, *Line) []Candidate

// Arguments holds what completes the arguments of commands, by their names as
// ArgsUsage has them, "NS", or together with the command where a name is not
// everywhere the same: "link delete A".
type Arguments map[string]Words

// Fixed always returns the same words.
func Fixed(words ...string) Words {
	return func(context.Context, *Line) []Candidate { return Candidates(words...) }
}

// Files has the shell complete a file.
func Files(context.Context, *Line) []Candidate { return Candidates(":files") }

// Programs has the shell complete the name of a program.
func Programs(context.Context, *Line) []Candidate { return Candidates(":programs") }

// Candidates returns words that say all by themselves.
func Candidates(words ...string) []Candidate {
	list := make([]Candidate, len(words))
	for i, w := range words {
		list[i].Word = w
	}
	return list
}

// Complete prints candidates for the last of the words. It is silent about
// whatever goes wrong, and soon over.
func Complete(ctx context.Context, w io.Writer, app *cli.App, arguments Arguments, words []string) {
	if len(words) == 0 {
		words = []string{""}
	}
	ctx, cancel := context.WithTimeout(ctx, completeLimit)
	defer cancel()
	last := words[len(words)-1]
	for _, c := range candidates(ctx, app, arguments, words[:len(words)-1], last) {
		if strings.HasPrefix(c.Word, ":") || strings.HasPrefix(c.Word, last) {
			fmt.Fprintln(w, strings.TrimRight(output.Printable(c.Word)+"\t"+output.Printable(c.About), "\t"))
		}
	}
}

// candidates returns what the word after those before may be.
func candidates(ctx context.Context, app *cli.App, arguments Arguments, before []string, last string) []Candidate {
	p, pending := readSoFar(app, before)
	if p == nil {
		return nil
	}
	name, _, hasValue := strings.Cut(last, "=")
	switch {
	case pending != nil:
		return p.values(ctx, pending)
	case p.insideCommand():
		return Files(ctx, p.Line)
	case !p.literal && strings.HasPrefix(last, "--") && hasValue:
		return p.valuesAfter(ctx, name)
	case !p.literal && strings.HasPrefix(last, "-"):
		return p.flagNames()
	case p.mayDescend():
		return commandCandidates(p.subcommands())
	}
	return p.arguments(ctx, arguments)
}

// readSoFar reads the words before the last one. It returns the flag that
// waits for its value, if one does, and nil when a command is unknown.
func readSoFar(app *cli.App, before []string) (*parser, cli.Flag) {
	p := &parser{Line: &Line{app: app, words: before}}
	for p.next < len(before) {
		at, flags := p.next, len(p.flags)
		if p.step() != nil && !p.insideCommand() {
			return nil, nil
		}
		if p.next == len(before) && at == len(before)-1 && len(p.flags) == flags {
			if f := p.waiting(before[at]); f != nil {
				return p, f
			}
		}
	}
	return p, nil
}

// waiting returns the flag that a last word like "--vlan" or "-s" is, if it
// takes a value.
func (p *parser) waiting(word string) cli.Flag {
	if p.literal || strings.Contains(word, "=") || !p.isFlag(word) {
		return nil
	}
	f := p.lookup(strings.TrimLeft(word, "-"))
	if f == nil || isBool(f) {
		return nil
	}
	return f
}

func commandCandidates(commands []*cli.Command) []Candidate {
	var list []Candidate
	for _, c := range commands {
		if !c.Hidden {
			list = append(list, Candidate{c.Name, c.Usage})
		}
	}
	return list
}

// flagNames returns the flags that may still be given.
func (p *parser) flagNames() []Candidate {
	var list []Candidate
	flags := slices.Clip(p.app.Flags)
	if leaf := p.Leaf(); leaf != nil {
		flags = append(slices.Clone(leaf.Flags), flags...)
	}
	for _, f := range flags {
		if _, there := p.Flag(f.Names()[0]); there && !isList(f) {
			continue
		}
		_, about, _ := strings.Cut(f.String(), "\t")
		list = append(list, Candidate{"--" + f.Names()[0], about})
	}
	return list
}

// values returns what a flag may hold.
func (p *parser) values(ctx context.Context, f cli.Flag) []Candidate {
	if words := wordsOf(f); words != nil {
		return words(ctx, p.Line)
	}
	return nil
}

// valuesAfter returns whole words "--vlan=100".
func (p *parser) valuesAfter(ctx context.Context, name string) []Candidate {
	f := p.lookup(strings.TrimPrefix(name, "--"))
	if f == nil {
		return nil
	}
	list := p.values(ctx, f)
	for i := range list {
		if !strings.HasPrefix(list[i].Word, ":") {
			list[i].Word = name + "=" + list[i].Word
		}
	}
	return list
}

// arguments returns what the next argument may be, less what is there.
func (p *parser) arguments(ctx context.Context, known Arguments) []Candidate {
	specs := argSpecs(p.Leaf().ArgsUsage)
	i := len(p.Args)
	if len(specs) > 0 && specs[len(specs)-1].repeated {
		i = min(i, len(specs)-1)
	}
	if i >= len(specs) {
		return nil
	}
	return slices.DeleteFunc(p.argument(ctx, known, specs[i]), func(c Candidate) bool {
		return slices.Contains(p.Args, c.Word)
	})
}

// argument returns what an argument may be: by its name where that is the same
// everywhere, else by its place in the tree.
func (p *parser) argument(ctx context.Context, known Arguments, a argSpec) []Candidate {
	if a.literal() || len(a.choices()) > 1 {
		return Candidates(a.choices()...)
	}
	command := strings.TrimPrefix(p.Name(), p.app.Name+" ")
	for _, name := range []string{a.name, command + " " + a.name} {
		if words, ok := known[name]; ok {
			return words(ctx, p.Line)
		}
	}
	return nil
}
