package cmdline

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// completions returns the words that are proposed after "ovsns "; a trailing space
// begins a new word.
func completions(t *testing.T, typed string) []string {
	words := strings.Fields(typed)
	if typed == "" || strings.HasSuffix(typed, " ") {
		words = append(words, "")
	}
	var out bytes.Buffer
	Complete(t.Context(), &out, testApp(), testArguments, words)
	var list []string
	for line := range strings.Lines(out.String()) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		list = append(list, word)
	}
	return list
}

func TestComplete(t *testing.T) {
	tests := []struct{ typed, want string }{
		{"", "switch ns attach gateway allow addr route link exec show apply export sandbox completion"},
		{"s", "switch show sandbox"},
		{"switch ", "create list show delete"},
		{"help ns ", "create list delete"},
		{"nonsense ", ""},
		{"attach ", "red blue"},
		{"attach r", "red"},
		{"attach red ", ""},
		{"attach red -s ", "ovsns attach not-red"},
		{"attach red --switch=ovsns", "--switch=ovsns attach"},
		{"attach red --mtu ", ""},
		{"attach --ip ", "auto none"},
		{"switch delete --force ", "sw0 sw1"},
		{"switch delete sw0 ", ""},
		{"switch show ", ""},
		{"link add red ", "ovsns link add not-red"},
		{"exec red ", ":programs"},
		{"exec red -- ls -", ":files"},
		{"exec -- r", "red"},
		{"sandbox ", "list enter"},
		{"sandbox -- ", ":programs"},
		{"sandbox x ", ":files"},
		{"route add red 10.0.0.0/8 ", "via"},
		{"completion ", "bash zsh fish"},
		{"apply -f ", ":files"},
		{"apply --file=x", ":files"},
		{"show --timeout=3", "--timeout=30s"},
		{"-o ", "table json"},
		{"--quiet=", ""},
		{"switch delete --f", "--force"},
	}
	for _, tt := range tests {
		if got := strings.Join(completions(t, tt.typed), " "); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.typed, got, tt.want)
		}
	}
}

func TestCompleteFlagsOnce(t *testing.T) {
	flags := completions(t, "attach red --vlan 5 --ip auto -")
	if slices.Contains(flags, "--vlan") || !slices.Contains(flags, "--ip") || !slices.Contains(flags, "--output") {
		t.Errorf("got %q: only --ip may be given again", flags)
	}
}

func TestCompleteExplains(t *testing.T) {
	var out bytes.Buffer
	Complete(t.Context(), &out, testApp(), testArguments, []string{"attach", "red", "--vl"})
	if want := "--vlan\tthe N\n"; out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
}
