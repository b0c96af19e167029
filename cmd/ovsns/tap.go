package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/switchmgr"
)

// writeTAP writes version 13 of the Test Anything Protocol, which Perl's prove(1)
// reads; it knows no later one.
func writeTAP(w io.Writer, r *checkReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 13\n1..%d", len(r.Outcomes))
	if len(r.Outcomes) == 0 {
		b.WriteString(" # skip nothing is expected")
	}
	b.WriteByte('\n')
	for i := range r.Outcomes {
		writeTAPLine(&b, i+1, &r.Outcomes[i])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tapEscape keeps a description from being taken for a directive.
var tapEscape = strings.NewReplacer(`\`, `\\`, "#", `\#`)

func writeTAPLine(b *strings.Builder, number int, o *switchmgr.Outcome) {
	result := "ok"
	if !o.Pass {
		result = "not ok"
	}
	fmt.Fprintf(b, "%s %d - %s\n", result, number, tapEscape.Replace(output.Printable(title(o))))
	if o.Pass {
		return
	}
	b.WriteString("  ---\n")
	for _, line := range [][2]string{
		{"expected", string(o.Is)}, {"measured", measured(o)}, {"reason", o.Reason}, {"hint", o.Hint},
	} {
		if line[1] != "" {
			text, _ := json.Marshal(line[1]) // strings cannot fail; JSON is YAML
			fmt.Fprintf(b, "  %s: %s\n", line[0], text)
		}
	}
	b.WriteString("  ...\n")
}
