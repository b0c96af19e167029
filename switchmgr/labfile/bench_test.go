package labfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/labfile"
)

// A file of 1000 namespaces.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	text.WriteString("version: 1\nswitches: {sw0: {}}\nnamespaces:\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "  n%d: {interfaces: [{switch: sw0, vlan: %d, ip: 10.0.%d.%d/16}]}\n", i, 100+i/10, i/250, i%250+1)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := labfile.Parse("lab.yaml", []byte(text.String())); err != nil {
			b.Fatal(err)
		}
	}
}
