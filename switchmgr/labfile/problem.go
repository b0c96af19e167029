package labfile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Problem is one thing that is wrong with a lab file.
type Problem struct {
	// Line and Column begin at 1; a column is a character.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Path leads to the value, "namespaces.red.interfaces[0].vlan"; "" is the
	// file as a whole.
	Path string `json:"path"`
	// Message says in one line what was found and what was expected.
	Message string `json:"message"`
	// Hint says what may have been meant, "" when that is not known.
	Hint string `json:"hint,omitempty"`
}

// String returns "3:7: switches.sw0: message (hint)".
func (p Problem) String() string {
	s := strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column) + ": "
	if p.Path != "" {
		s += p.Path + ": "
	}
	s += p.Message
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// Error is everything that is wrong with a lab file. It is
// [model.ErrInvalid].
type Error struct {
	File     string    // as it was given to [Parse]
	Problems []Problem // at least one, in the order of the file
}

// Error returns one line per problem, each beginning with file, line and
// column.
func (e *Error) Error() string { return strings.Join(e.Lines(), "\n") }

// Lines returns the lines of [Error.Error].
func (e *Error) Lines() []string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = e.File + ":" + p.String()
	}
	return lines
}

// Unwrap returns [model.ErrInvalid].
func (e *Error) Unwrap() error { return model.ErrInvalid }

// sorted puts problems into the order of the file.
func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return problems
}
