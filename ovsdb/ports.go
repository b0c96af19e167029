package ovsdb

import (
	"slices"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// editPort inserts, updates or drops a port.
func (t *transaction) editPort(edit portEdit) error {
	p, found := t.l.ports[edit.name]
	switch {
	case found && !owned(p.ExternalIDs):
		return notManagedPort(edit.name)
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

func notManagedPort(name string) error {
	return model.NotManagedf("port %s of Open vSwitch was not made by ovsns", name)
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

func (t *transaction) insertPort(edit portEdit) error {
	if i, taken := t.l.interfaces[edit.name]; taken && !owned(i.ExternalIDs) {
		return notManagedInterface(edit.name)
	}
	iface, made := t.Insert(interfaceTable, interfaceRow(t.l.root, edit))
	row := portRow(edit)
	row.Columns["interfaces"] = rows.UUIDs(iface)
	port, _ := t.Insert(portTable, row)
	t.added[edit.sw] = append(t.added[edit.sw], port)
	t.opens = append(t.opens, watch{name: edit.name, write: made})
	return nil
}

func notManagedInterface(name string) error {
	return model.NotManagedf("interface %s of Open vSwitch was not made by ovsns", name)
}

// updatePort changes a port in place: neither it nor its interface is made
// anew, so traffic goes on.
func (t *transaction) updatePort(p schema.Port, edit portEdit) error {
	i, found := t.l.interfaces[edit.name]
	switch {
	case !found || !slices.Contains(p.Interfaces, i.UUID):
		return model.Conflictf("port %s has not the interface of that name", edit.name)
	case !owned(i.ExternalIDs):
		return notManagedInterface(edit.name)
	}
	t.guardRecord(p)
	t.guardOwned(interfaceTable, i.UUID, i.Name)
	t.Update(portTable, p.UUID, portRow(edit))
	t.Update(interfaceTable, i.UUID, interfaceRow(t.l.root, edit))
	from := p.ExternalIDs[keySwitch]
	if holder, seen := t.l.holders[p.UUID]; from != edit.sw || seen && holder.Name != from {
		if err := t.takeOff(from, p); err != nil {
			return err
		}
		t.added[edit.sw] = append(t.added[edit.sw], p.UUID)
	}
	t.opens = append(t.opens, watch{name: edit.name, uuid: i.UUID})
	return nil
}

// dropPort takes a port off its bridge.
func (t *transaction) dropPort(p schema.Port) error {
	t.guardRecord(p)
	t.losePort(p)
	return t.takeOff(p.ExternalIDs[keySwitch], p)
}

// takeOff takes a port from its bridge.
func (t *transaction) takeOff(sw string, p schema.Port) error {
	if holder, seen := t.l.holders[p.UUID]; seen && holder.Name != sw {
		t.takeBack(holder, p)
		return nil
	}
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

// takeBack takes a port of ours off a bridge on which somebody else has put it.
func (t *transaction) takeBack(holder schema.Bridge, p schema.Port) {
	id := rows.UUIDs(p.UUID)
	t.Guard(model.Conflictf("port %s was moved by somebody else at the same time", p.Name),
		rows.Wait(schema.BridgeTable, ovsdb.Row{"name": holder.Name}, 0, rows.Is(holder.UUID), ovsdb.NewCondition("ports", ovsdb.ConditionIncludes, id)))
	t.Move(portTable, holder.UUID, nil, []string{p.UUID})
}

// losePort has the undo make a port and its interfaces again.
func (t *transaction) losePort(p schema.Port) {
	for _, id := range p.Interfaces {
		t.Lose(interfaceTable, id)
	}
	t.Lose(portTable, p.UUID)
}
