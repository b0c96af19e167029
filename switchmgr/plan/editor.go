package plan

import (
	"github.com/ovsns/ovsns/model"
)

// Editor changes a copy of the recorded state, one wish at a time. Each edit
// either returns an error or leaves the wished state behind; after an error
// the Editor must not be used.
type Editor struct {
	host     Host
	nouns    map[model.Kind]entry
	recorded *model.State // as it was, never changed
	state    *model.State
	index    index // of state; nil until something is looked for
	touched  map[model.Key]bool
}

// NewEditor returns an Editor that starts from what is recorded.
func NewEditor(recorded *model.State, host Host) *Editor {
	return &Editor{host: host, nouns: nouns(), recorded: recorded, state: recorded.Clone(), touched: map[model.Key]bool{}}
}

// State returns the wished state so far.
func (e *Editor) State() *model.State { return e.state }

// Plan checks the wished state and returns the way to it from what is really
// there. Objects that no edit named are left alone, whatever their condition.
// The error is [model.ErrInvalid] or [model.ErrConflict].
func (e *Editor) Plan(actual *model.State) (model.Plan, error) {
	e.settings()
	if err := e.check(); err != nil {
		return nil, err
	}
	before := e.before(actual)
	for k := range e.touched {
		now, there := model.Get[model.Object](before, k)
		was, recorded := model.Get[model.Object](e.recorded, k)
		wished, _ := model.Get[model.Object](e.state, k)
		if there && recorded && model.Equal(now, wished) && !model.Equal(was, wished) {
			before.Put(was) // somebody has done it by hand: it is still to be recorded
		}
	}
	return model.Diff(before, e.only(e.state)), nil
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
			e.index.add(o.Key(), e.tags(o))
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

// drop wishes an object gone with what cannot be without it.
func (e *Editor) drop(o model.Object) error { return e.nouns[o.Key().Kind].drop(e, o) }

// dropAll drops what has a tag.
func (e *Editor) dropAll(tag any) error {
	for _, o := range e.objects(tag) {
		if err := e.drop(o); err != nil {
			return err
		}
	}
	return nil
}

// removeRecorded wishes an object gone, if there is one.
func (e *Editor) removeRecorded(k model.Key) {
	if e.state.Has(k) {
		e.remove(k)
	}
}

// forget takes the version of an object that is there out of the index.
func (e *Editor) forget(k model.Key) {
	if was, ok := model.Get[model.Object](e.state, k); ok && e.index != nil {
		e.index.remove(k, e.tags(was))
	}
}

// touchedObjects returns what the wished state holds of the touched keys.
func (e *Editor) touchedObjects() []model.Object {
	return e.only(e.state).Objects()
}

// check refuses a wished state that contradicts itself or the host. Only what
// an edit touched is held to it: a lab that somebody has bent by hand can
// still be mended or removed.
func (e *Editor) check() error {
	for _, o := range e.touchedObjects() {
		if err := model.Check(o); err != nil {
			return err
		}
		if err := e.nouns[o.Key().Kind].check(e, o); err != nil {
			return err
		}
	}
	return nil
}
