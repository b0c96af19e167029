package labfile

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

// value is a scalar, in the form that the model gives to its values.
func value[V any](v model.Value[V]) kind[V] {
	switch v.Form {
	case model.FormNumber:
		return number(v)
	case model.FormBoolean:
		return boolean(v)
	}
	return text(v)
}

// text is a scalar that is text.
func text[V any](v model.Value[V]) kind[V] {
	k := kind[V]{expected: v.Expected, schema: schema{"type": "string"}}
	switch {
	case v.Form == model.FormWord:
		k.schema = schema{"enum": v.Words}
	case v.Pattern != "":
		k.schema["pattern"] = v.Pattern
	}
	k.read = func(r *reader, n *yaml.Node, path string) V {
		if !isText(n) {
			r.wrongType(n, path, inQuotes(n, v.Parse), v.Expected)
			var none V
			return none
		}
		return parsed(r, n, path, v.Parse)
	}
	k.write = func(value V) *yaml.Node {
		if s := v.Format(value); s != "" {
			return textNode(s)
		}
		return nil
	}
	return k
}

// inQuotes proposes quotes around what YAML takes for something else than
// text, where that helps.
func inQuotes[T any](n *yaml.Node, parse func(string) (T, error)) string {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		return ""
	}
	if _, err := parse(n.Value); err != nil {
		return ""
	}
	return strconv.Quote(n.Value)
}

// parsed reads the text of a scalar.
func parsed[T any](r *reader, n *yaml.Node, path string, parse func(string) (T, error)) T {
	v, err := parse(n.Value)
	if err != nil {
		r.problem(n, path, hintOf(err), "%s", err)
		var none T
		return none
	}
	return v
}

// flagBefore matches the flag in the hints of package model, which are made
// for command lines.
var flagBefore = regexp.MustCompile(`^--[a-z-]+ `)

// hintOf returns what an error of package model proposes to write.
func hintOf(err error) string {
	hint := model.Hint(err)
	if strings.HasPrefix(hint, "ovsns ") {
		return "" // what to run
	}
	return didYouMean(flagBefore.ReplaceAllString(hint, ""))
}

// number is a whole number within limits.
func number[V any](v model.Value[V]) kind[V] {
	k := kind[V]{expected: v.Expected, schema: schema{"type": "integer", "minimum": v.Least, "maximum": v.Most}}
	k.read = func(r *reader, n *yaml.Node, path string) (none V) {
		switch {
		case !isNumber(n):
			suggestion := ""
			if _, err := v.Parse(n.Value); isText(n) && err == nil {
				suggestion = n.Value
			}
			r.wrongType(n, path, suggestion, v.Expected)
			return none
		case oldOctal(n.Value):
			r.problem(n, path, "", "number %s begins with 0, which not all programs read alike, expected %s", n.Value, v.Expected)
			return none
		}
		return parsed(r, n, path, v.Parse)
	}
	k.write = func(value V) *yaml.Node {
		if s := v.Format(value); s != "" {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: s}
		}
		return nil
	}
	return k
}

// oldOctal reports a number that YAML 1.1 reads to the base of 8.
func oldOctal(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return len(s) > 1 && s[0] == '0' && strings.Trim(s, "0123456789") == ""
}

// boolean is true or false.
func boolean[V any](v model.Value[V]) kind[V] {
	k := kind[V]{expected: "true or false", schema: schema{"type": "boolean"}}
	k.read = func(r *reader, n *yaml.Node, path string) V {
		if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
			on, _ := v.Parse(strings.ToLower(n.Value)) // it can read both
			return on
		}
		words := map[string]string{"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
		r.wrongType(n, path, words[strings.ToLower(n.Value)], k.expected)
		var off V
		return off
	}
	k.write = func(value V) *yaml.Node {
		if v.Format(value) == "" {
			return nil
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}
	}
	return k
}

// names is the kind of a map's keys: text, whatever they look like. A bad one
// is a name all the same, so that what refers to it is not reported as well.
func names(v model.Value[string]) kind[string] {
	k := text(v)
	k.read = func(r *reader, n *yaml.Node, path string) string {
		if _, err := v.Parse(n.Value); err != nil {
			r.problem(n, path, hintOf(err), "%s", err)
		}
		return n.Value
	}
	return k
}

// several are the values of a list. One that is a word, "auto", is written
// without brackets.
func several[V any](p model.List[V]) kind[[]V] {
	item := value(p.Item)
	k := oneOrMore(item)
	write := k.write
	k.write = func(values []V) *yaml.Node {
		if len(values) == 1 && slices.Contains(p.Item.Words, p.Item.Format(values[0])) {
			return item.write(values[0])
		}
		return write(values)
	}
	return k
}
