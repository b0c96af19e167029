package model_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestNearest(t *testing.T) {
	candidates := []string{"vlan", "trunk", "native_vlan", "ip"}
	tests := []struct{ word, want string }{
		{"vlan", "vlan"},
		{"vlna", "vlan"},
		{"vln", "vlan"},
		{"trunks", "trunk"},
		{"native-vlan", "native_vlan"},
		{"ipp", "ip"},
		{"xy", ""},
		{"", ""},
		{"mac", ""},
		{"vlan_native_or_so", ""},
	}
	for _, tt := range tests {
		if got := model.Nearest(tt.word, candidates); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.word, got, tt.want)
		}
	}
}
