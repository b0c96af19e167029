package output

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

func TestBarLine(t *testing.T) {
	tests := []struct {
		done, total int
		step        string
		width       int
		want        string
	}{
		{0, 12, "namespaces", 80, "[                    ]  0/12 namespaces"},
		{6, 12, "links", 80, "[##########          ]  6/12 links"},
		{12, 12, "done", 80, "[####################] 12/12 done"},
		{0, 0, "", 80, "[####################] 0/0 "},
		{1, 2, "ünïcode", 30, "[##########          ] 1/2 ünï"},
		{1, 2, "x", 0, ""},
	}
	for _, tt := range tests {
		got := barLine(tt.done, tt.total, tt.step, tt.width)
		if got != tt.want || utf8.RuneCountInString(got) > tt.width {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestBarClearsItsLine(t *testing.T) {
	var b bytes.Buffer
	bar := &Bar{w: &b, width: 40}
	bar.Clear() // nothing there yet
	bar.Show(0, 2, "one")
	bar.Show(1, 2, "too soon")
	bar.Clear()
	const want = "\r[                    ] 0/2 one\x1b[K\r\x1b[K"
	if b.String() != want {
		t.Errorf("got %q, want %q", &b, want)
	}
	var none *Bar
	none.Show(1, 2, "x")
	none.Clear()
}
