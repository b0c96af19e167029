package task_test

import (
	"testing"

	"github.com/ovsns/ovsns/hack/bench/task"
	"github.com/ovsns/ovsns/switchmgr/labfile"
)

func TestMembersDiffer(t *testing.T) {
	seen := map[any]int{}
	for i := range task.Largest {
		m := task.At(i)
		for _, key := range []any{m.Namespace, m.Port, m.Address} {
			if other, taken := seen[key]; taken {
				t.Fatalf("members %d and %d are both %v", other, i, key)
			}
			seen[key] = i
		}
		if len(m.Port) > 15 || m.VLAN < 1 || m.VLAN > 4094 {
			t.Fatalf("member %d is %+v", i, m)
		}
	}
}

func TestLabIsALab(t *testing.T) {
	lab, err := labfile.Parse("lab.yaml", []byte(task.Lab(12)))
	if err != nil {
		t.Fatal(err)
	}
	last := lab.Namespaces["n0011"].Interfaces
	if len(lab.Namespaces) != 12 || len(last) != 1 || last[0].VLAN != 101 || last[0].IP[0] != "10.0.0.12/16" {
		t.Errorf("the lab is %+v", lab)
	}
}
