package plan

import (
	"fmt"
	"slices"

	"github.com/ovsns/ovsns/model"
)

const patchType = "patch"

func (p FoundPort) isPatch() bool { return slices.Equal(p.Types, []string{patchType}) }

// adoptCable puts the cable of which a patch port is one end, or returns why it is
// left alone.
func (a *adopter) adoptCable(p port) string {
	q, there := a.ports[p.Peer]
	switch {
	case !there || q.Peer != p.Name:
		return fmt.Sprintf("its peer %q is no patch port that leads back", p.Peer)
	case q.reason != "":
		return "of its peer " + q.Name + ": " + q.reason
	case !a.e.state.Has(model.SwitchKey(q.sw.Name)) && !a.selected(q.sw.Name):
		return "switch " + q.sw.Name + ", to which it leads, is"
	case !p.vlans.Equal(q.vlans):
		return "its peer " + q.Name + " carries other VLANs"
	case p.sw.Name == q.sw.Name:
		return "it leads to its own switch"
	}
	if q.sw.Name < p.sw.Name {
		p, q = q, p
	}
	c := model.Cable{
		A: model.CableEnd{Switch: p.sw.Name, Port: p.Name}, B: model.CableEnd{Switch: q.sw.Name, Port: q.Name}, VLANs: p.vlans,
	}
	if was, ok := model.Get[model.Cable](a.e.state, c.Key()); ok && !model.Equal(was, c) {
		c.Name = p.Name // another one between the two
	}
	if err := model.Check(c); err != nil {
		return err.Error()
	}
	a.e.put(c)
	return ""
}
