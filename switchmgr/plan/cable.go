package plan

import (
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// CableRequest asks for a cable between two switches.
type CableRequest struct {
	A, B string // the switches
	Name string // tells several between the same two apart
	// Veth makes a new cable a veth rather than of patch ports.
	Veth bool
	// VLANs nil keeps; a new cable carries all of them.
	VLANs *model.VLANs
	// Force joins them also where that makes a loop.
	Force bool
}

// AddCable wishes for a cable between two switches.
func (e *Editor) AddCable(r CableRequest) error {
	if r.A == r.B {
		return model.Invalidf("a cable needs two different switches, not %s twice", r.A)
	}
	if r.Name != "" {
		if err := model.CheckCable(r.Name); err != nil {
			return err
		}
	}
	for _, name := range []string{r.A, r.B} {
		if _, err := e.pickSwitch(name); err != nil {
			return err
		}
	}
	c, exists := model.Get[model.Cable](e.state, model.CableKey(r.A, r.B, r.Name))
	if !exists {
		var err error
		if c, err = e.newCable(r); err != nil {
			return err
		}
	}
	if exists && r.Veth && !c.Veth {
		return model.Conflictf("the cable between %s and %s is made of patch ports", r.A, r.B).
			WithHint("ovsns link delete %s %s%s", r.A, r.B, nameFlag(r.Name))
	}
	if r.VLANs != nil {
		c.VLANs = *r.VLANs
	}
	if c.VLANs.Equal(model.VLANs{}) {
		return model.Invalidf("a cable carries VLANs, not the untagged segment alone").WithHint("--trunk all")
	}
	if !r.Force {
		if err := e.checkLoop(c); err != nil {
			return err
		}
	}
	e.put(c)
	return nil
}

// newCable chooses the names of a new cable's ports.
func (e *Editor) newCable(r CableRequest) (model.Cable, error) {
	c := model.Cable{
		A: model.CableEnd{Switch: r.A}, B: model.CableEnd{Switch: r.B}, Name: r.Name, Veth: r.Veth,
		VLANs: model.VLANs{Trunk: model.AllVLANs},
	}
	var err error
	if c.A.Port, err = e.freeCablePort(r.A, r.B, r.Name); err != nil {
		return c, err
	}
	c.B.Port, err = e.freeCablePort(r.B, r.A, r.Name)
	return c, err
}

func (e *Editor) freeCablePort(sw, peer, name string) (string, error) {
	for attempt := range portAttempts {
		if port := model.CablePort(sw, peer, name, attempt); !e.portUsed(port, Mark(sw, port)) {
			return port, e.host.checkInterface(port)
		}
	}
	return "", model.Conflictf("no name is left for the port of switch %s to %s", sw, peer)
}

// checkCable refuses what a cable cannot be made of.
func (e *Editor) checkCable(c model.Cable) error {
	a, _ := model.Get[model.Switch](e.state, model.SwitchKey(c.A.Switch))
	b, _ := model.Get[model.Switch](e.state, model.SwitchKey(c.B.Switch))
	if c.Veth || a.Datapath == b.Datapath {
		return nil
	}
	return model.Conflictf("switch %s has datapath %s and %s has %s; patch ports need the same at both ends",
		a.Name, a.Datapath, b.Name, b.Datapath).
		WithHint("ovsns link add %s %s%s --veth", a.Name, b.Name, nameFlag(c.Name))
}

// checkLoop refuses a cable that closes a loop for one of its VLANs: what is
// broadcast there would go round for ever.
func (e *Editor) checkLoop(c model.Cable) error {
	carried := map[model.VID]bool{}
	for id := model.VID(0); id <= model.MaxVID; id++ {
		if c.Carries(id) {
			carried[id] = true
		}
	}
	var others []model.Cable
	for _, o := range model.All[model.Cable](e.state) {
		if o.Key() != c.Key() {
			others = append(others, o)
		}
	}
	way := wayBetween(others, c.A.Switch, c.B.Switch, carried, nil)
	if way == nil {
		return nil
	}
	return model.Conflictf("a cable between %s and %s closes a loop, by %s", c.A.Switch, c.B.Switch, strings.Join(way, ", ")).
		WithHint("ovsns link add %s %s%s --force", c.A.Switch, c.B.Switch, nameFlag(c.Name))
}

// wayBetween returns the switches on the way from one switch to another for a
// frame of one of the VLANs, nil when there is none.
func wayBetween(cables []model.Cable, from, to string, vlans map[model.VID]bool, passed []string) []string {
	passed = append(slices.Clone(passed), from)
	if from == to {
		return passed
	}
	for _, c := range cables {
		next := c.A.Switch
		if c.A.Switch == from {
			next = c.B.Switch
		} else if c.B.Switch != from {
			continue
		}
		if slices.Contains(passed, next) {
			continue
		}
		common := map[model.VID]bool{}
		for id := range vlans {
			if c.Carries(id) {
				common[id] = true
			}
		}
		if len(common) == 0 {
			continue
		}
		if way := wayBetween(cables, next, to, common, passed); way != nil {
			return way
		}
	}
	return nil
}

func nameFlag(name string) string {
	if name == "" {
		return ""
	}
	return " --name " + name
}

// DeleteCable wishes a cable gone. Without a name it is the one without, or the
// only one between the two switches.
func (e *Editor) DeleteCable(a, b, name string) error {
	c, ok := model.Get[model.Cable](e.state, model.CableKey(a, b, name))
	if ok {
		e.remove(c.Key())
		return nil
	}
	var between []model.Cable
	for _, c := range find[model.Cable](e, onSwitch(a)) {
		if c.A.Switch == b || c.B.Switch == b {
			between = append(between, c)
		}
	}
	switch {
	case name != "" || len(between) == 0:
		return model.NotFoundf("there is no cable%s between %s and %s", prefixed(" ", name), a, b).WithHint("ovsns link list")
	case len(between) > 1:
		return model.Invalidf("there are several cables between %s and %s; say which one", a, b).
			WithHint("ovsns link delete %s %s --name %s", a, b, between[0].Name)
	}
	e.remove(between[0].Key())
	return nil
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func cableNoun() entry {
	return noun[model.Cable]{
		tags: func(c model.Cable) []any {
			return []any{hostName(c.A.Port), hostName(c.B.Port), onSwitch(c.A.Switch), onSwitch(c.B.Switch)}
		},
		check: (*Editor).checkCable,
		file: file[CableRequest]{
			requests: cableRequests,
			key:      func(r CableRequest) model.Key { return model.CableKey(r.A, r.B, r.Name) },
			request:  (*Editor).AddCable,
		},
		export: func(x *exporter, c model.Cable) {
			x.lab.Links = append(x.lab.Links, model.LabLink{
				A: c.A.Switch, B: c.B.Switch, Name: c.Name, Veth: c.Veth, LabVLANs: exportVLANs(c.VLANs),
			})
		},
	}.entry()
}

// cableRequests asks for the cables of a lab file; where it says no VLANs, a cable
// carries all of them.
func cableRequests(lab *model.Lab) ([]CableRequest, error) {
	var list []CableRequest
	for _, l := range lab.Links {
		if !l.IsCable(lab) {
			continue
		}
		vlans := l.VLANs()
		if vlans.Equal(model.VLANs{}) {
			vlans.Trunk = model.AllVLANs
		}
		list = append(list, CableRequest{A: l.A, B: l.B, Name: l.Name, Veth: l.Veth, VLANs: &vlans})
	}
	return list, nil
}
