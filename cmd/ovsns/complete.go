package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/ovsdb"
)

// completeCommand is what the scripts of `ovsns completion` call: all words
// after the program's name up to the one that is being typed, which may be
// empty. It prints one candidate per line, with a tab before its explanation.
const completeCommand = "__complete"

// Instead of candidates: let the shell complete a file or a program.
const (
	completeFiles    = ":files"
	completePrograms = ":programs"
)

// completeLimit is how long a user waits at most for a key press.
const completeLimit = time.Second

// candidate is a word that may follow.
type candidate struct{ word, about string }

// complete prints candidates. It is silent about whatever goes wrong.
func (p *program) complete(ctx context.Context, words []string) {
	if len(words) == 0 {
		words = []string{""}
	}
	ctx, cancel := context.WithTimeout(ctx, completeLimit)
	defer cancel()
	last := words[len(words)-1]
	for _, c := range p.candidates(ctx, words[:len(words)-1], last) {
		if strings.HasPrefix(c.word, ":") || strings.HasPrefix(c.word, last) {
			fmt.Fprintln(p.out, strings.TrimRight(output.Printable(c.word)+"\t"+output.Printable(c.about), "\t"))
		}
	}
}

// candidates returns what the word after those before may be.
func (p *program) candidates(ctx context.Context, before []string, last string) []candidate {
	q, pending := readSoFar(p.app(), before)
	if q == nil {
		return nil
	}
	q.live, q.ctx, q.db = p.live, ctx, p.database(q)
	name, _, hasValue := strings.Cut(last, "=")
	switch {
	case pending != nil:
		return q.values(pending)
	case q.insideCommand():
		return words(completeFiles)
	case !q.literal && strings.HasPrefix(last, "--") && hasValue:
		return q.valuesAfter(name)
	case !q.literal && strings.HasPrefix(last, "-"):
		return q.flagNames()
	case q.mayDescend():
		return commandCandidates(q.subcommands())
	}
	return q.arguments()
}

// question is a line so far, and where live names come from.
type question struct {
	*parser
	ctx  context.Context
	live liveNames
	db   ovsdb.Options
}

// readSoFar reads the words before the last one. It returns the flag that
// waits for its value, if one does, and nil when a command is unknown.
func readSoFar(app *cli.App, before []string) (*question, cli.Flag) {
	p := &parser{line: &line{app: app, words: before}}
	for p.next < len(before) {
		at, flags := p.next, len(p.flags)
		if p.step() != nil && !p.insideCommand() {
			return nil, nil
		}
		if p.next == len(before) && at == len(before)-1 && len(p.flags) == flags {
			if f := p.waiting(before[at]); f != nil {
				return &question{parser: p}, f
			}
		}
	}
	return &question{parser: p}, nil
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

// database returns where the line or the environment says the database is.
func (p *program) database(q *question) ovsdb.Options {
	value := func(flag, variable, otherwise string) string {
		for _, g := range slices.Backward(q.flags) {
			if g.flag.Names()[0] == flag {
				return g.value
			}
		}
		if v := p.getenv(variable); v != "" {
			return v
		}
		return otherwise
	}
	return ovsdb.Options{
		Endpoints:   value(flagDB, "OVSNS_DB", defaultDB),
		PrivateKey:  value(flagKey, "OVSNS_PRIVATE_KEY", ""),
		Certificate: value(flagCert, "OVSNS_CERTIFICATE", ""),
		CACert:      value(flagCACert, "OVSNS_CA_CERT", ""),
	}
}

func commandCandidates(commands []*cli.Command) []candidate {
	var list []candidate
	for _, c := range commands {
		if !c.Hidden {
			list = append(list, candidate{c.Name, c.Usage})
		}
	}
	return list
}

// flagNames returns the flags that may still be given.
func (q *question) flagNames() []candidate {
	var list []candidate
	flags := slices.Clip(q.app.Flags)
	if leaf := q.leaf(); leaf != nil {
		flags = append(slices.Clone(leaf.Flags), flags...)
	}
	for _, f := range flags {
		name := f.Names()[0]
		given := slices.ContainsFunc(q.flags, func(g given) bool { return g.flag.Names()[0] == name })
		if _, many := f.(*cli.StringSliceFlag); given && !many {
			continue
		}
		_, about, _ := strings.Cut(f.String(), "\t")
		list = append(list, candidate{"--" + name, about})
	}
	return list
}

// valuesAfter returns whole words "--vlan=100".
func (q *question) valuesAfter(name string) []candidate {
	f := q.lookup(strings.TrimPrefix(name, "--"))
	if f == nil || isBool(f) {
		return nil
	}
	list := q.values(f)
	for i := range list {
		if !strings.HasPrefix(list[i].word, ":") {
			list[i].word = name + "=" + list[i].word
		}
	}
	return list
}

// arguments returns what the next argument may be, less what is there.
func (q *question) arguments() []candidate {
	specs := argSpecs(q.leaf().ArgsUsage)
	i := len(q.args)
	if len(specs) > 0 && specs[len(specs)-1].repeated {
		i = min(i, len(specs)-1)
	}
	if i >= len(specs) {
		return nil
	}
	return slices.DeleteFunc(q.argument(specs[i]), func(c candidate) bool {
		return slices.Contains(q.args, c.word)
	})
}

func words(list ...string) []candidate {
	candidates := make([]candidate, len(list))
	for i, w := range list {
		candidates[i].word = w
	}
	return candidates
}
