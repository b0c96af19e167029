package labfile

import (
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

func vlanFields() []field[model.LabVLANs] {
	return []field[model.LabVLANs]{
		property(model.Access, func(v *model.LabVLANs) *model.VID { return &v.VLAN }),
		propertyAs(model.Trunk, func(v *model.LabVLANs) *model.VIDSet { return &v.Trunk }, trunk()),
		property(model.Native, func(v *model.LabVLANs) *model.VID { return &v.NativeVLAN }),
	}
}

// trunk is a list of VLANs as ovs-vsctl writes it, one VLAN, or a list of
// both.
func trunk() kind[model.VIDSet] {
	expected := model.Trunk.Expected
	one := kind[model.VIDSet]{
		expected: expected,
		read: func(r *reader, n *yaml.Node, path string) model.VIDSet {
			if !isText(n) && !isNumber(n) || oldOctal(n.Value) {
				r.wrongType(n, path, "", expected)
				return nil
			}
			return parsed(r, n, path, model.Trunk.Parse)
		},
		write: func(s model.VIDSet) *yaml.Node {
			if len(s) == 0 {
				return nil
			}
			return quotedNode(s.String())
		},
		schema: schema{"type": []string{"string", "integer"}, "pattern": "[0-9]", "minimum": 1, "maximum": model.MaxVID},
	}
	several := oneOrMore(one)
	return kind[model.VIDSet]{
		expected: expected, write: one.write, schema: several.schema,
		read: func(r *reader, n *yaml.Node, path string) model.VIDSet {
			set := slices.Concat(several.read(r, n, path)...)
			slices.Sort(set)
			return slices.Compact(set)
		},
	}
}

// checkVLANs reports keys of one port that exclude each other.
func (r *reader) checkVLANs(path string) {
	vlan, trunk, native := join(path, "vlan"), join(path, "trunk"), join(path, "native_vlan")
	switch {
	case r.has(vlan) && r.has(trunk):
		r.contradiction(trunk, "", "a port has either vlan or trunk, not both")
	case r.has(native) && !r.has(trunk):
		r.contradiction(native, "", "native_vlan is for a trunk, expected trunk beside it, or vlan for an access port")
	}
}
