package plan

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// The tags by which an Editor finds objects. A lab of thousands is planned in
// one go, so that nothing may look at everything for each of them.
type (
	within    model.Place    // what has an interface or a route in that place
	onSwitch  string         // attachments, gateways and uplinks
	inSegment model.Segment  // attachments by their untagged frames
	hostName  string         // what has an interface of that name in the host
	holding   segmentAddress // attachments and gateways by address
)

type segmentAddress struct {
	segment model.Segment
	address netip.Addr
}

func addressTags(seg model.Segment, addresses []netip.Prefix) []any {
	var list []any
	for _, p := range addresses {
		list = append(list, holding{seg, p.Addr()})
	}
	return list
}

// index finds the keys of objects by tag.
type index map[any]map[model.Key]bool

func (x index) add(key model.Key, tags []any) {
	for _, tag := range tags {
		if x[tag] == nil {
			x[tag] = map[model.Key]bool{}
		}
		x[tag][key] = true
	}
}

func (x index) remove(key model.Key, tags []any) {
	for _, tag := range tags {
		delete(x[tag], key)
	}
}

// tags lists how an object is found.
func (e *Editor) tags(o model.Object) []any { return e.nouns[o.Key().Kind].tags(o) }

// tagged returns the keys of the objects that have a tag. The index is made when it
// is first asked for: who removes everything needs none.
func (e *Editor) tagged(tag any) map[model.Key]bool {
	if e.index == nil {
		e.index = index{}
		for _, o := range e.state.Objects() {
			e.index.add(o.Key(), e.tags(o))
		}
	}
	return e.index[tag]
}

// objects returns what has a tag, in the order in which it is made.
func (e *Editor) objects(tag any) []model.Object {
	part := &model.State{}
	for k := range e.tagged(tag) {
		o, _ := model.Get[model.Object](e.state, k)
		part.Put(o)
	}
	return part.Objects()
}

// find returns the objects of one type that have a tag, sorted by name.
func find[T model.Object](e *Editor, tag any) []T {
	var list []T
	for k := range e.tagged(tag) {
		if o, ok := model.Get[T](e.state, k); ok {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(a.Key().Name, b.Key().Name) })
	return list
}
