package ovsdb

import (
	"github.com/ovsns/ovsns/model"
)

// edits is a plan in terms of rows: one entry for each that is touched.
type edits struct {
	makes   bool               // or changes something, and does not only remove
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
	drop     bool
	datapath string
	ids      map[string]string
}

// portEdit puts a port in place, or drops it. One object may have several.
type portEdit struct {
	drop bool
	// ensure leaves a port alone that is there already: the switch's own port
	// may carry a gateway.
	ensure bool
	key    model.Key // of the object that the port records
	ids    map[string]string
	port
}

func newEdits(size int) *edits {
	return &edits{
		root:     map[string]*string{},
		bridges:  map[string]bridgeEdit{},
		ports:    make(map[string]portEdit, size),
		freed:    make(map[model.Key]bool, size),
		switches: map[string]bool{},
	}
}

// editsOf translates a plan. The error is [model.ErrInvalid] for a switch
// without a definite datapath.
func editsOf(p model.Plan) (*edits, error) {
	e := newEdits(len(p))
	for _, c := range p {
		if c.Before != nil {
			e.freed[c.Before.Key()] = true
			if err := e.remove(c.Before); err != nil {
				return nil, err
			}
		}
		if c.After != nil {
			e.makes = true
			if err := e.put(c.After); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

func (e *edits) remove(o model.Object) error {
	switch kinds[o.Key().Kind].stand {
	case inRoot:
		e.root[rootKey(o)] = nil
	case onBridge:
		name := o.Key().Name
		e.switches[name] = true
		e.bridges[name] = bridgeEdit{drop: true}
	case onPorts:
		for _, p := range portsOf(o) {
			e.removePort(o.Key(), p)
		}
	default:
		return nowhere(o)
	}
	return nil
}

func (e *edits) put(o model.Object) error {
	switch kinds[o.Key().Kind].stand {
	case inRoot:
		value := rootValue(o)
		e.root[rootKey(o)] = &value
	case onBridge:
		return e.putBridge(o.(model.Switch))
	case onPorts:
		for _, p := range portsOf(o) {
			e.switches[p.sw] = true
			e.ports[p.name] = portEdit{key: o.Key(), ids: portIDs(o, p), port: p}
		}
	default:
		return nowhere(o)
	}
	return nil
}

func nowhere(o model.Object) error {
	return model.Failedf("%s has no place in the switch database", o.Key())
}

func (e *edits) putBridge(sw model.Switch) error {
	if sw.Datapath != model.DatapathSystem && !sw.Datapath.Userspace() {
		return model.Invalidf("switch %s: datapath %q is none of system, netdev, dummy", sw.Name, sw.Datapath)
	}
	e.switches[sw.Name] = true
	ids := rowIDs(sw)
	ids[KeyFormat] = Format
	e.bridges[sw.Name] = bridgeEdit{ids: ids, datapath: string(sw.Datapath)}
	if _, ok := e.ports[sw.Name]; !ok {
		e.ports[sw.Name] = portEdit{ensure: true, key: sw.Key(), ids: ownPortIDs(sw.Name), port: ownPort(sw.Name)}
	}
	return nil
}

// removePort drops a port; a switch's own goes on without the gateway.
func (e *edits) removePort(k model.Key, p port) {
	e.switches[p.sw] = true
	was, planned := e.ports[p.name]
	switch {
	case p.name == p.sw:
		e.ports[p.name] = portEdit{key: k, ids: ownPortIDs(p.sw), port: ownPort(p.sw)}
	case planned && !was.drop: // another object of the plan has taken the name over
	default:
		e.ports[p.name] = portEdit{drop: true, key: k, port: p}
	}
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
	default:
	}
	return recorded.Key() == p.key || e.freed[recorded.Key()]
}
