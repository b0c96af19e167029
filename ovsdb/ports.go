package ovsdb

import (
	"slices"
	"strconv"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// editPort inserts, updates or drops a port.
func (t *transaction) editPort(edit portEdit) error {
	p, found := t.l.ports[edit.name]
	switch {
	case found && !owned(p.ExternalIDs):
		return model.NotManagedf("port %s of Open vSwitch was not made by ovsns", edit.name)
	case edit.drop && t.e.bridges[p.ExternalIDs[keySwitch]].drop:
		return nil // goes with its switch
	}
	recorded, damaged := objectOf(p.Name, p.ExternalIDs)
	if edit.drop {
		return t.dropEdited(p, edit, recorded)
	}
	switch {
	case t.e.bridges[edit.sw].drop && edit.name == edit.sw:
		return nil // goes with its switch
	case found && damaged == nil && !t.e.mayTake(edit, recorded):
		return model.Conflictf("port %s belongs to %s already", edit.name, ownerOf(p.Name, recorded))
	case found && edit.ensure:
		return nil
	}
	if err := t.checkSwitch(edit); err != nil {
		return err
	}
	if found {
		return t.updatePort(p, edit)
	}
	return t.insertPort(edit)
}

// dropEdited drops a port, unless nothing of that object is left.
func (t *transaction) dropEdited(p schema.Port, edit portEdit, recorded model.Object) error {
	if p.Name == "" || recorded != nil && recorded.Key() != edit.key {
		return nil
	}
	return t.dropPort(p)
}

func ownerOf(port string, o model.Object) model.Key {
	if o == nil {
		return model.SwitchKey(port)
	}
	return o.Key()
}

// checkSwitch requires that the port's switch is ours, or made by the plan.
func (t *transaction) checkSwitch(edit portEdit) error {
	b, found := t.l.bridges[edit.sw]
	made, planned := t.e.bridges[edit.sw]
	switch {
	case found && !owned(b.ExternalIDs):
		return notManagedSwitch(edit.sw)
	case planned && made.drop, !found && !planned:
		return model.NotFoundf("switch %s does not exist", edit.sw).WithHint("ovsns switch create %s", edit.sw)
	}
	return nil
}

// vlanColumns are the columns that carry VLANs. The mode is always explicit: a
// port without one and without a tag would be an open trunk.
func vlanColumns(v model.VLANs) ovsdb.Row {
	var tag []model.VID
	if id := v.Access + v.Native; id != 0 { // at most one is set
		tag = append(tag, id)
	}
	return ovsdb.Row{"vlan_mode": string(v.Mode()), "tag": intSet(tag), "trunks": intSet(v.Trunk)}
}

func (t *transaction) insertPort(edit portEdit) error {
	if i, taken := t.l.interfaces[edit.name]; taken && !owned(i.ExternalIDs) {
		return model.NotManagedf("interface %s of Open vSwitch was not made by ovsns", edit.name)
	}
	iface, port := t.newName(), t.newName()
	columns := ovsdb.Row{
		"name":         edit.name,
		"type":         edit.iftype,
		"external_ids": stringMap(interfaceIDs(edit.ids)),
	}
	if edit.iftype == internalPort && edit.name != edit.sw {
		columns["mac"] = hostMAC(t.l.root, edit.name).String() // a switch's own port has the bridge's
	}
	made := t.write(insertRow(schema.InterfaceTable, iface, columns))
	row := vlanColumns(edit.vlans)
	row["name"] = edit.name
	row["interfaces"] = uuidSet(iface)
	row["external_ids"] = stringMap(edit.ids)
	t.write(insertRow(schema.PortTable, port, row))
	t.added[edit.sw] = append(t.added[edit.sw], port)
	t.opens = append(t.opens, watch{name: edit.name, write: made})
	return nil
}

// updatePort changes a port in place: neither it nor its interface is made
// anew, so traffic goes on.
func (t *transaction) updatePort(p schema.Port, edit portEdit) error {
	i, found := t.l.interfaces[edit.name]
	switch {
	case !found || !slices.Contains(p.Interfaces, i.UUID):
		return model.Conflictf("port %s has not the interface of that name", edit.name)
	case !owned(i.ExternalIDs):
		return model.NotManagedf("interface %s of Open vSwitch was not made by ovsns", edit.name)
	}
	t.guardOwned(schema.PortTable, p.UUID, p.Name)
	t.guardOwned(schema.InterfaceTable, i.UUID, i.Name)
	t.changeRow(schema.PortTable, p.UUID, vlanColumns(edit.vlans), edit.ids)
	t.changeRow(schema.InterfaceTable, i.UUID, ovsdb.Row{"type": edit.iftype}, interfaceIDs(edit.ids))
	if from := p.ExternalIDs[keySwitch]; from != edit.sw {
		if err := t.takeOff(from, p); err != nil {
			return err
		}
		t.added[edit.sw] = append(t.added[edit.sw], p.UUID)
	}
	t.opens = append(t.opens, watch{name: edit.name, uuid: i.UUID})
	return nil
}

// changeRow writes columns and our keys of a row of Port or Interface.
func (t *transaction) changeRow(table, uuid string, row ovsdb.Row, ids map[string]string) {
	columns := sortedKeys(row)
	image := t.image(table, uuid, append([]string{"external_ids"}, columns...))
	t.write(updateRow(table, uuid, row))
	t.write(mutateRows(table, where(is(uuid)), replaceKeys(portKeys, ids)...))
	t.onUndo(func(o outcome) []ovsdb.Operation {
		was := ovsdb.Row{}
		for _, column := range columns {
			was[column] = o.image(image)[column]
		}
		return []ovsdb.Operation{
			updateRow(table, uuid, was),
			mutateRows(table, where(is(uuid)), restoreKeys(portKeys, o.image(image))...),
		}
	})
}

// dropPort takes a port off its bridge.
func (t *transaction) dropPort(p schema.Port) error {
	t.guardOwned(schema.PortTable, p.UUID, p.Name)
	t.losePort(p)
	return t.takeOff(p.ExternalIDs[keySwitch], p)
}

// takeOff takes a port from its bridge.
func (t *transaction) takeOff(sw string, p schema.Port) error {
	b, found := t.l.bridges[sw]
	switch {
	case !found:
		return model.Conflictf("port %s is recorded on switch %s, which does not exist", p.Name, sw)
	case !owned(b.ExternalIDs):
		return notManagedSwitch(sw)
	}
	t.removed[sw] = append(t.removed[sw], p.UUID)
	return nil
}

// losePort has the undo make a port and its interfaces again.
func (t *transaction) losePort(p schema.Port) {
	for _, id := range p.Interfaces {
		t.loseRow(schema.InterfaceTable, id)
	}
	t.loseRow(schema.PortTable, p.UUID)
}

// newName returns a name for a row that is inserted (RFC 7047, 3.1 <id>).
func (t *transaction) newName() string {
	t.names++
	return "new" + strconv.Itoa(t.names)
}
