package plan

import (
	"github.com/ovsns/ovsns/model"
)

// Export returns the lab file that describes a recorded state: applied on a
// bare host it gives the same lab. Every address and MAC is written out.
func Export(s *model.State) *model.Lab {
	x := &exporter{lab: &model.Lab{Version: model.LabVersion}, state: s}
	table := nouns()
	for _, o := range s.Objects() {
		table[o.Key().Kind].export(x, o)
	}
	return x.lab
}

// exporter writes a lab file, object by object in the order in which they are
// made.
type exporter struct {
	lab     *model.Lab
	state   *model.State
	covered []model.NAT // what the gateways say
}

func exportVLANs(v model.VLANs) model.LabVLANs {
	return model.LabVLANs{VLAN: v.Access, Trunk: v.Trunk, NativeVLAN: v.Native}
}

// exportList writes out a list; an empty one is "none", not the default.
func exportList[T interface{ String() string }](list []T) []string {
	if len(list) == 0 {
		return []string{"none"}
	}
	var out []string
	for _, v := range list {
		out = append(out, v.String())
	}
	return out
}
