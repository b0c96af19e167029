package local

import (
	"fmt"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// kind is what this host has of the objects of one kind.
type kind struct {
	// observe returns a recorded object as it really is, with what is wrong with it
	// as its Condition; nil when it is not there. What was not looked at is as it is
	// recorded.
	observe func(v *View, o model.Object) model.Object
	// gone says of an object that observe has not found what there is instead.
	gone func(v *View, o model.Object) string
	// survives reports whether the kernel still has what an object describes, though
	// it is no longer recorded.
	survives func(v *View, o model.Object) bool
	// obstacle says why an object cannot be made good, nil when it can, as far as that
	// does not lie with what it needs.
	obstacle func(v *View, o model.Object) error
	// interest adds to what news must be about to concern an object.
	interest func(i *Interest, o model.Object)
	// place is the network stack that an object is in.
	place func(o model.Object) model.Place
}

// kinds has the entry of each kind. A kind without one would be forgotten; a test
// sees to it that none is.
//
//exhaustive:enforce
var kinds = map[model.Kind]kind{
	model.KindSysctl:     sysctlKind,
	model.KindSwitch:     switchKind,
	model.KindNamespace:  namespaceKind,
	model.KindGateway:    gatewayKind,
	model.KindUplink:     uplinkKind,
	model.KindCable:      cableKind,
	model.KindAttachment: attachmentKind,
	model.KindLink:       linkKind,
	model.KindRoute:      routeKind,
	model.KindNAT:        natKind,
	model.KindAllow:      allowKind,
}

// kindOf is a kind for the objects of type T. Nothing lies in the way of an object
// without obstacle, and one without place is in the host.
type kindOf[T model.Object] struct {
	// observe adds what is wrong with an object, and changes in o what is otherwise;
	// false when it is not there.
	observe  func(v *View, o *T, wrong *conditions) bool
	gone     func(v *View, o T) string
	survives func(v *View, o T) bool
	obstacle func(v *View, o T) error
	interest func(i *Interest, o T)
	place    func(T) model.Place
	// condition is where an object has its Condition.
	condition func(*T) *string
}

// entry returns the entry for the table.
func (t kindOf[T]) entry() kind {
	k := kind{
		observe: func(v *View, o model.Object) model.Object {
			found := o.(T)
			var wrong conditions
			if !t.observe(v, &found, &wrong) {
				return nil
			}
			*t.condition(&found) = wrong.String()
			return found
		},
		gone:     func(v *View, o model.Object) string { return t.gone(v, o.(T)) },
		survives: func(v *View, o model.Object) bool { return t.survives(v, o.(T)) },
		obstacle: func(*View, model.Object) error { return nil },
		interest: func(i *Interest, o model.Object) { t.interest(i, o.(T)) },
		place:    func(model.Object) model.Place { return model.Host },
	}
	if t.obstacle != nil {
		k.obstacle = func(v *View, o model.Object) error { return t.obstacle(v, o.(T)) }
	}
	if t.place != nil {
		k.place = func(o model.Object) model.Place { return t.place(o.(T)) }
	}
	return k
}

// observe fills in what of the recorded state is really there.
func (v *View) observe() {
	v.Actual.Grow(v.Snap.Recorded.Len())
	for _, o := range v.Snap.Recorded.Objects() {
		if found := kinds[o.Key().Kind].observe(v, o); found != nil {
			v.Actual.Put(found)
		}
	}
}

// Survives reports whether the kernel still has what an object describes that is no
// longer recorded: every verb takes away both, so somebody else deleted the record.
func (v *View) Survives(o model.Object) bool { return kinds[o.Key().Kind].survives(v, o) }

// conditions are the phrases about what is wrong with an object.
type conditions []string

func (c *conditions) add(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

// down adds that an interface is down.
func (c *conditions) down(l nsmgr.Link) {
	if !l.Up {
		c.add("%s is down", l.Name)
	}
}

// checksums adds that an interface leaves its checksums to others.
func (c *conditions) checksums(l nsmgr.Link) {
	if l.TxChecksum {
		c.add("%s has checksum offload on", l.Name)
	}
}

// apart adds that the firewall does not know an interface of a segment.
func (c *conditions) apart(ifname string) { c.add("%s is not kept apart from other segments", ifname) }

func (c conditions) String() string { return strings.Join(c, ", ") }
