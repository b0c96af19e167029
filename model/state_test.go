package model_test

import (
	"slices"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestZeroState(t *testing.T) {
	var s model.State
	s.Remove(model.SwitchKey("sw0"))
	if s.Len() != 0 || s.Has(model.SwitchKey("sw0")) || s.Objects() != nil || len(model.All[model.Switch](&s)) != 0 {
		t.Error("the zero State is not empty")
	}
	s.Clone().Put(model.Switch{Name: "sw0"})
	if s.Len() != 0 {
		t.Error("changing the clone changed the State")
	}
	s.Put(model.Switch{Name: "sw0"})
	if s.Len() != 1 || !s.Has(model.SwitchKey("sw0")) {
		t.Error("Put into the zero State has no effect")
	}
}

func TestStateKeepsTheLatestVersion(t *testing.T) {
	s := model.NewState(model.Switch{Name: "sw0", Datapath: model.DatapathSystem})
	s.Put(model.Switch{Name: "sw0", Datapath: model.DatapathNetdev})
	sw, ok := model.Get[model.Switch](s, model.SwitchKey("sw0"))
	if !ok || sw.Datapath != model.DatapathNetdev || s.Len() != 1 {
		t.Errorf("got %v, %v of %d", sw, ok, s.Len())
	}
}

func TestGetWantsTheType(t *testing.T) {
	s := model.NewState(model.Switch{Name: "sw0"})
	if _, ok := model.Get[model.Namespace](s, model.SwitchKey("sw0")); ok {
		t.Error("a switch was got as a namespace")
	}
	if _, ok := model.Get[model.Switch](s, model.SwitchKey("sw1")); ok {
		t.Error("a switch was got that is not there")
	}
}

func TestObjectsAreInOrder(t *testing.T) {
	want := oneOfEach()
	shuffled := slices.Clone(want)
	slices.Reverse(shuffled)
	got := model.NewState(shuffled...).Objects()
	for i := range want {
		if got[i].Key() != want[i].Key() {
			t.Errorf("object %d is %s; want %s", i, got[i].Key(), want[i].Key())
		}
	}
}

func TestAllIsSorted(t *testing.T) {
	s := model.NewState(oneOfEach()...)
	s.Put(model.Namespace{Name: "blue"}, model.Namespace{Name: "green"})
	var names []string
	for _, n := range model.All[model.Namespace](s) {
		names = append(names, n.Name)
	}
	if want := []string{"blue", "green", "red"}; !slices.Equal(names, want) {
		t.Errorf("got %v; want %v", names, want)
	}
}

func TestCloneIsApart(t *testing.T) {
	s := model.NewState(oneOfEach()...)
	c := s.Clone()
	c.Remove(model.SwitchKey("sw0"))
	c.Put(model.Namespace{Name: "blue"})
	if !s.Has(model.SwitchKey("sw0")) || s.Has(model.NamespaceKey("blue")) {
		t.Error("changing the clone changed the State")
	}
}
