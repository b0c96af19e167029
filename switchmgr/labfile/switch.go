package labfile

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

func switchKind() kind[model.LabSwitch] {
	return object("a switch, {gateway: [172.16.10.254/24]} or so",
		[]field[model.LabSwitch]{
			property(model.DatapathOf, func(s *model.LabSwitch) *model.Datapath { return &s.Datapath }),
		},
		embedded(func(s *model.LabSwitch) *model.LabSegment { return &s.LabSegment }, segmentFields()),
		[]field[model.LabSwitch]{
			key("vlans", "Gateways of VLANs of the switch, by VLAN.",
				func(s *model.LabSwitch) *map[model.VID]model.LabSegment { return &s.VLANs }, mapOf("a map of segments by VLAN", vlanName(), segmentKind())),
			key("uplinks", "Interfaces of the host that are ports of the switch.",
				func(s *model.LabSwitch) *[]model.LabUplink { return &s.Uplinks }, list("a list of uplinks", uplinkKind())),
		}).block()
}

// vlanName is a VLAN as a key: text to JSON, with or without quotes in YAML.
func vlanName() kind[model.VID] {
	k := value(model.Access.Value)
	k.schema = schema{"type": "string", "pattern": "^[0-9]+$"}
	k.read = func(r *reader, n *yaml.Node, path string) model.VID {
		if oldOctal(n.Value) || strings.HasPrefix(n.Value, "+") {
			r.problem(n, path, "", "VLAN %s is not written plainly, expected %s", n.Value, k.expected)
			return 0
		}
		return parsed(r, n, path, model.ParseVID)
	}
	return k
}

func (r *reader) checkSwitches(lab *model.Lab) {
	for _, name := range slices.Sorted(maps.Keys(lab.Switches)) {
		sw, path := lab.Switches[name], join("switches", name)
		r.checkSegment(path, sw.LabSegment)
		for _, vid := range slices.Sorted(maps.Keys(sw.VLANs)) {
			if vid != 0 { // a VLAN that could not be read
				r.checkSegment(join(join(path, "vlans"), strconv.Itoa(int(vid))), sw.VLANs[vid])
			}
		}
	}
}
