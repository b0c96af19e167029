package ovsdb

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

func TestColumns(t *testing.T) {
	id := func(n int) *int { return &n }
	mode := func(s string) *string { return &s }
	for _, tc := range []struct {
		port  schema.Port
		want  string
		plain bool
	}{
		{schema.Port{VLANMode: mode("access"), Tag: id(100)}, "vlan 100", true},
		{schema.Port{VLANMode: mode("access")}, "untagged", true},
		{schema.Port{VLANMode: mode("trunk"), Trunks: []int{10, 20, 21}}, "trunk 10,20-21", true},
		{schema.Port{VLANMode: mode("native-untagged"), Trunks: []int{10, 20}, Tag: id(10)}, "trunk 10,20 native 10", true},
		{schema.Port{}, "untagged", false},
		{schema.Port{Tag: id(100)}, "vlan 100", false},
		{schema.Port{VLANMode: mode("trunk")}, "trunk all", true},
		{schema.Port{VLANMode: mode("trunk"), Tag: id(10)}, "untagged", false},
		{schema.Port{VLANMode: mode("native-untagged"), Tag: id(10)}, "untagged", false},
		{schema.Port{VLANMode: mode("native-tagged"), Trunks: []int{10}, Tag: id(10)}, "trunk 10 native 10", false},
		{schema.Port{VLANMode: mode("access"), Trunks: []int{10}, Tag: id(10)}, "trunk 10", false},
	} {
		v, plain := columnsOf(tc.port)
		if v.String() != tc.want || plain != tc.plain {
			t.Errorf("%+v is %v, %v; want %s, %v", tc.port, v, plain, tc.want, tc.plain)
		}
	}
}

// columnsRow is the row that vlanColumns writes, as it would be read.
func columnsRow(v model.VLANs) schema.Port {
	mode := string(v.Mode())
	p := schema.Port{VLANMode: &mode}
	if tag := int(v.Access + v.Native); tag != 0 {
		p.Tag = &tag
	}
	if v.Trunk.All() {
		return p
	}
	for _, id := range v.Trunk {
		p.Trunks = append(p.Trunks, int(id))
	}
	return p
}
