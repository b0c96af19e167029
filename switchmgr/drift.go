package switchmgr

import (
	"cmp"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Drift is one respect in which the host is not as it is recorded. It is
// everything that [model.Diff] finds between both, so what is named here is what
// [Manager.Restore] makes good; show, doctor, watch and check read the same.
type Drift struct {
	// Key is that of the object.
	Key model.Key `json:"key"`
	// Property is that which differs, see [model.Attr]; "" where the whole object
	// is not there.
	Property string `json:"property,omitempty"`
	// Recorded and Found are its values, "" where it is not set.
	Recorded string `json:"recorded,omitempty"`
	Found    string `json:"found,omitempty"`

	text string
}

// String says what is wrong, "mtu 1400 -> 1500" or "eth0 is down", without the
// object's name.
func (d Drift) String() string { return d.text }

// driftOf lists in which respects an object is not as it is recorded; actual is
// nil for one that is not there.
func driftOf(recorded, actual model.Object) []Drift {
	key := recorded.Key()
	if actual == nil {
		return []Drift{{Key: key, text: missing(recorded)}}
	}
	var list []Drift
	for _, d := range (model.Change{Before: recorded, After: actual}).Differences() {
		text := d.String()
		if d.Observed {
			text = d.After
		}
		list = append(list, Drift{key, d.Name, d.Before, d.After, text})
	}
	return list
}

// missing says that an object is not there.
func missing(o model.Object) string {
	switch o := o.(type) {
	case model.Gateway:
		return "interface " + o.Interface + " is gone"
	case model.Uplink:
		return "interface " + o.Interface + " is gone"
	case model.NAT, model.Allow:
		return "the rule is gone"
	case model.Route:
		return "the route is gone"
	case model.Sysctl:
		return "it was changed by somebody else"
	case model.Switch, model.Namespace, model.Attachment, model.Link:
		return "it is gone"
	}
	return ""
}

// drift lists in which respects an object is not as it is recorded.
func (v *view) drift(recorded model.Object) []Drift {
	actual, _ := model.Get[model.Object](v.actual, recorded.Key())
	return driftOf(recorded, actual)
}

// drifts lists all drift of what was looked at.
func (v *view) drifts() []Drift {
	var list []Drift
	for _, o := range v.snap.Recorded.Objects() {
		list = append(list, v.drift(o)...)
	}
	return list
}

// problem says in one line what is wrong with an object, "" when nothing is: why
// ovs-vswitchd does not have its port, or in which respects it has drifted.
func (v *view) problem(o model.Object, port string) string {
	return cmp.Or(v.portProblem(port), sentence(v.drift(o)))
}

func sentence(list []Drift) string {
	var words []string
	for _, d := range list {
		words = append(words, d.String())
	}
	return strings.Join(words, ", ")
}
