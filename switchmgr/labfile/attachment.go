package labfile

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

func interfaceKind() kind[model.LabInterface] {
	return object("an interface, {switch: sw0, vlan: 100} or so",
		[]field[model.LabInterface]{
			property(model.SwitchName, func(i *model.LabInterface) *string { return &i.Switch }),
			property(model.Ifname, func(i *model.LabInterface) *string { return &i.Ifname }),
		},
		embedded(func(i *model.LabInterface) *model.LabVLANs { return &i.LabVLANs }, vlanFields()),
		[]field[model.LabInterface]{
			properties(model.IP, func(i *model.LabInterface) *[]string { return &i.IP }),
			property(model.HardwareAddress, func(i *model.LabInterface) *model.MAC { return &i.MAC }),
			property(model.MTU, func(i *model.LabInterface) *int { return &i.MTU }),
			propertyAs(model.DefaultGateway.Property,
				func(i *model.LabInterface) *[]string { return &i.Gateway }, brief(several(model.DefaultGateway))),
		})
}

func (r *reader) checkInterfaces(lab *model.Lab, path string, interfaces []model.LabInterface) {
	unique := seen{r: r, first: map[string]string{}}
	for i, iface := range interfaces {
		p := index(join(path, "interfaces"), i)
		if iface.Ifname != "" {
			unique.check(join(p, "ifname"), iface.Ifname, "interface")
		}
		r.checkVLANs(p)
		r.checkInterface(lab, p, iface)
	}
}

func (r *reader) checkInterface(lab *model.Lab, path string, i model.LabInterface) {
	sw := r.checkSwitchOf(lab, path, i.Switch)
	r.checkChoice(join(path, "ip"), i.IP)
	r.checkChoice(join(path, "gateway"), i.Gateway)
	r.checkFamilies(join(path, "gateway"), i.Gateway)
	if !slices.Equal(i.IP, []string{"auto"}) || r.broken[join(path, "vlan")] || r.broken[join(path, "trunk")] {
		return
	}
	vid, untagged := i.VLANs().Untagged()
	switch {
	case !untagged:
		r.contradiction(join(path, "ip"), "", "auto needs a VLAN of untagged frames, expected native_vlan beside trunk")
	case sw != "" && !r.hasGateway(lab, sw, vid):
		r.contradiction(join(path, "ip"), "", "auto needs a gateway in segment %s, expected addresses or none", model.Segment{Switch: sw, VLAN: vid})
	}
}

// checkSwitchOf returns the switch of an interface, "" when it is not known.
func (r *reader) checkSwitchOf(lab *model.Lab, path, name string) string {
	known, p := slices.Sorted(maps.Keys(lab.Switches)), join(path, "switch")
	switch {
	case r.broken["switches"] || r.broken[p] || slices.Contains(known, name):
		return name
	case name != "" && len(known) == 0:
		r.contradiction(p, "", "no switch is named %q, expected it under switches", name)
	case name != "":
		r.contradiction(p, didYouMean(model.Nearest(name, known)), "no switch is named %q, expected one of %s", name, strings.Join(known, ", "))
	case len(known) == 0:
		r.contradiction(p, "", "missing, and there is no switch, expected one under switches")
	case len(known) > 1:
		r.contradiction(p, "", "missing, and there are several switches, expected one of %s", strings.Join(known, ", "))
	default:
		return known[0]
	}
	return ""
}

// checkChoice refuses other values beside "auto" or "none".
func (r *reader) checkChoice(path string, values []string) {
	if len(values) < 2 {
		return
	}
	if i := slices.IndexFunc(values, isWord); i >= 0 {
		r.contradiction(index(path, i), "", "%s cannot be combined with anything", values[i])
	}
}

// checkFamilies refuses two next hops of one address family.
func (r *reader) checkFamilies(path string, values []string) {
	first := map[bool]bool{}
	for i, v := range values {
		a, err := netip.ParseAddr(v)
		if err != nil {
			continue
		}
		if first[a.Is4()] {
			r.contradiction(index(path, i), "", "a second gateway, expected at most one for IPv4 and one for IPv6")
		}
		first[a.Is4()] = true
	}
}

// isWord reports the words that stand in place of addresses.
func isWord(s string) bool { return slices.Contains(model.IP.Item.Words, s) }
