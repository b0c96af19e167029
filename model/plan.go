package model

import (
	"cmp"
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
		var words []string
		for _, d := range c.Differences() {
			words = append(words, d.String())
		}
		return "~ " + c.Key().String() + ": " + strings.Join(words, ", ")
	}
}

// MarshalJSON writes action, kind, name, both versions and in what they differ.
func (c Change) MarshalJSON() ([]byte, error) {
	k := c.Key()
	return json.Marshal(struct {
		Action Action `json:"action"`
		Kind   Kind   `json:"kind"`
		Name   string `json:"name"`
		Before Object `json:"before,omitempty"`
		After  Object `json:"after,omitempty"`
		// Differences also tell what is wrong with an object, which no version shows.
		Differences []Difference `json:"differences,omitempty"`
	}{c.Action(), k.Kind, k.Name, c.Before, c.After, c.Differences()})
}

// describe returns the key and the properties that are set.
func describe(o Object) string {
	var set []string
	for _, a := range o.Attrs() {
		if a.Value != "" && !a.Observed {
			set = append(set, phrase(a.Name, a.Value))
		}
	}
	if len(set) == 0 {
		return o.Key().String()
	}
	return o.Key().String() + ": " + strings.Join(set, ", ")
}

// phrase names a property and its value, unless the value names itself: "vlan
// 100", "trunk 10,20", "eth0 is down".
func phrase(name, value string) string {
	if name == "vlans" || name == Condition.Name {
		return value
	}
	return name + " " + value
}

// Difference is a property in which two versions of an object differ.
type Difference struct {
	// Name is that of the property, see [Attr].
	Name string `json:"name"`
	// Before and After are its values, "" where it is not set.
	Before string `json:"before"`
	After  string `json:"after"`
	// Observed says that it tells what is, or is no longer, wrong with the object.
	Observed bool `json:"observed,omitempty"`
}

// String returns "mtu none -> 1400".
func (d Difference) String() string {
	none := "none"
	if d.Observed {
		none = "ok"
	}
	return phrase(d.Name, cmp.Or(d.Before, none)+" -> "+cmp.Or(d.After, none))
}

// Differences lists the properties in which the versions of a change differ;
// none when the object is made or removed.
func (c Change) Differences() []Difference {
	if c.Before == nil || c.After == nil {
		return nil
	}
	var list []Difference
	now := c.After.Attrs()
	for i, was := range c.Before.Attrs() {
		if was.Value != now[i].Value {
			list = append(list, Difference{was.Name, was.Value, now[i].Value, was.Observed})
		}
	}
	return list
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
