package model

import (
	"maps"
	"slices"
)

// State is a set of objects: what is there, or what shall be. The zero value
// is empty and ready to use. It is not safe for use by several goroutines.
type State struct {
	objects map[Key]Object
}

// NewState returns a State of the objects given.
func NewState(objects ...Object) *State {
	s := &State{}
	s.Put(objects...)
	return s
}

// Grow makes room for n objects in a State that has none yet; to others it does
// nothing.
func (s *State) Grow(n int) {
	if len(s.objects) == 0 {
		s.objects = make(map[Key]Object, n)
	}
}

// Put adds objects, each in place of an earlier version of it.
func (s *State) Put(objects ...Object) {
	if s.objects == nil {
		s.Grow(len(objects))
	}
	for _, o := range objects {
		s.objects[o.Key()] = o
	}
}

// Remove takes objects out; those that are not there do not matter.
func (s *State) Remove(keys ...Key) {
	for _, k := range keys {
		delete(s.objects, k)
	}
}

// Has reports whether an object of that key is there.
func (s *State) Has(k Key) bool { return s.objects[k] != nil }

// Len returns the number of objects.
func (s *State) Len() int { return len(s.objects) }

// Clone returns a State that can be changed without changing s.
func (s *State) Clone() *State { return &State{objects: maps.Clone(s.objects)} }

// Objects returns all objects, by kind in the order in which they are made,
// then by name.
func (s *State) Objects() []Object {
	list := slices.Grow([]Object(nil), len(s.objects))
	for _, k := range slices.SortedFunc(maps.Keys(s.objects), compareKeys) {
		list = append(list, s.objects[k])
	}
	return list
}

// Get returns the object of that key; false when there is none of that type.
func Get[T Object](s *State, k Key) (T, bool) {
	o, ok := s.objects[k].(T)
	return o, ok
}

// All returns the objects of one type, sorted by name.
func All[T Object](s *State) []T {
	var keys []Key
	for k, o := range s.objects {
		if _, ok := o.(T); ok {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compareKeys)
	list := slices.Grow([]T(nil), len(keys))
	for _, k := range keys {
		list = append(list, s.objects[k].(T))
	}
	return list
}
