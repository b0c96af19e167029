package output

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// testPrinter writes both streams into one buffer.
func testPrinter(format string) (*Printer, *bytes.Buffer) {
	var b bytes.Buffer
	return &Printer{Out: &b, Err: &b, Format: format}, &b
}

func golden(t *testing.T, b *bytes.Buffer, err error, want string) {
	t.Helper()
	if got := b.String(); err != nil || got != strings.TrimPrefix(want, "\n") {
		t.Errorf("%v, got:\n%s\nwant:%s", err, got, want)
	}
	b.Reset()
}

func TestTable(t *testing.T) {
	w, b := testPrinter(FormatTable)
	header := []string{"name", "?problem", "size"}
	golden(t, b, w.Table("things", header, [][]string{{"a", "", "12"}, {"a\nlong one", "", ""}}), `
NAME         SIZE
a            12
a\nlong one  -
`)
	golden(t, b, w.Table("things", header, [][]string{{"a", "it is broken", "1"}}), `
NAME  PROBLEM       SIZE
a     it is broken  1
`)
	golden(t, b, w.Table("things", header, nil), "no things\n")
	w.Quiet = true
	golden(t, b, w.Table("things", header, nil), "")
	w.Colour = true
	golden(t, b, w.Table("things", header[:1], [][]string{{"a"}}), "\x1b[1mNAME\x1b[0m\na\n")
}

func TestTree(t *testing.T) {
	w, b := testPrinter(FormatTable)
	tree := Tree{Text: "root"}
	golden(t, b, w.Tree(tree), "root\n")
	tree.Add("branch %d", 1).Add("a\x1bleaf")
	tree.Add("branch %d", 2)
	golden(t, b, w.Tree(tree), `
root
├─ branch 1
│  └─ a\x1bleaf
└─ branch 2
`)
}

type odd struct {
	List  []string `json:"list"`
	Next  *odd     `json:"next,omitempty"`
	Other any      `json:"other,omitempty"`
}

func TestData(t *testing.T) {
	data := odd{List: []string{"yes", "12:34:56", "1: 2", "<&>"}, Next: &odd{}, Other: []int(nil)}
	human := func() error { return errors.New("not for people") }
	w, b := testPrinter(FormatJSON)
	golden(t, b, w.Data(data, human), `
{
  "list": [
    "yes",
    "12:34:56",
    "1: 2",
    "<&>"
  ],
  "next": {
    "list": []
  },
  "other": []
}
`)
	w.Format = FormatYAML
	golden(t, b, w.Data(data, human), `
list:
  - "yes"
  - "12:34:56"
  - '1: 2'
  - <&>
next:
  list: []
other: []
`)
	if data.Next.List != nil {
		t.Error("the data was changed")
	}
	w.Format = FormatTable
	if w.Data(data, human) == nil {
		t.Error("people got something else")
	}
}

func TestParseFormat(t *testing.T) {
	formats := []string{FormatText, FormatJSON, "shell"}
	for name, want := range map[string]string{
		"": FormatTable, FormatText: FormatTable, FormatTable: FormatTable, "json": "json", "shell": "shell",
	} {
		if got, err := ParseFormat(name, formats); err != nil || got != want {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
	}
	for name, hint := range map[string]string{"jsno": "--output json", "yaml": ""} {
		_, err := ParseFormat(name, formats)
		if !errors.Is(err, model.ErrInvalid) || model.Hint(err) != hint || !strings.Contains(err.Error(), "is none of text, json, shell") {
			t.Errorf("%q: got %v, hint %q", name, err, model.Hint(err))
		}
	}
}

func TestNotes(t *testing.T) {
	w, b := testPrinter(FormatJSON)
	w.Detail("detail")
	w.Note("a\n%d", 1)
	golden(t, b, nil, `a\n1`+"\n")
	w.Verbose = true
	w.Detail("detail")
	golden(t, b, nil, "detail\n")
	w.Quiet = true
	w.Detail("detail")
	golden(t, b, nil, "")
}

func TestProblemIsOneLineEach(t *testing.T) {
	var b bytes.Buffer
	Problem(&b, "a\nb\x1b[31m\xff\u202e", "ovsns\tns list\r\n")
	golden(t, &b, nil, `error: a\nb\x1b[31m\xff\u202e`+"\n"+`hint: ovsns\tns list\r\n`+"\n")
	Problem(&b, "a", "")
	golden(t, &b, nil, "error: a\n")
}
