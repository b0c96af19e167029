package model_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestCablePort(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range []struct {
		sw, peer, name string
		attempt        int
		want           string // "": any
	}{
		{"s1", "s2", "", 0, "s1-s2"},
		{"s2", "s1", "", 0, "s2-s1"},
		{"s1", "s2", "x", 0, "s1-s2.x"},
		{"s1", "s2", "", 1, ""},
		{"switch-number-1", "switch-number-2", "", 0, ""},
		{"switch-number-2", "switch-number-1", "", 0, ""},
		{"switch-number-1", "switch-number-2", "backup", 0, ""},
	} {
		got := model.CablePort(c.sw, c.peer, c.name, c.attempt)
		if c.want != "" && got != c.want || len(got) > model.MaxIfname || seen[got] {
			t.Errorf("CablePort(%v) = %q; want %q, and none twice", c, got, c.want)
		}
		seen[got] = true
	}
}

func TestCableEnds(t *testing.T) {
	c := model.Cable{A: model.CableEnd{Switch: "s1", Port: "s1-s2"}, B: model.CableEnd{Switch: "s2", Port: "s2-s1"}, VLANs: model.VLANs{Trunk: model.AllVLANs}}
	turned := c
	turned.A, turned.B = c.B, c.A
	if !model.Equal(c, turned) {
		t.Error("a cable differs from itself turned round")
	}
	turned.A.Port = "other"
	got := model.Change{Before: c, After: turned}.String()
	if want := "~ cable s1/s2: peer s2-s1 -> other"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
	if got, want := (model.Change{After: c}).String(), "+ cable s1/s2: port s1-s2, peer s2-s1, trunk all"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestAllVLANs(t *testing.T) {
	set, err := model.ParseVIDSet("all")
	if err != nil || !set.All() || set.String() != "all" {
		t.Errorf("all is read as %v, %v", set, err)
	}
	for _, c := range []struct {
		v    model.VLANs
		id   model.VID
		want bool
	}{
		{model.VLANs{Trunk: set}, 0, true},
		{model.VLANs{Trunk: set}, 4094, true},
		{model.VLANs{Trunk: model.VIDSet{10}}, 0, false},
		{model.VLANs{Trunk: model.VIDSet{10}}, 10, true},
		{model.VLANs{Trunk: model.VIDSet{10}, Native: 20}, 20, true},
		{model.VLANs{Access: 7}, 7, true},
		{model.VLANs{Access: 7}, 0, false},
		{model.VLANs{}, 0, true},
	} {
		if got := c.v.Carries(c.id); got != c.want {
			t.Errorf("%s carries %d: %v; want %v", c.v, c.id, got, c.want)
		}
	}
	// With a native VLAN the untagged segment stays out, or both would be one.
	v, err := model.ParseVLANs("", "all", "5")
	if err != nil || v.Trunk.String() != "1-4094" || v.Carries(0) || !v.Carries(5) {
		t.Errorf("all with a native VLAN is %s, %v", v, err)
	}
	if _, err := model.ParseVIDSet("all,5"); err == nil {
		t.Error(`"all,5" is read`)
	}
}
