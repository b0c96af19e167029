package ovsdb

import (
	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// vlanColumns are the columns that carry VLANs. The mode is always explicit: a
// port without one and without a tag would be an open trunk.
func vlanColumns(v model.VLANs) ovsdb.Row {
	var tag []model.VID
	if id := v.Access + v.Native; id != 0 { // at most one is set
		tag = append(tag, id)
	}
	trunks := v.Trunk
	if trunks.All() {
		trunks = nil // ovs-vswitchd.conf.db(5), Port, VLAN Configuration: then all are
	}
	return ovsdb.Row{"vlan_mode": string(v.Mode()), "tag": rows.Ints(tag), "trunks": rows.Ints(trunks)}
}

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
	if mode == model.ModeTrunk && len(trunks) == 0 && tag == 0 {
		trunks = model.AllVLANs
	}
	v := model.VLANs{Trunk: trunks}
	if mode == model.ModeAccess || mode == "" && len(trunks) == 0 {
		v.Access = tag
	} else {
		v.Native = tag
	}
	return v, mode == v.Mode() && (mode != model.ModeAccess || len(trunks) == 0)
}
