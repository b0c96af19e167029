package cmdline

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
)

// bareFlag is a hint that is nothing but a flag with its value.
var bareFlag = regexp.MustCompile(`^(--?)([a-z-]+) (\S+)$`)

// hint returns what can be pasted. A hint that is only the corrected value of
// a flag or argument becomes the whole line.
func hint(l *Line, err error) string {
	hint := model.Hint(err)
	if l == nil || hint == "" {
		return hint
	}
	if m := bareFlag.FindStringSubmatch(hint); m != nil {
		return l.withFlag(m[1]+m[2], m[3], err.Error())
	}
	if _, perr := netip.ParsePrefix(hint); perr == nil {
		return l.withAddress(hint, err.Error())
	}
	return hint
}

// withFlag returns the line with another value of a flag that it has once, or
// with the flag added; "" when the command has no such flag. A hint about --mac
// fits --mac-a too, when the message names its value.
func (l *Line) withFlag(typed, value, message string) string {
	name := strings.TrimLeft(typed, "-")
	var at []given
	for _, g := range l.flags {
		if strings.HasPrefix(g.flag.Names()[0], name+"-") && mentions(message, strings.ToLower(g.value)) {
			return l.withValue(g, value)
		}
		if slices.Contains(g.flag.Names(), name) {
			at = append(at, g)
		}
	}
	known := slices.ContainsFunc(append(slices.Clip(l.app.Flags), l.Leaf().Flags...), func(f cli.Flag) bool {
		return slices.Contains(f.Names(), name)
	})
	switch {
	case !known:
		return "" // a hint for another verb
	case len(at) == 0:
		return l.WithAppended(typed, value)
	case len(at) == 1:
		return l.withValue(at[0], value)
	}
	return typed + " " + value
}

// WithAppended returns the line, ready to be pasted, with flags added: after the
// last word before a bare "--".
func (l *Line) WithAppended(words ...string) string {
	end := slices.Index(l.words, "--")
	if end < 0 {
		end = len(l.words)
	}
	return l.commandLine(slices.Insert(slices.Clone(l.words), end, words...))
}

// withValue returns the line with another value of one flag.
func (l *Line) withValue(g given, value string) string {
	word := l.words[g.at]
	switch {
	case word == g.typed:
		return l.commandLine(slices.Replace(slices.Clone(l.words), g.at+1, g.at+2, value))
	case strings.HasSuffix(word, g.value):
		return l.with(g.at, strings.TrimSuffix(word, g.value)+value)
	}
	return l.with(g.at, g.typed, value)
}

// withAddress returns the line with the one address that the message names
// replaced; else the hint itself.
func (l *Line) withAddress(hint, message string) string {
	lines := map[string]bool{}
	for _, g := range l.flags {
		if isAddress(g.value) && mentions(message, g.value) {
			lines[l.withValue(g, hint)] = true
		}
	}
	for i, arg := range l.Args {
		if isAddress(arg) && mentions(message, arg) {
			lines[l.with(l.argAt[i], hint)] = true
		}
	}
	if len(lines) != 1 {
		return hint
	}
	for line := range lines {
		return line
	}
	return hint
}

func mentions(message, word string) bool {
	return slices.Contains(strings.FieldsFunc(message, func(r rune) bool { return r == ' ' || r == ',' || r == '"' }), word)
}

func isAddress(s string) bool {
	_, perr := netip.ParsePrefix(s)
	_, aerr := netip.ParseAddr(s)
	return perr == nil || aerr == nil
}
