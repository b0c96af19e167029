package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

func cable(a, b, name, trunk string) edit {
	return func(e *plan.Editor) error {
		r := plan.CableRequest{Name: name}
		if trunk != "" {
			set, err := model.ParseVIDSet(trunk)
			if err != nil {
				return err
			}
			r.VLANs = &model.VLANs{Trunk: set}
		}
		return e.AddLink(plan.LinkRequest{A: a, B: b, Cable: r})
	}
}

func TestCable(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("s1"), createSwitch("s2"), createSwitch("s3"))
	want(t, l.must(cable("s2", "s1", "", "")), "+ cable s1/s2: port s1-s2, peer s2-s1, trunk all")
	want(t, l.must(cable("s1", "s2", "", "")), "")
	want(t, l.must(cable("s1", "s2", "", "10")), "~ cable s1/s2: trunk all -> trunk 10")
	want(t, l.must(cable("s1", "s2", "x", "20")), "+ cable s1/s2/x: port s1-s2.x, peer s2-s1.x, trunk 20")
	want(t, l.must(func(e *plan.Editor) error { return e.DeleteLink("s2", "s1", "x") }), "- cable s1/s2/x: port s1-s2.x, peer s2-s1.x, trunk 20")
	want(t, l.must(func(e *plan.Editor) error { return e.DeleteSwitch("s2", false) }),
		"- cable s1/s2: port s1-s2, peer s2-s1, trunk 10", "- switch s2: datapath system")
}

// What is broadcast in a VLAN must not come back by another way.
func TestCableLoop(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("s1"), createSwitch("s2"), createSwitch("s3"), createSwitch("s4"))
	l.must(cable("s1", "s2", "", "1-20"), cable("s2", "s3", "", "10-30"), cable("s3", "s4", "", "all"))
	const by = "ovsns link add s4 s1 --force"
	l.refused(model.ErrConflict, "closes a loop, by s4, s3, s2, s1", by, cable("s4", "s1", "", "15"))
	l.refused(model.ErrConflict, "closes a loop", by, cable("s4", "s1", "", "all"))
	l.refused(model.ErrConflict, "closes a loop, by s1, s2", "ovsns link add s1 s2 --name x --force", cable("s1", "s2", "x", "20"))
	l.must(cable("s4", "s1", "", "1-9,31"))
	l.refused(model.ErrConflict, "closes a loop", "ovsns link add s2 s3 --force", cable("s1", "s2", "", "31"), cable("s2", "s3", "", "31"))
	l.must(func(e *plan.Editor) error { return e.AddCable(plan.CableRequest{A: "s1", B: "s3", Force: true}) })
}

func TestCableRefuses(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("s1"), attach("red"), createSwitch("s2"), createSwitch("both"), func(e *plan.Editor) error {
		return e.CreateNamespaces(plan.NamespaceRequest{Names: []string{"both"}})
	})
	l.refused(model.ErrNotFound, `no switch is named "s9"`, "ovsns switch create s9", cable("s1", "s9", "", ""))
	l.refused(model.ErrConflict, "red a namespace", "ovsns attach red -s s1", cable("s1", "red", "", ""))
	l.refused(model.ErrConflict, "joined by a gateway", "ovsns gateway set -s s1", cable("host", "s1", "", ""))
	l.refused(model.ErrInvalid, "s1 twice", "", cable("s1", "s1", "", ""))
	l.refused(model.ErrInvalid, "both is a switch and a namespace", "switch:both, or ns:both", cable("s1", "both", "", ""))
	l.must(cable("s1", "switch:both", "", ""))
	l.refused(model.ErrInvalid, "only a cable between two switches", "ovsns switch list", cable("red", "blue", "x", ""))
	l.refused(model.ErrInvalid, "has no address", "ovsns gateway set", link("s1", "s2", "10.0.0.1/24", ""))
	l.refused(model.ErrNotFound, "there is no cable", "ovsns link list", func(e *plan.Editor) error { return e.DeleteLink("s1", "s2", "") })
	l.must(func(e *plan.Editor) error {
		return e.CreateSwitch(plan.SwitchRequest{Name: "u1", Datapath: model.DatapathNetdev})
	})
	l.refused(model.ErrConflict, "patch ports need the same at both ends", "ovsns link add s1 u1 --veth", cable("s1", "u1", "", ""))
	l.must(func(e *plan.Editor) error { return e.AddCable(plan.CableRequest{A: "s1", B: "u1", Veth: true}) })
}
