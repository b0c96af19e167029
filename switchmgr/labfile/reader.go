package labfile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

// position is a place in a file, from 1:1 on.
type position struct{ line, column int }

func at(n *yaml.Node) position { return position{max(n.Line, 1), max(n.Column, 1)} }

// reader gathers what is wrong with a file while it is read.
type reader struct {
	problems []Problem
	at       map[string]position // of each value, by path
	// broken holds the paths whose value is not known, so that nothing is
	// concluded from it.
	broken map[string]bool
}

// add records a problem.
func (r *reader) add(where position, path, hint, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		Line: where.line, Column: where.column, Path: path, Message: fmt.Sprintf(format, args...), Hint: hint,
	})
	r.broken[path] = true
}

// problem records a problem at a node.
func (r *reader) problem(n *yaml.Node, path, hint, format string, args ...any) {
	r.add(at(n), path, hint, format, args...)
}

// contradiction records a problem at a value that has been read, or at what it
// is in.
func (r *reader) contradiction(path, hint, format string, args ...any) {
	for p := path; ; p = parent(p) {
		if where, ok := r.at[p]; ok || p == "" {
			r.add(where, path, hint, format, args...)
			return
		}
	}
}

// has reports whether the file says something there.
func (r *reader) has(path string) bool {
	_, ok := r.at[path]
	return ok || r.broken[path]
}

// brokenBelow reports whether a value or a part of it is not known.
func (r *reader) brokenBelow(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool {
		return r.broken[path] || strings.HasPrefix(p.Path, path)
	})
}

// wrongType reports a value of another sort than expected; suggestion may be
// "".
func (r *reader) wrongType(n *yaml.Node, path, suggestion, expected string) {
	r.problem(n, path, didYouMean(suggestion), "found %s, expected %s", found(n), expected)
}

// plain refuses what makes a file say something else than it shows. It reports
// whether the value can be read nevertheless.
func (r *reader) plain(n *yaml.Node, path string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		r.problem(n, path, "", "aliases (*%s) are not available in lab files, expected the value itself", n.Value)
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.problem(n, path, "", "tags (%s) are not available in lab files, expected the value alone", n.Tag)
		return false
	case n.Anchor != "":
		r.problem(n, path, "", "anchors (&%s) are not available in lab files, expected the value alone", n.Anchor)
	}
	return true
}

// entries calls f for each key of a map that may be a key at all.
func (r *reader) entries(n *yaml.Node, path string, f func(key, value *yaml.Node)) {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !r.plain(key, path) {
			continue
		}
		line, twice := first[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || isNull(key):
			r.problem(key, path, "", "found %s as a key, expected text", found(key))
		case key.Tag == "!!merge":
			r.problem(key, path, "", "merge keys (<<) are not available in lab files, expected the keys themselves")
		case twice:
			r.problem(key, join(path, key.Value), "", "key %q is there twice, first in line %d", key.Value, line)
		default:
			first[key.Value] = key.Line
			f(key, value)
		}
	}
}

// unknownKey reports a key that the table does not have.
func (r *reader) unknownKey(key *yaml.Node, path string, known []string) {
	near := model.Nearest(strings.ToLower(key.Value), known)
	hint := didYouMean(near)
	if listPart.MatchString(key.Value) {
		hint = `quote a list of VLANs: "10,20-29"`
	}
	r.problem(key, join(path, key.Value), hint, "unknown key, expected one of %s", strings.Join(known, ", "))
	if near != "" {
		r.broken[join(path, near)] = true
	}
}

// listPart is what follows the first comma of a VLAN list that stands without
// quotes between braces.
var listPart = regexp.MustCompile(`^[0-9]+(-[0-9]+)?$`)

// found describes a value for people.
func found(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a map"
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		return "an empty list"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	case n.Tag == "!!int", n.Tag == "!!float":
		return "the number " + shortened(n.Value, mostOfValue)
	case n.Tag == "!!bool":
		return n.Value
	default:
		return "the text " + strconv.Quote(shortened(n.Value, mostOfValue))
	}
}

// Limits of what is quoted in a message, in bytes: a value, and a name, of
// which every valid one is shown whole.
const (
	mostOfValue = 60
	mostOfName  = model.MaxNamespace
)

func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// isText reports a scalar that all readers of YAML take for text, or for a
// date, which a lab file knows nothing of.
func isText(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Tag == "!!str" || n.Tag == "!!timestamp")
}

func isNumber(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!int" }

// didYouMean makes a hint of a suggestion, "" of none.
func didYouMean(suggestion string) string {
	if suggestion == "" {
		return ""
	}
	return "did you mean " + suggestion + "?"
}

// join returns the path of a key in a map.
func join(path, name string) string {
	if name == "" || strings.ContainsFunc(name, isOdd) {
		name = strconv.Quote(shortened(name, mostOfName))
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// isOdd reports whether a character cannot stand in a path as it is. A regular
// expression would take a fifth of the time of a whole file: a path is made for
// each value.
func isOdd(c rune) bool {
	plain := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
	return !plain
}

// index returns the path of an entry in a list.
func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// parent returns the path of what a value is in.
func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }
