package output

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Problem writes an error and, unless it is "", what can be done about it: a
// line each.
func Problem(w io.Writer, text, hint string) {
	fmt.Fprintln(w, "error: "+Printable(text))
	if hint != "" {
		fmt.Fprintln(w, "hint: "+Printable(hint))
	}
}

// WriteLine writes a line as it is.
func WriteLine(w io.Writer, line string) error {
	_, err := io.WriteString(w, line+"\n")
	return err
}

// Printable returns s as one line: control characters, invisible ones and
// bytes that are not UTF-8 are escaped as in Go.
func Printable(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == unicode.ReplacementChar && s[i] != 0xEF:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// none stands for what is not set.
const none = "-"

// OrDash returns s, "-" for "".
func OrDash(s string) string {
	if s == "" {
		return none
	}
	return s
}

// Spaced lists values for people, with a space between them.
func Spaced[T fmt.Stringer](list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = v.String()
	}
	return strings.Join(words, " ")
}

// YesNo returns "yes" or "no".
func YesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
