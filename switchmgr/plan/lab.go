package plan

import (
	"slices"

	"github.com/ovsns/ovsns/model"
)

// Lab wishes for all that a lab file says. What the file names shall be as it
// says, in every property; with prune, what ovsns made and the file does not
// name shall be gone. Addresses that were found by "auto" stay.
func (e *Editor) Lab(lab *model.Lab, prune bool) error {
	named, err := e.namedIn(lab)
	if err != nil {
		return err
	}
	if prune {
		e.removeUnless(func(k model.Key) bool {
			keys, known := named[k.Kind]
			return !known || keys[k]
		})
	}
	for _, kind := range model.Kinds() {
		if f := e.nouns[kind].file; f != nil {
			if err := f.wish(e, lab); err != nil {
				return err
			}
		}
	}
	if prune {
		e.removeUnless(func(k model.Key) bool { return e.touched[k] || e.nouns[k.Kind].file == nil })
	}
	return nil
}

// namedIn returns what a lab file names, of the kinds of which that is known
// beforehand. The error is [model.ErrInvalid].
func (e *Editor) namedIn(lab *model.Lab) (map[model.Kind]map[model.Key]bool, error) {
	named := map[model.Kind]map[model.Key]bool{}
	for _, kind := range model.Kinds() {
		f := e.nouns[kind].file
		if f == nil {
			continue
		}
		keys, known, err := f.keys(lab)
		if err != nil {
			return nil, err
		}
		if !known {
			continue
		}
		named[kind] = map[model.Key]bool{}
		for _, k := range keys {
			named[kind][k] = true
		}
	}
	return named, nil
}

// removeUnless removes what the test does not want kept.
func (e *Editor) removeUnless(keep func(model.Key) bool) {
	for _, o := range e.state.Objects() {
		if !keep(o.Key()) {
			e.remove(o.Key())
		}
	}
}

// Restore wishes for all that is recorded, just so, and returns the way to it from
// what is really there. It refuses nothing: what is recorded was accepted, also if
// the host has changed since.
func (e *Editor) Restore(actual *model.State) model.Plan {
	e.put(e.state.Objects()...)
	e.settings()
	return model.Diff(e.before(actual), e.only(e.state))
}

// DestroyLab wishes gone what a lab file names, and nothing else. A switch to
// which something else is attached is [model.ErrConflict].
func (e *Editor) DestroyLab(lab *model.Lab) error {
	named, err := e.namedIn(lab)
	if err != nil {
		return err
	}
	for _, o := range slices.Backward(e.state.Objects()) {
		k := o.Key()
		if !named[k.Kind][k] || !e.state.Has(k) {
			continue // or gone with another
		}
		if err := e.drop(o); err != nil {
			return err
		}
	}
	return nil
}

// DestroyAll wishes everything gone.
func (e *Editor) DestroyAll() {
	for _, o := range e.state.Objects() {
		e.remove(o.Key())
	}
	for name, owner := range e.host.Namespaces {
		if owner == TakenOurs {
			// Made, but cut off before it was recorded.
			e.remove(model.NamespaceKey(name))
		}
	}
}
