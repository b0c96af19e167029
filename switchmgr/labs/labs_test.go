package labs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/labfile"
	"github.com/ovsns/ovsns/switchmgr/labs"
)

func TestAll(t *testing.T) {
	for _, l := range labs.All() {
		if l.Title == "" || !strings.Contains(l.Text, "Look at it:\n\n  ovs") {
			t.Errorf("%s: %q says %q", l.Name, l.Title, l.Text)
		}
		if strings.Contains(l.Text, "version:") {
			t.Errorf("%s: the text does not end", l.Name)
		}
		machines := map[string]bool{}
		for i, m := range l.Machines {
			machines[m.Name] = true
			file, err := labfile.Parse(m.Name, []byte(m.File))
			if err != nil {
				t.Fatal(err)
			}
			name := l.Name
			if i > 0 {
				name += "." + m.Name
			}
			verdicts := map[model.Verdict]int{}
			for _, e := range file.Expect {
				verdicts[e.Is]++
			}
			if file.Name != name || verdicts[model.ReachOK] == 0 || verdicts[model.ReachBlocked] == 0 {
				t.Errorf("%s is called %q and expects %v", name, file.Name, verdicts)
			}
		}
		for _, c := range l.Cables {
			if !machines[c.A] || !machines[c.B] {
				t.Errorf("%s: cable %+v leads nowhere", l.Name, c)
			}
		}
	}
}

func TestFind(t *testing.T) {
	for _, l := range labs.All() {
		for _, name := range []string{l.Name, l.Name[:2]} {
			if got, err := labs.Find(name); err != nil || got.Name != l.Name {
				t.Errorf("%s is %s, %v", name, got.Name, err)
			}
		}
	}
	for name, hint := range map[string]string{"w4-gatway": "ovsns lab show w4-gateway", "": "ovsns lab list", "w": "ovsns lab list"} {
		if _, err := labs.Find(name); !errors.Is(err, model.ErrNotFound) || model.Hint(err) != hint {
			t.Errorf("%q: %v, hint %q", name, err, model.Hint(err))
		}
	}
}
