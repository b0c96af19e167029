package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/list"
	"github.com/jedib0t/go-pretty/v6/table"
)

// none stands in a table for what is not set.
const none = "-"

// table prints rows below their headers, as kubectl does. Columns that are
// empty in every row are left out when their header begins with "?".
func (w *printer) table(noun string, header []string, rows [][]string) error {
	if len(rows) == 0 {
		w.note("no %s", noun)
		return nil
	}
	t := table.NewWriter()
	t.SetStyle(borderless())
	t.SuppressTrailingSpaces()
	keep := make([]bool, len(header))
	for i, h := range header {
		keep[i] = !strings.HasPrefix(h, "?") || slices.ContainsFunc(rows, func(r []string) bool { return r[i] != "" })
	}
	t.AppendHeader(w.headerRow(header, keep))
	for _, r := range rows {
		t.AppendRow(row(r, keep))
	}
	return writeLine(w.out, t.Render())
}

func (w *printer) headerRow(header []string, keep []bool) table.Row {
	var r table.Row
	for i, h := range header {
		if keep[i] {
			r = append(r, w.paint(bold, strings.ToUpper(strings.TrimPrefix(h, "?"))))
		}
	}
	return r
}

func row(cells []string, keep []bool) table.Row {
	var r table.Row
	for i, cell := range cells {
		if keep[i] {
			r = append(r, orDash(printable(cell)))
		}
	}
	return r
}

func borderless() table.Style {
	return table.Style{
		Name:    "borderless",
		Box:     table.BoxStyle{PaddingRight: "  "},
		Options: table.OptionsNoBordersAndSeparators,
	}
}

// tree prints a heading with items below it; a branch's own items follow.
type tree struct {
	text  string
	items []tree
}

func (t *tree) add(format string, args ...any) *tree {
	t.items = append(t.items, tree{text: fmt.Sprintf(format, args...)})
	return &t.items[len(t.items)-1]
}

func (w *printer) tree(t tree) error {
	if err := writeLine(w.out, w.paint(bold, printable(t.text))); err != nil || len(t.items) == 0 {
		return err
	}
	l := list.NewWriter()
	style := list.StyleConnectedLight
	style.CharItemSingle, style.CharItemTop, style.CharItemFirst = "└─", "├─", "├─"
	l.SetStyle(style)
	appendItems(l, t.items)
	return writeLine(w.out, l.Render())
}

func appendItems(l list.Writer, items []tree) {
	for _, item := range items {
		l.AppendItem(printable(item.text))
		if len(item.items) > 0 {
			l.Indent()
			appendItems(l, item.items)
			l.UnIndent()
		}
	}
}

func (w *printer) paint(colour, text string) string {
	if !w.colour {
		return text
	}
	return colour + text + plain
}

func orDash(s string) string {
	if s == "" {
		return none
	}
	return s
}

// spaced lists values for people.
func spaced[T fmt.Stringer](list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = v.String()
	}
	return strings.Join(words, " ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
