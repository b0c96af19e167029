package ovsdb

import (
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// columnsOf reads the columns of a row of Port; false when they are none that
// ovsns writes (no vlan_mode, a mode or columns that do not go together).
func columnsOf(p schema.Port) (model.VLANs, bool) {
	var tag model.VID
	if p.Tag != nil {
		tag = model.VID(*p.Tag)
	}
	var trunks model.VIDSet
	for _, t := range p.Trunks {
		trunks = append(trunks, model.VID(t))
	}
	mode := model.VLANMode("")
	if p.VLANMode != nil {
		mode = model.VLANMode(*p.VLANMode)
	}
	v := model.VLANs{Trunk: trunks}
	if mode == model.ModeAccess || mode == "" && len(trunks) == 0 {
		v.Access = tag
	} else {
		v.Native = tag
	}
	return v, mode == v.Mode() && (mode != model.ModeAccess || len(trunks) == 0)
}
