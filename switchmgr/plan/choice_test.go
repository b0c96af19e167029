package plan_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

func TestParseAddressChoice(t *testing.T) {
	tests := []struct {
		values []string
		want   plan.Choice
		list   []string
	}{
		{nil, plan.ChoiceDefault, nil},
		{[]string{"auto"}, plan.ChoiceAuto, nil},
		{[]string{"none"}, plan.ChoiceNone, nil},
		{[]string{"10.0.0.1/24", "2001:db8::1/64"}, plan.ChoiceList, []string{"10.0.0.1/24", "2001:db8::1/64"}},
	}
	for _, tt := range tests {
		got, err := plan.ParseAddressChoice(tt.values)
		if err != nil || got.Choice != tt.want || !slices.Equal(got.List, cidrs(tt.list...)) {
			t.Errorf("--ip %q: got %+v, %v", tt.values, got, err)
		}
	}
	for _, values := range [][]string{
		{""}, {"10.0.0.1"}, {"auto", "10.0.0.1/24"}, {"10.0.0.1/24", "none"}, {"auto", "auto"}, {"10.0.0.0/24"}, {"10.0.0.255/24"}, {"AUTO"},
	} {
		if got, err := plan.ParseAddressChoice(values); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("--ip %q: got %+v, %v; want ErrInvalid", values, got, err)
		}
	}
}

func TestParseGatewayChoice(t *testing.T) {
	got, err := plan.ParseGatewayChoice([]string{"10.0.0.1", "fe80::1"})
	if err != nil || got.Choice != plan.ChoiceList || !slices.Equal(got.List, ips("10.0.0.1", "fe80::1")) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, values := range [][]string{
		{""}, {"10.0.0.1/24"}, {"10.0.0.1", "10.0.0.2"}, {"fe80::1", "fe80::2"}, {"10.0.0.1", "fe80::1", "10.0.0.2"},
		{"none", "10.0.0.1"}, {"224.0.0.1"}, {"0.0.0.0"},
	} {
		if got, err := plan.ParseGatewayChoice(values); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("--gateway %q: got %+v, %v; want ErrInvalid", values, got, err)
		}
	}
}
