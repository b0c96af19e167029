package model

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Action says what a [Change] does to its object.
type Action string

// The actions.
const (
	ActionCreate Action = "create"
	ActionUpdate Action = "update"
	ActionDelete Action = "delete"
)

// Change leads one object from one version to another. Exactly one of Before
// and After may be nil.
type Change struct {
	Before Object // nil: the object is made
	After  Object // nil: the object is removed
}

// Action returns what the change does.
func (c Change) Action() Action {
	switch {
	case c.Before == nil:
		return ActionCreate
	case c.After == nil:
		return ActionDelete
	default:
		return ActionUpdate
	}
}

// Key returns the key of the object that changes.
func (c Change) Key() Key {
	if c.After != nil {
		return c.After.Key()
	}
	return c.Before.Key()
}

// Reverse returns the change that undoes c.
func (c Change) Reverse() Change { return Change{Before: c.After, After: c.Before} }

// String returns one line as `terraform plan` would mark it: "+ switch sw0",
// "~ attachment red/eth0: vlans vlan 100 -> vlan 200", "- nat 10.0.0.0/24".
func (c Change) String() string {
	switch c.Action() {
	case ActionCreate:
		return "+ " + describe(c.After)
	case ActionDelete:
		return "- " + describe(c.Before)
	default:
		return "~ " + c.Key().String() + ": " + strings.Join(differences(c.Before, c.After), ", ")
	}
}

// MarshalJSON writes action, kind, name and both versions.
func (c Change) MarshalJSON() ([]byte, error) {
	k := c.Key()
	return json.Marshal(struct {
		Action Action `json:"action"`
		Kind   Kind   `json:"kind"`
		Name   string `json:"name"`
		Before Object `json:"before,omitempty"`
		After  Object `json:"after,omitempty"`
	}{c.Action(), k.Kind, k.Name, c.Before, c.After})
}

// describe returns the key and the properties that are set.
func describe(o Object) string {
	var set []string
	for _, a := range o.Attrs() {
		if a.Value != "" {
			set = append(set, a.phrase(a.Value))
		}
	}
	if len(set) == 0 {
		return o.Key().String()
	}
	return o.Key().String() + ": " + strings.Join(set, ", ")
}

func (a Attr) phrase(value string) string {
	if a.Name == "vlans" {
		return value // it names itself: "vlan 100", "trunk 10,20"
	}
	return a.Name + " " + value
}

// differences lists the properties in which two versions differ.
func differences(before, after Object) []string {
	var list []string
	now := after.Attrs()
	for i, was := range before.Attrs() {
		if was.Value != now[i].Value {
			list = append(list, was.phrase(orNone(was.Value)+" -> "+orNone(now[i].Value)))
		}
	}
	return list
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Plan is a list of changes, at most one per object. The nil Plan changes
// nothing.
type Plan []Change

// Diff returns the plan that leads from before to after: what is removed
// first, in reverse of the order in which it is made, then what is changed or
// made.
func Diff(before, after *State) Plan {
	var removed, made Plan
	for _, o := range before.Objects() {
		if !after.Has(o.Key()) {
			removed = append(removed, Change{Before: o})
		}
	}
	slices.Reverse(removed)
	for _, o := range after.Objects() {
		was := before.objects[o.Key()]
		if !Equal(was, o) {
			made = append(made, Change{Before: was, After: o})
		}
	}
	return append(removed, made...)
}

// Reverse returns the plan that undoes p.
func (p Plan) Reverse() Plan {
	r := make(Plan, 0, len(p))
	for _, c := range slices.Backward(p) {
		r = append(r, c.Reverse())
	}
	return r
}

// Apply returns s as it is after the plan.
func (p Plan) Apply(s *State) *State {
	s = s.Clone()
	for _, c := range p {
		if c.After == nil {
			s.Remove(c.Key())
		} else {
			s.Put(c.After)
		}
	}
	return s
}

// MarshalJSON writes a list, an empty one for the nil Plan.
func (p Plan) MarshalJSON() ([]byte, error) {
	if p == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]Change(p))
}

// WriteText writes one line per change.
func (p Plan) WriteText(w io.Writer) error {
	for _, c := range p {
		if _, err := fmt.Fprintln(w, c); err != nil {
			return err
		}
	}
	return nil
}

// Made returns the new versions of the objects of one type that p makes or
// changes.
func Made[T Object](p Plan) []T {
	var list []T
	for _, c := range p {
		if o, ok := c.After.(T); ok {
			list = append(list, o)
		}
	}
	return list
}

// Removed returns the objects of one type that p removes.
func Removed[T Object](p Plan) []T {
	var list []T
	for _, c := range p {
		if o, ok := c.Before.(T); ok && c.After == nil {
			list = append(list, o)
		}
	}
	return list
}
