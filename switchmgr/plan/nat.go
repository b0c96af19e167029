package plan

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// AddNAT wishes for masquerading of a subnet.
func (e *Editor) AddNAT(n model.NAT) error {
	if n.OutInterface == "" {
		e.put(n)
		return nil
	}
	if err := model.CheckIfname(n.OutInterface); err != nil {
		return err
	}
	if !e.has(n.Place, n.OutInterface) {
		return model.NotFoundf("%s has no interface %s", placeWords(n.Place), n.OutInterface)
	}
	e.put(n)
	return nil
}

// DeleteNAT wishes the masquerading of a subnet gone.
func (e *Editor) DeleteNAT(at model.Place, subnet netip.Prefix) error {
	if !e.state.Has(model.NATKey(at, subnet)) {
		return model.NotFoundf("subnet %s is not masqueraded", subnet)
	}
	e.remove(model.NATKey(at, subnet))
	return nil
}

func natNoun() entry {
	return noun[model.NAT]{
		file: file[model.NAT]{requests: natRequests, key: model.NAT.Key, request: (*Editor).AddNAT},
		export: func(x *exporter, n model.NAT) {
			if !slices.Contains(x.covered, n) {
				x.lab.NAT = append(x.lab.NAT, model.LabNAT{Subnet: n.Subnet, OutInterface: n.OutInterface})
			}
		},
	}.entry()
}

func natRequests(lab *model.Lab) ([]model.NAT, error) {
	var list []model.NAT
	for _, n := range lab.NAT {
		list = append(list, model.NAT{Subnet: n.Subnet.Masked(), OutInterface: n.OutInterface})
	}
	return list, nil
}
