package plan

import (
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Editor changes a copy of the recorded state, one wish at a time. Each edit
// either returns an error or leaves the wished state behind; after an error
// the Editor must not be used.
type Editor struct {
	host     Host
	recorded *model.State // as it was, never changed
	state    *model.State
	index    index // of state; nil until something is looked for
	touched  map[model.Key]bool
}

// NewEditor returns an Editor that starts from what is recorded.
func NewEditor(recorded *model.State, host Host) *Editor {
	return &Editor{host: host, recorded: recorded, state: recorded.Clone(), touched: map[model.Key]bool{}}
}

// State returns the wished state so far.
func (e *Editor) State() *model.State { return e.state }

// Plan checks the wished state and returns the way to it from what is really
// there. Objects that no edit named are left alone, whatever their condition.
// The error is [model.ErrInvalid] or [model.ErrConflict].
func (e *Editor) Plan(actual *model.State) (model.Plan, error) {
	e.forwarding()
	e.deafenUplinks()
	if err := e.check(); err != nil {
		return nil, err
	}
	return model.Diff(e.before(actual), e.only(e.state)), nil
}

// before returns the touched part of what is there. What is to be removed
// counts as there while it is recorded, whatever is left of it.
func (e *Editor) before(actual *model.State) *model.State {
	part := e.only(actual)
	for k := range e.touched {
		o, recorded := model.Get[model.Object](e.recorded, k)
		if recorded && !e.state.Has(k) && !part.Has(k) {
			part.Put(o)
		}
	}
	return part
}

// only returns the touched part of a state.
func (e *Editor) only(s *model.State) *model.State {
	list := make([]model.Object, 0, len(e.touched))
	for k := range e.touched {
		if o, ok := model.Get[model.Object](s, k); ok {
			list = append(list, o)
		}
	}
	return model.NewState(list...)
}

// put wishes for an object, also when it is recorded just so already: that
// repairs it when it is damaged.
func (e *Editor) put(objects ...model.Object) {
	for _, o := range objects {
		e.forget(o.Key())
		e.touched[o.Key()] = true
		if e.index != nil {
			e.index.add(o)
		}
	}
	e.state.Put(objects...)
}

// remove wishes an object gone.
func (e *Editor) remove(keys ...model.Key) {
	for _, k := range keys {
		e.forget(k)
		e.touched[k] = true
	}
	e.state.Remove(keys...)
}

// forget takes the version of an object that is there out of the index.
func (e *Editor) forget(k model.Key) {
	if was, ok := model.Get[model.Object](e.state, k); ok && e.index != nil {
		e.index.remove(was)
	}
}

// touchedObjects returns what the wished state holds of the touched keys.
func (e *Editor) touchedObjects() []model.Object {
	return e.only(e.state).Objects()
}

// pickSwitch returns the switch of that name, or the only one when name is
// empty.
func (e *Editor) pickSwitch(name string) (model.Switch, error) {
	if name != "" {
		sw, ok := model.Get[model.Switch](e.state, model.SwitchKey(name))
		if ok {
			return sw, nil
		}
		if e.host.Taken[name] == TakenForeign {
			return sw, model.NotManagedf("switch %s was not made by ovsns", name)
		}
		return sw, model.NotFoundf("no switch is named %q", name).WithHint("ovsns switch create %s", name)
	}
	all := model.All[model.Switch](e.state)
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		return model.Switch{}, model.NotFoundf("there is no switch").WithHint("ovsns switch create")
	}
	names := switchNames(all)
	return model.Switch{}, model.Invalidf("there are several switches (%s); say which one", strings.Join(names, ", ")).
		WithHint("-s %s", names[0])
}

func switchNames(list []model.Switch) []string {
	names := make([]string, 0, len(list))
	for _, sw := range list {
		names = append(names, sw.Name)
	}
	return names
}

// attachmentsOf returns the attachments of a namespace.
func (e *Editor) attachmentsOf(namespace string) []model.Attachment {
	return find[model.Attachment](e, inNamespace(namespace))
}

// routesOf returns the routes of a namespace.
func (e *Editor) routesOf(namespace string) []model.Route {
	return find[model.Route](e, inNamespace(namespace))
}

// linksOf returns the links with an end in a namespace.
func (e *Editor) linksOf(namespace string) []model.Link {
	return find[model.Link](e, inNamespace(namespace))
}

// user returns the object of the lab that has an interface of that name in
// the host, or nil.
func (e *Editor) user(name string) model.Object {
	for k := range e.tagged(hostName(name)) {
		o, _ := model.Get[model.Object](e.state, k)
		return o
	}
	return nil
}

// checkNew reports why no new interface of that name can be made in the host.
func (e *Editor) checkNew(name string) error {
	if o := e.user(name); o != nil {
		return model.Conflictf("the interface name %s is in use by %s", name, o.Key())
	}
	return e.host.checkInterface(name)
}

// usedIfnames returns the names of interfaces that a namespace has, or shall
// have. What carries our mark but is not recorded was left by a command that
// was cut off, and is free.
func (e *Editor) usedIfnames(namespace string) map[string]bool {
	used := map[string]bool{}
	for name, i := range e.host.Inside[namespace] {
		used[name] = i.Owner == TakenForeign
	}
	for _, a := range e.attachmentsOf(namespace) {
		used[a.Ifname] = true
	}
	for _, l := range e.linksOf(namespace) {
		end, _ := l.End(namespace)
		used[end.Ifname] = true
	}
	return used
}
