package labfile

import (
	"maps"
	"slices"

	"github.com/ovsns/ovsns/model"
)

func uplinkKind() kind[model.LabUplink] {
	return object("an uplink, {interface: eth1} or so",
		[]field[model.LabUplink]{
			property(model.HostInterface, func(u *model.LabUplink) *string { return &u.Interface }).needed(),
		},
		embedded(func(u *model.LabUplink) *model.LabVLANs { return &u.LabVLANs }, vlanFields()))
}

func (r *reader) checkUplinks(lab *model.Lab) {
	unique := seen{r: r, first: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(lab.Switches)) {
		for i, u := range lab.Switches[name].Uplinks {
			p := index(join(join("switches", name), "uplinks"), i)
			r.checkVLANs(p)
			if u.Interface != "" {
				unique.check(join(p, "interface"), u.Interface, "interface")
			}
		}
	}
}
