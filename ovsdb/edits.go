package ovsdb

import (
	"github.com/ovsns/ovsns/model"
)

// edits is a plan in terms of rows: one entry for each that is touched.
type edits struct {
	root    map[string]*string // key in external_ids -> value; nil takes it out
	bridges map[string]bridgeEdit
	ports   map[string]portEdit
	freed   map[model.Key]bool // objects that the plan removes or changes
	// switches are the names of all bridges that the plan speaks of.
	switches map[string]bool
}

// empty reports whether no row is touched.
func (e *edits) empty() bool { return len(e.root)+len(e.bridges)+len(e.ports) == 0 }

// bridgeEdit puts a bridge in place, or drops it.
type bridgeEdit struct {
	drop bool
	model.Switch
}

// portEdit puts a port in place, or drops it.
type portEdit struct {
	drop bool
	// ensure leaves a port alone that is there already: the switch's own port
	// may carry a gateway.
	ensure bool
	key    model.Key // of the object that the port records
	portRecord
}

// editsOf translates a plan. The error is [model.ErrInvalid].
func editsOf(p model.Plan) (*edits, error) {
	e := &edits{
		root:     map[string]*string{},
		bridges:  map[string]bridgeEdit{},
		ports:    make(map[string]portEdit, len(p)),
		freed:    make(map[model.Key]bool, len(p)),
		switches: map[string]bool{},
	}
	for _, c := range p {
		if c.Before != nil {
			e.freed[c.Before.Key()] = true
			e.remove(c.Before)
		}
		if c.After != nil {
			if err := e.put(c.After); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

func (e *edits) remove(o model.Object) {
	switch o := o.(type) {
	case model.Switch:
		e.switches[o.Name] = true
		e.bridges[o.Name] = bridgeEdit{drop: true, Switch: o}
	case model.Gateway:
		if o.SwitchPort() == o.Switch {
			e.putPort(o.Key(), ownPort(o.Switch)) // the switch keeps its port
			return
		}
		e.dropPort(o.Key(), o.Switch, o.SwitchPort())
	case model.Uplink:
		e.dropPort(o.Key(), o.Switch, o.Interface)
	case model.Attachment:
		e.dropPort(o.Key(), o.Switch, o.Port)
	default:
		e.root[rootKey(o)] = nil
	}
}

func (e *edits) put(o model.Object) error {
	switch o := o.(type) {
	case model.Switch:
		if o.Datapath != model.DatapathSystem && !o.Datapath.Userspace() {
			return model.Invalidf("switch %s: datapath %q is none of system, netdev, dummy", o.Name, o.Datapath)
		}
		e.switches[o.Name] = true
		e.bridges[o.Name] = bridgeEdit{Switch: o}
		if _, ok := e.ports[o.Name]; !ok {
			e.ports[o.Name] = portEdit{ensure: true, key: o.Key(), portRecord: ownPort(o.Name)}
		}
	case model.Gateway:
		e.putPort(o.Key(), gatewayPort(o))
	case model.Uplink:
		e.putPort(o.Key(), uplinkPort(o))
	case model.Attachment:
		e.putPort(o.Key(), attachmentPort(o))
	default:
		value := rootValue(o)
		e.root[rootKey(o)] = &value
	}
	return nil
}

func (e *edits) putPort(k model.Key, r portRecord) {
	e.switches[r.sw] = true
	e.ports[r.name] = portEdit{key: k, portRecord: r}
}

func (e *edits) dropPort(k model.Key, sw, name string) {
	e.switches[sw] = true
	if was, ok := e.ports[name]; ok && !was.drop {
		return // another object of the plan has taken the name over
	}
	e.ports[name] = portEdit{drop: true, key: k, portRecord: portRecord{name: name, sw: sw}}
}

// mayTake reports whether the plan may put an object's port over the row that
// records another: the same object, one that the plan frees, or the switch
// whose own port it is.
func (e *edits) mayTake(p portEdit, recorded model.Object) bool {
	ofSwitch := p.key.Kind == model.KindSwitch || p.key.Kind == model.KindGateway
	switch o := recorded.(type) {
	case nil:
		return ofSwitch && p.name == p.sw
	case model.Gateway:
		if ofSwitch && o.VLAN == 0 && o.Switch == p.sw {
			return true
		}
	}
	return recorded.Key() == p.key || e.freed[recorded.Key()]
}
