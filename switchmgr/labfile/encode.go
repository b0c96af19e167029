package labfile

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

// lineWidth is how long a line may be that holds more than one value, in
// characters.
const lineWidth = 96

// Encode writes a lab file as a person would: what is short stands in braces
// in one line. [Parse] gives the lab back, if it is one that Parse accepts.
// A version of 0 is written as [model.LabVersion].
func Encode(w io.Writer, lab *model.Lab) error {
	l := *lab
	if l.Version == 0 {
		l.Version = model.LabVersion
	}
	root := labKind().write(l)
	fit(root, 0, 0)
	var b bytes.Buffer
	dumper, err := yaml.NewDumper(&b, yaml.WithV4Defaults(), yaml.WithCompactSeqIndent(false), yaml.WithLineWidth(-1))
	if err != nil {
		return err
	}
	if err := dumper.Dump(root); err != nil {
		return err
	}
	if err := dumper.Close(); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// fit breaks what is too long for its line, or easier to read line by line.
// The value begins in the given column; its own lines are indented by indent.
func fit(n *yaml.Node, column, indent int) {
	if n.Style&yaml.FlowStyle != 0 && (column+width(n) > lineWidth || severalItems(n)) {
		n.Style &^= yaml.FlowStyle
	}
	if n.Style&yaml.FlowStyle != 0 {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			fit(n.Content[i+1], indent+width(n.Content[i])+2, indent+2)
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			fit(item, indent+2, indent+2)
		}
	}
}

// severalItems reports a list of more than one map or list.
func severalItems(n *yaml.Node) bool {
	return n.Kind == yaml.SequenceNode && len(n.Content) > 1 && n.Content[0].Kind != yaml.ScalarNode
}

// width returns the length of a value in one line.
func width(n *yaml.Node) int {
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode: // brackets, ": " and ", " between
		total := 0
		for _, c := range n.Content {
			total += width(c) + 2
		}
		return max(total, 2)
	}
	length := utf8.RuneCountInString(n.Value)
	if n.Style&yaml.DoubleQuotedStyle != 0 {
		length += 2
	}
	return length
}

// clearText matches text that needs no quotes anywhere and looks like text: words,
// IPv4 addresses, subnets, interfaces.
var clearText = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_.-]*|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(/[0-9]+)?|[0-9.]+(ns|us|ms|s|m|h))$`)

// claimed are the words that some version of YAML does not take for text.
var claimed = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

// textNode is text, in quotes where a person or an old reader could take it
// for something else.
func textNode(s string) *yaml.Node {
	if !clearText.MatchString(s) {
		return quotedNode(s)
	}
	for _, word := range claimed {
		if strings.EqualFold(s, word) {
			return quotedNode(s)
		}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
}

func quotedNode(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.DoubleQuotedStyle}
}
