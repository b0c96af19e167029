package labfile_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/labfile"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden encodes the labs in testdata and compares with what a person has
// looked at. What is encoded is read again and encoded the same.
func TestGolden(t *testing.T) {
	for _, file := range examples(t) {
		golden := strings.TrimSuffix(file, ".yaml") + ".golden"
		lab := parse(t, file)
		got := encode(t, lab)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
		again, err := labfile.Parse(golden, want)
		if err != nil || !reflect.DeepEqual(again, lab) {
			t.Errorf("%s: %v: read again\n%+v\nwas\n%+v", golden, err, again, lab)
		}
	}
}

func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	return files
}

func parse(t *testing.T, file string) *model.Lab {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lab, err := labfile.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return lab
}

func encode(t rapid.TB, lab *model.Lab) string {
	t.Helper()
	var b bytes.Buffer
	if err := labfile.Encode(&b, lab); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEncodeFillsInTheVersion(t *testing.T) {
	lab := &model.Lab{}
	if got := encode(t, lab); got != "version: 1\n" || lab.Version != 0 {
		t.Errorf("got %q", got)
	}
}

// Whatever a lab holds, its file says all of it, and so does its JSON.
func TestRoundTrip(t *testing.T) {
	schema := loadSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		lab := drawLab(t)
		text := encode(t, lab)
		got, err := labfile.Parse("f", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !reflect.DeepEqual(got, lab) {
			t.Fatalf("%s\n got %+v\nwant %+v", text, got, lab)
		}
		if problem := schema.validate(yamlValue(t, text)); problem != "" {
			t.Fatalf("the schema refuses %s\n%s", problem, text)
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, "{") && len([]rune(line)) > 320 {
				t.Fatalf("a line that nobody can read: %s", line)
			}
		}
		data, err := json.Marshal(lab)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := labfile.Parse("f", data); err != nil || !reflect.DeepEqual(got, lab) {
			t.Fatalf("%v: %s", err, data)
		}
	})
}
