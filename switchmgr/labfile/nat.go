package labfile

import (
	"net/netip"

	"github.com/ovsns/ovsns/model"
)

func natKind() kind[model.LabNAT] {
	return object("a subnet, {subnet: 10.20.0.0/24} or so", []field[model.LabNAT]{
		property(model.Subnet, func(n *model.LabNAT) *netip.Prefix { return &n.Subnet }).needed(),
		property(model.OutInterface, func(n *model.LabNAT) *string { return &n.OutInterface }),
	})
}

func (r *reader) checkNAT(lab *model.Lab) {
	unique := seen{r: r, first: map[string]string{}}
	for i, n := range lab.NAT {
		if n.Subnet.IsValid() {
			unique.check(join(index("nat", i), "subnet"), n.Subnet.String(), "subnet")
		}
	}
}
