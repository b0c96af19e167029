package model_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// What is recorded is written into the kernel by root, so a record that ovsns
// cannot have made is none.
func TestSettingsThatAreNotOurs(t *testing.T) {
	ours := map[string]string{
		model.ForwardIPv4: "1", model.ForwardIPv6: "1", model.AcceptRA("eth0.5"): "2",
	}
	maps.Copy(ours, model.UplinkSettings("en-p1"))
	for name, value := range ours {
		if _, err := readSetting(name, value, "0"); err != nil {
			t.Errorf("%s = %s: %v", name, value, err)
		}
	}
	for _, s := range [][3]string{
		{"kernel/domainname", "AFTER", "BEFORE"},
		{"kernel/core_pattern", "1", "0"},
		{"../../etc/passwd", "1", "0"},
		{"net/ipv4/../../kernel/panic", "1", "0"},
		{model.ForwardIPv4, "1", "0\nx"},
		{model.ForwardIPv4, "1", "10"},
		{model.ForwardIPv4, "2", "0"},
		{model.AcceptRA(".."), "2", "0"},
		{model.AcceptRA("all"), "2", "0"},
		{"net/ipv4/conf/eth0/disable_ipv6", "1", "0"},
		{"net/ipv6/conf/a/b/disable_ipv6", "1", "0"},
		{"net/ipv4/conf/eth0/route_localnet", "1", "0"},
	} {
		if _, err := readSetting(s[0], s[1], s[2]); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%q is read, with %v", s, err)
		}
	}
}

func readSetting(name, value, before string) (model.Object, error) {
	was := model.Sysctl{Name: name, Value: value, Before: before}
	typ := model.TypeOf(model.KindSysctl)
	texts := map[string]string{}
	for _, f := range typ.Fields {
		texts[f.Name] = f.Text(was)
	}
	return typ.Read(func(name string) string { return texts[name] })
}

// What is required may not be missing, whatever the kind.
func TestRequiredFields(t *testing.T) {
	for _, o := range oneOfEach() {
		typ := model.TypeOf(o.Key().Kind)
		required := 0
		for _, missing := range typ.Fields {
			if missing.Use&model.Required == 0 {
				continue
			}
			required++
			_, err := typ.Read(func(name string) string {
				for _, f := range typ.Fields {
					if f.Name == name && name != missing.Name {
						return f.Text(o)
					}
				}
				return ""
			})
			if !errors.Is(err, model.ErrInvalid) {
				t.Errorf("%s is read without its %s, with %v", o.Key(), missing.Name, err)
			}
		}
		if required == 0 && o.Key().Kind != model.KindSysctl {
			t.Errorf("of kind %s nothing is required", o.Key().Kind)
		}
	}
}
