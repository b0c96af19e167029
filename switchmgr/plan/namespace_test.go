package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

func TestNamespaces(t *testing.T) {
	l := newLab(t)
	want(t, l.must(createNS("red", "blue")), "+ namespace blue", "+ namespace red")
	want(t, l.must(createNS("red", "red")), "")
	l.refused(model.ErrNotFound, `"green"`, "ovsns ns create green", deleteNS("red", "green"))
	l.host.Namespaces["docker"] = plan.TakenForeign
	l.refused(model.ErrNotManaged, "docker", "", createNS("docker"))
	l.refused(model.ErrNotManaged, "docker", "", deleteNS("red", "docker"))
	want(t, l.must(deleteNS("red", "blue")), "- namespace red", "- namespace blue")
}

func TestForwardingNamespace(t *testing.T) {
	l := newLab(t)
	ask := func(verb func(*plan.Editor, plan.NamespaceRequest) error, forward *bool, names ...string) edit {
		return func(e *plan.Editor) error { return verb(e, plan.NamespaceRequest{Names: names, Forward: forward}) }
	}
	create, change := (*plan.Editor).CreateNamespaces, (*plan.Editor).SetNamespaces
	want(t, l.must(ask(create, new(true), "r")), "+ namespace r: forward on")
	want(t, l.must(ask(create, new(true), "r")), "")
	// What does not speak of it leaves it.
	want(t, l.must(createNS("r")), "")
	want(t, l.must(link("r", "red", "", "")), "+ namespace red", "+ link r/red: r ifname eth0, red ifname eth0")
	want(t, l.must(ask(change, new(false), "r")), "~ namespace r: forward on -> none")
	want(t, l.must(ask(change, new(true), "r", "red")), "~ namespace r: forward none -> on", "~ namespace red: forward none -> on")
	l.refused(model.ErrNotFound, `"green"`, "ovsns ns create green", ask(change, new(true), "r", "green"))

	// A file says all of what it names.
	lab := plan.Export(l.state)
	if !lab.Namespaces["r"].Forward {
		t.Error("the export does not say that r forwards")
	}
	want(t, l.must(applied(lab)), "")
	lab.Namespaces["r"] = model.LabNamespace{}
	want(t, l.must(applied(lab)), "~ namespace r: forward on -> none")
}

func TestDeleteNamespaceTakesWhatJoinsIt(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0", "10.0.0.254/24"), attach("red"), attach("blue"))
	l.must(link("red", "host", "192.0.2.1/24", "192.0.2.2/24"), link("blue", "red", "203.0.113.1/24", "203.0.113.2/24"))
	l.must(addRoute("red", "10.9.0.0/16", "10.0.0.254"), addRoute("blue", "10.8.0.0/16", "203.0.113.2"),
		addRoute("blue", "10.7.0.0/16", "10.0.0.254"), allow("red", "sw0"))
	l.must(deleteNS("red"))
	for _, key := range []model.Key{
		model.NamespaceKey("red"), model.AttachmentKey("red", "eth0"), model.LinkKey("red", "host"), model.LinkKey("red", "blue"),
		model.RouteKey("red", cidrs("10.9.0.0/16")[0]), model.RouteKey("blue", cidrs("10.8.0.0/16")[0]),
		model.AllowKey(model.Host, model.Segment{Namespace: "red"}, model.Segment{Switch: "sw0"}), model.SysctlKey(model.Host, model.ForwardIPv4),
	} {
		if l.state.Has(key) {
			t.Errorf("%s is left", key)
		}
	}
	for _, key := range []model.Key{model.AttachmentKey("blue", "eth0"), model.RouteKey("blue", cidrs("10.7.0.0/16")[0])} {
		if !l.state.Has(key) {
			t.Errorf("%s is gone", key)
		}
	}
}

// Made, but not recorded: a command was cut off.
func TestDeleteUnrecordedNamespace(t *testing.T) {
	l := newLab(t)
	l.host.Namespaces["red"] = plan.TakenOurs
	e := plan.NewEditor(l.state, l.host)
	if err := e.DeleteNamespaces([]string{"red"}); err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan(model.NewState(model.Namespace{Name: "red"}))
	if err != nil {
		t.Fatal(err)
	}
	want(t, text(p), "- namespace red")
}
