package labfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

// Parse reads a lab file. The name of the file only stands in messages. The
// error is an [*Error], which is [model.ErrInvalid].
func Parse(file string, data []byte) (*model.Lab, error) {
	r := &reader{at: map[string]position{}, broken: map[string]bool{}}
	var lab model.Lab
	if root := r.document(data); root != nil {
		lab = labKind().of(r, root, "")
		if !r.broken[""] {
			r.check(&lab)
		}
	}
	if len(r.problems) > 0 {
		return nil, &Error{File: file, Problems: sorted(r.problems)}
	}
	return &lab, nil
}

// document returns the root of the only document, nil when there is none.
func (r *reader) document(data []byte) *yaml.Node {
	if !r.text(data) {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithV4Defaults(), yaml.WithUniqueKeys(false))
	if err != nil {
		r.syntax(data, err)
		return nil
	}
	var doc yaml.Node
	err = loader.Load(&doc)
	switch {
	case errors.Is(err, io.EOF):
		r.add(position{1, 1}, "", "", "the file is empty, expected version: 1")
		return nil
	case err != nil:
		r.syntax(data, err)
		return nil
	}
	root := doc.Content[0]
	if isNull(root) {
		r.add(at(root), "", "", "the file is empty, expected version: 1")
		return nil
	}
	r.onlyDocument(data, loader)
	return root
}

// onlyDocument refuses what follows the first document: it would be ignored.
func (r *reader) onlyDocument(data []byte, loader *yaml.Loader) {
	var second yaml.Node
	err := loader.Load(&second)
	switch {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(data, err)
	default:
		r.add(at(&second), "", "", "a second document begins here, expected one document in a file")
	}
}

// text refuses what is no text, of which the library could not say where it
// is.
func (r *reader) text(data []byte) bool {
	where := position{1, 1}
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			r.add(where, "", "", "byte 0x%02x is not UTF-8 text", data[i])
			return false
		case c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f:
			r.add(where, "", "", "control character %U, expected text", c)
			return false
		case c == '\n':
			where = position{where.line + 1, 1}
		default:
			where.column++
		}
		i += size
	}
	return true
}

// syntax reports what the library says about text that is not YAML.
func (r *reader) syntax(data []byte, err error) {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		r.add(position{1, 1}, "", "", "not YAML: %v", err)
		return
	}
	where := position{max(le.Mark.Line, 1), max(le.Mark.Column, 1)}
	if column := tabAt(data, where.line); column > 0 {
		r.add(position{where.line, column}, "", "", "a tab in the indentation, expected spaces")
		return
	}
	if le.Message == "mapping values are not allowed in this context" {
		r.add(where, "", `quote a text that holds ": "`, "not YAML: a second key in one line, or a line that is indented too far")
		return
	}
	if strings.HasPrefix(le.Message, "unknown anchor") {
		r.add(where, "", "", "aliases are not available in lab files, expected the value itself")
		return
	}
	message := le.Message
	if le.ContextMsg != "" {
		message += fmt.Sprintf(" %s that begins at %d:%d", le.ContextMsg, le.ContextMark.Line, le.ContextMark.Column)
	}
	r.add(where, "", "", "not YAML: %s", message)
}

// tabAt returns the column of a tab in the indentation of a line, 0 when there
// is none.
func tabAt(data []byte, line int) int {
	for range line - 1 {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	for i, c := range data {
		switch c {
		case '\t':
			return i + 1
		case ' ':
		default:
			return 0
		}
	}
	return 0
}
