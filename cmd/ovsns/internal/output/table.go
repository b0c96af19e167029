package output

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/list"
	"github.com/jedib0t/go-pretty/v6/table"
)

// Table prints rows below their headers, as kubectl does. Columns that are
// empty in every row are left out when their header begins with "?".
func (w *Printer) Table(noun string, header []string, rows [][]string) error {
	if len(rows) == 0 {
		w.Note("no %s", noun)
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
	return WriteLine(w.Out, t.Render())
}

func (w *Printer) headerRow(header []string, keep []bool) table.Row {
	var r table.Row
	for i, h := range header {
		if keep[i] {
			r = append(r, w.Paint(Bold, strings.ToUpper(strings.TrimPrefix(h, "?"))))
		}
	}
	return r
}

func row(cells []string, keep []bool) table.Row {
	var r table.Row
	for i, cell := range cells {
		if keep[i] {
			r = append(r, OrDash(Printable(cell)))
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

// Tree is a heading with items below it, which may have items of their own.
type Tree struct {
	Text  string
	Items []Tree
}

// Add appends an item and returns it, until the next one is added.
func (t *Tree) Add(format string, args ...any) *Tree {
	t.Items = append(t.Items, Tree{Text: fmt.Sprintf(format, args...)})
	return &t.Items[len(t.Items)-1]
}

// Tree prints a tree.
func (w *Printer) Tree(t Tree) error {
	if err := WriteLine(w.Out, w.Paint(Bold, Printable(t.Text))); err != nil || len(t.Items) == 0 {
		return err
	}
	l := list.NewWriter()
	style := list.StyleConnectedLight
	style.CharItemSingle, style.CharItemTop, style.CharItemFirst = "└─", "├─", "├─"
	l.SetStyle(style)
	appendItems(l, t.Items)
	return WriteLine(w.Out, l.Render())
}

func appendItems(l list.Writer, items []Tree) {
	for _, item := range items {
		l.AppendItem(Printable(item.Text))
		if len(item.Items) > 0 {
			l.Indent()
			appendItems(l, item.Items)
			l.UnIndent()
		}
	}
}
