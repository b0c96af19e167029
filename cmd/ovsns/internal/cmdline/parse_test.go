package cmdline

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
)

func TestParseGivesOneSpelling(t *testing.T) {
	tests := []struct{ typed, canonical string }{
		{"show", "show --"},
		{"attach red --vlan 100", "attach --vlan=100 -- red"},
		{"attach --vlan 100 red", "attach --vlan=100 -- red"},
		{"attach --vlan=100 red", "attach --vlan=100 -- red"},
		{"--vlan 100 attach red", "attach --vlan=100 -- red"},
		{"attach red -s sw1", "attach --switch=sw1 -- red"},
		{"attach red -ssw1", "attach --switch=sw1 -- red"},
		{"attach red -s=sw1", "attach --switch=sw1 -- red"},
		{"attach red --switch sw1", "attach --switch=sw1 -- red"},
		{"attach red --vlan -1", "attach --vlan=-1 -- red"},
		{"attach red --mtu -x", "attach --mtu=-x -- red"},
		{"attach red --ip a=b", "attach --ip=a=b -- red"},
		{"attach --ip 10.0.0.1/24 red --ip 2001:db8::1/64", "attach --ip=10.0.0.1/24 --ip=2001:db8::1/64 -- red"},
		{"attach -- --vlan", "attach -- --vlan"},
		{"-- attach red", "attach -- red"},
		{"switch list -o json", "--output=json switch list --"},
		{"-o json switch list", "--output=json switch list --"},
		{"switch -o json list", "--output=json switch list --"},
		{"switch list -ojson", "--output=json switch list --"},
		{"-o json switch list -o yaml", "--output=yaml switch list --"},
		{"switch list -qv", "--quiet=true --verbose=true switch list --"},
		{"switch list -qo json", "--output=json --quiet=true switch list --"},
		{"switch list --quiet=false", "--quiet=false switch list --"},
		{"switch delete --force sw0 --yes", "switch delete --force=true --yes=true -- sw0"},
		{"switch --force delete sw0", "switch delete --force=true -- sw0"},
		{"switch create", "switch create --"},
		{"attach red --vlan 5 --vlan 5", "attach --vlan=5 -- red"},
		{"route add red default via 10.0.0.1", "route add -- red default via 10.0.0.1"},
		{"ns create a b c", "ns create -- a b c"},
		{"ns delete --all", "ns delete --all=true --"},
		{"exec red ls", "exec -- red ls"},
		{"exec red -- ls -l --help", "exec -- red ls -l --help"},
		{"exec -- red ls -l", "exec -- red ls -l"},
		{"exec -q red -- ls -- -l", "--quiet=true exec -- red ls -- -l"},
		{"sandbox --root -- sh -c x", "sandbox --root=true -- sh -c x"},
		{"sandbox", "sandbox --"},
		{"sandbox list", "sandbox list --"},
		{"sandbox -- list", "sandbox -- list"},
		{"sandbox sh list", "sandbox -- sh list"},
		{"sandbox -o json list", "--output=json sandbox list --"},
		{"--name x sandbox", "sandbox --name=x --"},
		{"sandbox enter list", "sandbox enter -- list"},
		{"sandbox enter demo -- ls -l", "sandbox enter -- demo ls -l"},
		{"gateway set 10.0.0.254/24 --nat --vlan 100", "gateway set --vlan=100 --nat=true -- 10.0.0.254/24"},
	}
	for _, tt := range tests {
		l, err := Parse(testApp(), strings.Fields(tt.typed))
		if err != nil {
			t.Errorf("%q: %v", tt.typed, err)
			continue
		}
		if got := strings.Join(l.argv()[1:], " "); got != tt.canonical {
			t.Errorf("%q: got %q, want %q", tt.typed, got, tt.canonical)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ typed, message, hint string }{
		{"attch red --vlan 100", `unknown command "attch"`, "ovsns attach red --vlan 100"},
		{"zzz", `unknown command "zzz"`, "ovsns --help"},
		{"switch", "missing command: one of create, list, show, delete", "ovsns switch --help"},
		{"switch lst -o json", `ovsns switch: unknown command "lst"`, "ovsns switch list -o json"},
		{"-q", "ovsns: missing command", "ovsns --help"},
		{"attach red --vlna 5", "unknown flag --vlna", "ovsns attach red --vlan 5"},
		{"attach red --vlna=5", "unknown flag --vlna", "ovsns attach red --vlan=5"},
		{"attach red -vlan 5", "unknown flag -vlan", "ovsns attach red --vlan 5"},
		{"attach red -x", "unknown flag -x", "ovsns attach --help"},
		{"attach red --force", "ovsns attach: unknown flag --force", "ovsns attach --help"},
		{"--force ns list", "ovsns ns list: unknown flag --force", "ovsns ns list --help"},
		{"attach red --s sw0", "unknown flag --s", "ovsns attach --help"},
		{"attach red --vlan", "flag --vlan needs a value: --vlan N", "ovsns attach --help"},
		{"attach red --vlan --ip auto", "flag --vlan needs a value", "ovsns attach --help"},
		{"attach red --ip -s sw0", "flag --ip needs a value: --ip CIDR", "ovsns attach --help"},
		{"attach red --vlan --", "flag --vlan needs a value", "ovsns attach --help"},
		{"attach red --vlan=", "flag --vlan has an empty value", "ovsns attach --help"},
		{"attach red --vlan 1 --vlan 2", "flag --vlan is given twice: 1 and 2", ""},
		{"show --quiet=maybe", `flag --quiet is true or false, not "maybe"`, ""},
		{"attach", "ovsns attach: missing argument NS", "ovsns attach --help"},
		{"attach red blue", `unexpected argument "blue"`, "ovsns attach --help"},
		{"attach red vlan 5", `unexpected argument "vlan"`, "ovsns attach red --vlan 5"},
		{"show red", `unexpected argument "red"`, "ovsns show --help"},
		{"link add red", "missing argument B", "ovsns link add --help"},
		{"allow add sw0", "missing argument SEGMENT", "ovsns allow add --help"},
		{"route add red default 10.0.0.1", `expected the word "via" before "10.0.0.1"`, "ovsns route add red default via 10.0.0.1"},
		{"route add red default vai 10.0.0.1", `expected the word "via"`, "ovsns route add --help"},
		{"route add red default via", "missing argument IP", "ovsns route add --help"},
		{"exec red", "missing argument CMD", "ovsns exec --help"},
		{"exec red ls -l", "flag -l of ls needs a -- before ls", "ovsns exec red -- ls -l"},
		{"exec red ls -v x", "flag -v of ls needs a -- before ls", "ovsns exec red -- ls -v x"},
		{"sandbox ls -l", "needs a -- before ls", "ovsns sandbox -- ls -l"},
		{"sandbox list x", "unexpected argument \"x\"", "ovsns sandbox list --help"},
		{"sandbox --name x list", "unknown flag --name", "ovsns sandbox list --help"},
		{"sandbox lsit", "unknown command \"lsit\"", "ovsns sandbox list"},
		{"sandbox enter", "missing argument NAME", "ovsns sandbox enter --help"},
		{"completion bsh", `"bsh" is none of bash, zsh, fish`, "ovsns completion bash"},
		{"export -f lab.yaml", "unknown flag -f", "ovsns export --help"},
		{"apply lab.yaml", "unexpected argument", "ovsns apply -f lab.yaml"},
		{"apply -f", "flag -f needs a value", "ovsns apply --help"},
		{"switch help nonsense", `unknown command "nonsense"`, "ovsns switch --help"},
	}
	for _, tt := range tests {
		_, err := Parse(testApp(), strings.Fields(tt.typed))
		if !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%q: not refused: %v", tt.typed, err)
			continue
		}
		if !strings.Contains(err.Error(), tt.message) || model.Hint(err) != tt.hint {
			t.Errorf("%q: got %q, hint %q\nwant %q, hint %q", tt.typed, err, model.Hint(err), tt.message, tt.hint)
		}
	}
}

func TestParseHelpAnywhere(t *testing.T) {
	tests := []struct{ typed, name string }{
		{"", "ovsns"},
		{"-h", "ovsns"},
		{"help", "ovsns"},
		{"switch --help", "ovsns switch"},
		{"switch help create", "ovsns switch create"},
		{"help switch create", "ovsns switch create"},
		{"-h switch create", "ovsns switch create"},
		{"switch create -h sw0 --bogus", "ovsns switch create"},
		{"attach --vlan -h", "ovsns attach"},
		{"attach red blue green -qh", "ovsns attach"},
		{"exec red -h", "ovsns exec"},
	}
	for _, tt := range tests {
		l, err := Parse(testApp(), strings.Fields(tt.typed))
		if err != nil || !l.help || l.Name() != tt.name {
			t.Errorf("%q: got %+v, %v; want the help of %q", tt.typed, l, err, tt.name)
		}
	}
}

// Any order of flags and arguments is the same command.
func TestParsePermutations(t *testing.T) {
	flags := [][]string{
		{"--vlan", "100"}, {"--mtu=1400"}, {"-s", "sw1"}, {"--ip", "10.0.0.1/24"},
		{"--mac", "02:00:00:00:00:01"}, {"--ifname=eth1"}, {"-o", "json"}, {"-q"}, {"--dry-run"},
		{"--timeout", "5s"}, {"--db=unix:/x"}, {"--gateway", "none"},
	}
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.SliceOfNDistinct(rapid.IntRange(0, len(flags)-1), 0, len(flags), rapid.ID[int]).Draw(t, "flags")
		ordered := slices.Sorted(slices.Values(chosen))
		var plain []string
		for _, i := range ordered {
			plain = append(plain, flags[i]...)
		}
		want, err := Parse(testApp(), append([]string{"attach", "red"}, plain...))
		if err != nil {
			t.Fatal(err)
		}
		var shuffled []string
		at := rapid.IntRange(0, len(chosen)).Draw(t, "place of attach")
		then := rapid.IntRange(at, len(chosen)).Draw(t, "place of red")
		for i := 0; i <= len(chosen); i++ {
			if i == at {
				shuffled = append(shuffled, "attach")
			}
			if i == then {
				shuffled = append(shuffled, "red")
			}
			if i < len(chosen) {
				shuffled = append(shuffled, flags[chosen[i]]...)
			}
		}
		got, err := Parse(testApp(), shuffled)
		if err != nil {
			t.Fatalf("%q: %v", shuffled, err)
		}
		if !slices.Equal(got.argv(), want.argv()) {
			t.Fatalf("%q\n got %q\nwant %q", shuffled, got.argv(), want.argv())
		}
	})
}

// Whatever is typed, parse answers and its canonical form is a fixed point.
func TestParseIsIdempotent(t *testing.T) {
	word := rapid.OneOf(
		rapid.SampledFrom([]string{"attach", "exec", "switch", "list", "ns", "red", "--", "-", "-q", "--vlan", "-s", "--ip=", "-h", "--vlan=5", "=", ""}),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(word, 0, 8).Draw(t, "words")
		l, err := Parse(testApp(), words)
		if err != nil {
			if !errors.Is(err, model.ErrInvalid) {
				t.Fatalf("%q: %v", words, err)
			}
			return
		}
		if l.help || l.version {
			return
		}
		again, err := Parse(testApp(), l.argv()[1:])
		if err != nil || !slices.Equal(again.argv(), l.argv()) {
			t.Fatalf("%q: %q, then %v", words, l.argv(), err)
		}
	})
}

func TestShellQuote(t *testing.T) {
	tests := map[string]string{
		"":        "''",
		"sw0:100": "sw0:100",
		"a b":     "'a b'",
		"it's":    `'it'\''s'`,
		"a\nb'":   `$'a\nb\''`,
		"$HOME":   "'$HOME'",
	}
	for in, want := range tests {
		if got := shellQuote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
