package local

import (
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Drift is one respect in which the host is not as it is recorded. It is
// everything that [model.Diff] finds between both, so what is named here is what
// restoring makes good; show, doctor, restore, watch and check read the same.
type Drift struct {
	// Key is that of the object, Place the network stack it is in.
	Key   model.Key   `json:"key"`
	Place model.Place `json:"place,omitempty"` // "" is the host
	// Property is that which differs, see [model.Attr]; "" where the whole object
	// is not there.
	Property string `json:"property,omitempty"`
	// Recorded and Found are its values, "" where it is not set.
	Recorded string `json:"recorded,omitempty"`
	Found    string `json:"found,omitempty"`
	// Text says what is wrong, "mtu 1400 -> 1500" or "eth0 is down", without the
	// object's name.
	Text string `json:"text"`
	// Obstacle says why restoring cannot make it good; "" when it can.
	Obstacle string `json:"obstacle,omitempty"`
}

// String returns "attachment red/eth0: eth0 is down".
func (d Drift) String() string { return d.Key.String() + ": " + d.Text }

// Drift lists all drift of what was looked at.
func (v *View) Drift() []Drift { return v.DriftIn(model.Diff(v.Actual, v.Snap.Recorded)) }

// DriftIn lists the drift that a plan makes good.
func (v *View) DriftIn(p model.Plan) []Drift {
	var list []Drift
	for _, c := range p {
		if recorded, ok := model.Get[model.Object](v.Snap.Recorded, c.Key()); ok && c.After != nil {
			list = append(list, v.DriftOf(recorded)...)
		}
	}
	return list
}

// DriftOf lists in which respects a recorded object is not as it is recorded.
func (v *View) DriftOf(recorded model.Object) []Drift {
	key := recorded.Key()
	k := kinds[key.Kind]
	found, _ := model.Get[model.Object](v.Actual, key)
	var list []Drift
	if found == nil {
		list = []Drift{{Text: k.gone(v, recorded)}}
	} else {
		list = differences(recorded, found)
	}
	for i := range list {
		list[i].Key, list[i].Place = key, k.place(recorded)
		if err := v.Obstacle(recorded); err != nil {
			list[i].Obstacle = err.Error()
		}
	}
	return list
}

// differences lists the properties in which an object is found to differ.
func differences(recorded, found model.Object) []Drift {
	var list []Drift
	for _, d := range (model.Change{Before: recorded, After: found}).Differences() {
		text := d.String()
		if d.Observed {
			text = d.After
		}
		list = append(list, Drift{Property: d.Name, Recorded: d.Before, Found: d.After, Text: text})
	}
	return list
}

// Obstacle says why an object cannot be made good, for itself or for what it needs;
// nil when it can, and for nil.
func (v *View) Obstacle(o model.Object) error {
	if o == nil {
		return nil
	}
	if err := kinds[o.Key().Kind].obstacle(v, o); err != nil {
		return err
	}
	for _, k := range o.Needs() {
		need, _ := model.Get[model.Object](v.Snap.Recorded, k)
		if err := v.Obstacle(need); err != nil {
			return err
		}
	}
	return nil
}

// Problem says in one line what is wrong with recorded objects, "" when nothing is.
func (v *View) Problem(recorded ...model.Object) string {
	var words []string
	for i, o := range recorded {
		for _, d := range v.DriftOf(o) {
			text := d.Text
			if i > 0 {
				text = d.String()
			}
			words = append(words, text)
		}
	}
	return strings.Join(words, ", ")
}
