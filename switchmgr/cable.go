package switchmgr

import "github.com/ovsns/ovsns/model"

func (v *view) cableViews() []CableView {
	list := []CableView{}
	for _, c := range model.All[model.Cable](v.Snap.Recorded) {
		list = append(list, CableView{c, v.Problem(c)})
	}
	return list
}
