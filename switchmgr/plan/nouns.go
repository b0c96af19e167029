package plan

import "github.com/ovsns/ovsns/model"

// noun is what is done for the objects of one kind. Each kind's file ends in its
// own; a part that is nil does nothing.
type noun[T model.Object] struct {
	// tags lists how an object is found, beside its key.
	tags func(T) []any
	// interfaces lists those that it has in a place, with their addresses.
	interfaces func(T, model.Place) []iface
	// check refuses a wished object that contradicts others or the host. What is
	// wrong with it alone is known to [model.Check].
	check func(*Editor, T) error
	// drop wishes it gone with what cannot be without it, or says what stands
	// in the way; nil: it alone.
	drop func(*Editor, T) error
	// file makes it of a lab file; nil: it follows from others.
	file fileRequests
	// export writes it into a lab file.
	export func(*exporter, T)
}

// entry is a noun among those of other kinds.
type entry struct {
	tags       func(model.Object) []any
	interfaces func(model.Object, model.Place) []iface
	check      func(*Editor, model.Object) error
	drop       func(*Editor, model.Object) error
	file       fileRequests
	export     func(*exporter, model.Object)
}

// nouns is the table of all kinds. It is no variable, for what it holds refers
// to it.
func nouns() map[model.Kind]entry {
	//exhaustive:enforce
	return map[model.Kind]entry{
		model.KindSysctl:     sysctlNoun(),
		model.KindSwitch:     switchNoun(),
		model.KindNamespace:  namespaceNoun(),
		model.KindGateway:    gatewayNoun(),
		model.KindUplink:     uplinkNoun(),
		model.KindCable:      cableNoun(),
		model.KindAttachment: attachmentNoun(),
		model.KindLink:       linkNoun(),
		model.KindRoute:      routeNoun(),
		model.KindNAT:        natNoun(),
		model.KindAllow:      allowNoun(),
	}
}

// entry returns the noun with all its parts.
func (n noun[T]) entry() entry {
	if n.drop == nil {
		n.drop = func(e *Editor, o T) error {
			e.remove(o.Key())
			return nil
		}
	}
	return entry{
		tags: func(o model.Object) []any {
			if n.tags == nil {
				return nil
			}
			return n.tags(o.(T))
		},
		interfaces: func(o model.Object, p model.Place) []iface {
			if n.interfaces == nil {
				return nil
			}
			return n.interfaces(o.(T), p)
		},
		check: func(e *Editor, o model.Object) error {
			if n.check == nil {
				return nil
			}
			return n.check(e, o.(T))
		},
		drop: func(e *Editor, o model.Object) error { return n.drop(e, o.(T)) },
		file: n.file,
		export: func(x *exporter, o model.Object) {
			if n.export != nil {
				n.export(x, o.(T))
			}
		},
	}
}

// fileRequests are the requests that a lab file makes for one kind: the same as
// those of the verbs.
type fileRequests interface {
	// keys returns what the file names; known is false where that is known only
	// when all before is in place. The error is [model.ErrInvalid].
	keys(*model.Lab) (keys []model.Key, known bool, err error)
	// wish carries the requests out.
	wish(*Editor, *model.Lab) error
}

// file is the [fileRequests] of requests R.
type file[R any] struct {
	requests func(*model.Lab) ([]R, error)
	key      func(R) model.Key // nil: not known beforehand
	// request carries one out, or all carries out all.
	request func(*Editor, R) error
	all     func(*Editor, []R) error
}

func (f file[R]) keys(lab *model.Lab) (keys []model.Key, known bool, err error) {
	list, err := f.requests(lab)
	if err != nil || f.key == nil {
		return nil, false, err
	}
	for _, r := range list {
		keys = append(keys, f.key(r))
	}
	return keys, true, nil
}

func (f file[R]) wish(e *Editor, lab *model.Lab) error {
	list, err := f.requests(lab)
	if err != nil {
		return err
	}
	if f.all != nil {
		return f.all(e, list)
	}
	for _, r := range list {
		if err := f.request(e, r); err != nil {
			return err
		}
	}
	return nil
}
