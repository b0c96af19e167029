package labfile_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/labfile"
)

// problems returns what Parse says about a file, without the file's name.
func problems(t *testing.T, text string) []string {
	t.Helper()
	_, err := labfile.Parse("f", []byte(text))
	if err == nil {
		return nil
	}
	var e *labfile.Error
	if !errors.As(err, &e) || !errors.Is(err, model.ErrInvalid) {
		t.Fatalf("error of another kind: %v", err)
	}
	var list []string
	for _, line := range e.Lines() {
		list = append(list, strings.TrimPrefix(line, "f:"))
	}
	return list
}

func TestBadFiles(t *testing.T) {
	for _, tt := range badBodies {
		expect(t, "version: 1\n"+tt.text, tt.want...)
	}
}

func expect(t *testing.T, text string, want ...string) {
	t.Helper()
	if got := problems(t, text); !slices.Equal(got, want) {
		t.Errorf("%q\n got:\n%s\nwant:\n%s", text, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What is wrong with a file as a whole.
func TestBadDocuments(t *testing.T) {
	const empty = "1:1: the file is empty, expected version: 1"
	expect(t, "", empty)
	expect(t, "# nothing\n", empty)
	expect(t, "\n\n", empty)
	expect(t, "---\n", "2:1: the file is empty, expected version: 1")
	expect(t, "~", empty)
	expect(t, "- a\n", "1:1: found a list, expected a map that begins with version: 1")
	expect(t, "hello\n", `1:1: found the text "hello", expected a map that begins with version: 1`)
	expect(t, "{}", "1:1: version: missing, expected version: 1")
	expect(t, "name: lab\n", "1:1: version: missing, expected version: 1")
	expect(t, "version: 2\n", "1:10: version: version 2 is not known to this ovsns, expected 1")
	expect(t, "version: \"1\"\n", `1:10: version: found the text "1", expected version: 1 (did you mean 1?)`)
	expect(t, "version: one\n", `1:10: version: found the text "one", expected version: 1`)
	expect(t, "verson: 1\n", "1:1: verson: unknown key, expected one of version, name, switches, namespaces, links, nat, allow, expect (did you mean version?)")
	expect(t, "version: 1\nname: \xff\n", "2:7: byte 0xff is not UTF-8 text")
	expect(t, "\xff\xfev\x00", "1:1: byte 0xff is not UTF-8 text")
	expect(t, "version: 1\x00\n", "1:11: control character U+0000, expected text")
	expect(t, "%YAML 3.0\n---\nversion: 1\n", "1:1: not YAML: found incompatible YAML document")

	deep := problems(t, strings.Repeat("[", 20000))
	if len(deep) != 1 || !strings.HasPrefix(deep[0], "1:10001: not YAML: exceeded max depth of 10000") {
		t.Errorf("deep nesting: %q", deep)
	}
}

// All that is wrong is said in one run, in the order of the file.
func TestAllProblemsAtOnce(t *testing.T) {
	expect(t, `version: 3
switches:
  sw0: {gatewy: [10.0.0.254/24], vrf: a}
namespaces:
  red:
    interfaces:
      - {vlan: 5000, ip: 10.0.0.300/24}
      - {switch: sw7}
expect:
  - {from: rde, to: host, is: ok}
`,
		"1:10: version: version 3 is not known to this ovsns, expected 1",
		"3:9: switches.sw0.gatewy: unknown key, expected one of datapath, gateway, nat, out_interface, vlans, uplinks (did you mean gateway?)",
		"3:34: switches.sw0.vrf: router namespaces (vrf) are not available yet",
		"7:16: namespaces.red.interfaces[0].vlan: VLAN 5000 is outside 1 to 4094",
		`7:26: namespaces.red.interfaces[0].ip: address "10.0.0.300/24" is not of the form 172.16.10.1/24 or 2001:db8::1/64`,
		`8:18: namespaces.red.interfaces[1].switch: no switch is named "sw7", expected one of sw0 (did you mean sw0?)`,
		`10:12: expect[0].from: unknown namespace "rde", expected a namespace of this lab or host (did you mean red?)`,
	)
}

func TestErrorNamesTheFile(t *testing.T) {
	_, err := labfile.Parse("lab.yaml", []byte("version: 1\nname: 5\nnat: 5\n"))
	const want = "lab.yaml:2:7: name: found the number 5, expected one line of text (did you mean \"5\"?)\n" +
		"lab.yaml:3:6: nat: found the number 5, expected a list of subnets"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// What may be written in several ways means the same.
func TestManyWaysOfWriting(t *testing.T) {
	same := []string{
		`{switches: {sw0: {gateway: 10.0.0.254/24}}, namespaces: {red: {interfaces: [{ip: 10.0.0.1/24, gateway: auto, trunk: "10,20-21"}]}}}`,
		`{switches: {sw0: {gateway: [10.0.0.254/24]}}, namespaces: {red: {interfaces: [{ip: [10.0.0.1/24], gateway: [auto], trunk: [10, 20, "21"]}]}}}`,
		`{"switches": {"sw0": {"gateway": ["10.0.0.254/24"]}}, "namespaces": {"red": {"interfaces": [{"ip": ["10.0.0.1/24"], "gateway": ["auto"], "trunk": "21,20,10"}]}}}`,
		"switches:\r\n  sw0:\r\n    gateway:\r\n    - 10.0.0.254/24\r\nnamespaces: {red: {interfaces: [{ip: 10.0.0.1/24, gateway: auto, trunk: [10-10, 20-21]}], routes: }}\r\nlinks: []\r\nnat:\r\n",
	}
	var first *model.Lab
	for _, text := range same {
		if text[0] == '{' {
			text = "{\"version\": 1, " + text[1:]
		} else {
			text = "version: 1\r\n" + text
		}
		lab, err := labfile.Parse("f", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if first == nil {
			first = lab
		}
		if !reflect.DeepEqual(lab, first) {
			t.Errorf("%s\n got %+v\nwant %+v", text, lab, first)
		}
	}
}
