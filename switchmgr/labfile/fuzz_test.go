package labfile_test

import (
	"errors"
	"os"
	"reflect"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/labfile"
)

// FuzzParse: whatever a file holds, Parse either says what is wrong with it
// and where, or returns a lab that can be written and read again, and whose
// file the schema accepts.
func FuzzParse(f *testing.F) {
	for _, tt := range badBodies {
		f.Add([]byte("version: 1\n" + tt.text))
	}
	for _, file := range []string{"testdata/contract.yaml", "testdata/words.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lab, err := labfile.Parse("f", data)
		if err != nil {
			checkProblems(t, err)
			return
		}
		text := encode(t, lab)
		again, err := labfile.Parse("f", []byte(text))
		if err != nil || !reflect.DeepEqual(again, lab) {
			t.Fatalf("%v: read again\n%+v\nwas\n%+v\n%s", err, again, lab, text)
		}
		if problem := loadSchema(t).validate(yamlValue(t, string(data))); problem != "" {
			t.Fatalf("the schema refuses %s", problem)
		}
	})
}

func checkProblems(t *testing.T, err error) {
	t.Helper()
	var e *labfile.Error
	if !errors.As(err, &e) || len(e.Problems) == 0 {
		t.Fatalf("error of another kind: %v", err)
	}
	for _, p := range e.Problems {
		if p.Line < 1 || p.Column < 1 || p.Message == "" {
			t.Fatalf("problem %+v", p)
		}
	}
}
