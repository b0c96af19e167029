package model_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
)

func TestParseVID(t *testing.T) {
	for text, want := range map[string]model.VID{"1": 1, "100": 100, "4094": 4094} {
		if got, err := model.ParseVID(text); got != want || err != nil {
			t.Errorf("ParseVID(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"0", "4095", "4096", "5000", "65537", "99999999999999999999", "-1", "abc", "", " 1", "1 ", "1.5", "0x10", "1\n"} {
		got, err := model.ParseVID(text)
		if !errors.Is(err, model.ErrInvalid) || got != 0 {
			t.Errorf("ParseVID(%q) = %d, %v; want ErrInvalid", text, got, err)
		}
	}
}

func TestParseVIDSet(t *testing.T) {
	tests := []struct{ text, want string }{
		{"10", "10"},
		{"10,20-29", "10,20-29"},
		{"10, 20-22", "10,20-22"},
		{"3,1,2", "1-3"},
		{"5,5,5", "5"},
		{"1-3,2-5,7", "1-5,7"},
		{"7-7", "7"},
		{"1-4094", "1-4094"},
	}
	for _, tt := range tests {
		got, err := model.ParseVIDSet(tt.text)
		if err != nil || got.String() != tt.want {
			t.Errorf("ParseVIDSet(%q) = %q, %v; want %q", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{"", " ", ",", "10,", ",10", "10,,20", "0", "4095", "1-4095", "0-5", "29-20", "-5", "10,-5", "5-", "1-2-3", "a-b", "1 - 3"} {
		got, err := model.ParseVIDSet(text)
		if !errors.Is(err, model.ErrInvalid) || got != nil {
			t.Errorf("ParseVIDSet(%q) = %q, %v; want ErrInvalid", text, got, err)
		}
	}
}

// vidSets generates sorted lists of distinct VLANs.
func vidSets(atLeast int) *rapid.Generator[model.VIDSet] {
	return rapid.Custom(func(t *rapid.T) model.VIDSet {
		// Near numbers, so that ranges come about.
		low := rapid.IntRange(1, int(model.MaxVID)-15).Draw(t, "low")
		list := rapid.SliceOfNDistinct(rapid.IntRange(low, low+15), atLeast, 10, rapid.ID[int]).Draw(t, "vlans")
		slices.Sort(list)
		var set model.VIDSet
		for _, v := range list {
			set = append(set, model.VID(v))
		}
		return set
	})
}

func TestVIDSetRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := vidSets(0).Draw(t, "set")
		text, err := want.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var got model.VIDSet
		if err := got.UnmarshalText(text); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v became %q, which reads as %v, %v", []model.VID(want), text, []model.VID(got), err)
		}
	})
}

func TestParseVLANs(t *testing.T) {
	tests := []struct {
		access, trunk, native string
		text                  string
		mode                  model.VLANMode
		untagged              model.VID
		hasUntagged           bool
	}{
		{"", "", "", "untagged", model.ModeAccess, 0, true},
		{"100", "", "", "vlan 100", model.ModeAccess, 100, true},
		{"", "20-29,10", "", "trunk 10,20-29", model.ModeTrunk, 0, false},
		{"", "10,20", "10", "trunk 10,20 native 10", model.ModeNativeUntagged, 10, true},
		{"", "10,20", "99", "trunk 10,20 native 99", model.ModeNativeUntagged, 99, true},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			v, err := model.ParseVLANs(tt.access, tt.trunk, tt.native)
			if err != nil {
				t.Fatal(err)
			}
			if v.String() != tt.text || v.Mode() != tt.mode {
				t.Errorf("got %q in mode %s; want mode %s", v, v.Mode(), tt.mode)
			}
			if vid, ok := v.Untagged(); vid != tt.untagged || ok != tt.hasUntagged {
				t.Errorf("untagged frames travel in %d, %v; want %d, %v", vid, ok, tt.untagged, tt.hasUntagged)
			}
		})
	}
}

func TestParseVLANsRefuses(t *testing.T) {
	tests := []struct{ name, access, trunk, native string }{
		{"both", "100", "200", ""},
		{"native alone, an open trunk", "", "", "100"},
		{"native of an access port", "100", "", "100"},
		{"VLAN 0", "0", "", ""},
		{"VLAN 4095", "4095", "", ""},
		{"bad list", "", "10,x", ""},
		{"bad native", "", "10", "5000"},
	}
	for _, tt := range tests {
		v, err := model.ParseVLANs(tt.access, tt.trunk, tt.native)
		if !errors.Is(err, model.ErrInvalid) || !v.Equal(model.VLANs{}) {
			t.Errorf("%s: got %v, %v; want ErrInvalid and nothing else", tt.name, v, err)
		}
	}
}

// A port is never an open trunk: its mode is known, and a trunk has a list.
func TestModeIsExplicit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := model.VLANs{Trunk: vidSets(0).Draw(t, "trunk")}
		if len(v.Trunk) > 0 {
			v.Native = model.VID(rapid.IntRange(0, 4094).Draw(t, "native"))
		} else {
			v.Access = model.VID(rapid.IntRange(0, 4094).Draw(t, "access"))
		}
		trunk := v.Mode() == model.ModeTrunk || v.Mode() == model.ModeNativeUntagged
		if trunk != (len(v.Trunk) > 0) {
			t.Fatalf("%v has mode %q", v, v.Mode())
		}
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var got model.VLANs
		if err := json.Unmarshal(data, &got); err != nil || !got.Equal(v) {
			t.Fatalf("%s reads as %v, %v; want %v", data, got, err, v)
		}
	})
}

func TestVLANsEqual(t *testing.T) {
	all := []model.VLANs{
		{}, {Access: 1}, {Access: 2}, {Trunk: model.VIDSet{1}}, {Trunk: model.VIDSet{1, 2}},
		{Trunk: model.VIDSet{1}, Native: 1}, {Trunk: model.VIDSet{1}, Native: 2},
	}
	for i, a := range all {
		for j, b := range all {
			if a.Equal(b) != (i == j) || (a.String() == b.String()) != (i == j) {
				t.Errorf("%v and %v: Equal is %v", a, b, a.Equal(b))
			}
		}
	}
}
