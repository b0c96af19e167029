package main

import (
	"slices"
	"testing"
)

func TestScheduleInterleaves(t *testing.T) {
	list := []contestant{{name: "a"}, {name: "b", slow: true}, {name: "c", slow: true}}
	got := schedule(list, []int{10, everyRound, slowLast, 5000}, 2)
	want := []turn{
		{1, 10, "a"}, {1, 10, "b"}, {1, 10, "c"}, {1, 1000, "a"}, {1, 1000, "b"}, {1, 1000, "c"}, {1, 2000, "a"}, {1, 5000, "a"},
		{2, 10, "b"}, {2, 10, "c"}, {2, 10, "a"}, {2, 1000, "b"}, {2, 1000, "c"}, {2, 1000, "a"}, {2, 2000, "a"}, {2, 5000, "a"},
		{2, 2000, "b"}, {2, 2000, "c"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("schedule is\n%v, not\n%v", got, want)
	}
}

func TestContestantsAreNamed(t *testing.T) {
	for _, name := range []string{nameOvsns, nameAttach, nameBatch, nameMininet, nameTutorial, nameFloor, nameLibovsdb} {
		if c := findContestant(name); c.build == nil || c.title == "" {
			t.Errorf("contestant %s is %+v", name, c)
		}
	}
}
