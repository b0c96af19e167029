package main

import (
	"slices"
	"testing"
)

func TestScheduleInterleaves(t *testing.T) {
	list := []contestant{{name: "a", once: 1000, last: 1000}, {name: "b", once: 50, last: 60}}
	got := schedule(list, []int{10, 50, 100}, 2)
	want := []turn{
		{1, 10, "a"}, {1, 10, "b"}, {1, 50, "a"}, {1, 50, "b"}, {1, 100, "a"},
		{2, 10, "b"}, {2, 10, "a"}, {2, 50, "a"}, {2, 100, "a"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("schedule is\n%v, not\n%v", got, want)
	}
}

func TestContestantsAreNamed(t *testing.T) {
	for _, name := range []string{nameOvsns, nameAttach, nameBatch, nameMininet, nameTutorial, nameFloor} {
		if c := findContestant(name); c.build == nil || c.title == "" || c.last < 1000 {
			t.Errorf("contestant %s is %+v", name, c)
		}
	}
}
