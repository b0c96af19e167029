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
	inNamespace string         // attachments, links and routes; "host" for the host's links
	onSwitch    string         // attachments, gateways and uplinks
	inSegment   model.Segment  // attachments by their untagged frames
	hostName    string         // what has an interface of that name in the host
	holding     segmentAddress // attachments and gateways by address
)

type segmentAddress struct {
	segment model.Segment
	address netip.Addr
}

// index finds the keys of objects by tag.
type index map[any]map[model.Key]bool

func newIndex(s *model.State) index {
	x := index{}
	for _, o := range s.Objects() {
		x.add(o)
	}
	return x
}

func (x index) add(o model.Object) {
	key := o.Key()
	for _, tag := range tags(o) {
		if x[tag] == nil {
			x[tag] = map[model.Key]bool{}
		}
		x[tag][key] = true
	}
}

func (x index) remove(o model.Object) {
	key := o.Key()
	for _, tag := range tags(o) {
		delete(x[tag], key)
	}
}

// tags lists how an object can be found.
func tags(o model.Object) []any {
	switch o := o.(type) {
	case model.Switch:
		return []any{hostName(o.Name)}
	case model.Gateway:
		return append(addressTags(o.Segment(), o.Addresses),
			hostName(o.Interface), hostName(o.SwitchPort()), onSwitch(o.Switch))
	case model.Uplink:
		return []any{hostName(o.Interface), onSwitch(o.Switch)}
	case model.Attachment:
		list := []any{hostName(o.Port), onSwitch(o.Switch), inNamespace(o.Namespace)}
		if seg, ok := o.Segment(); ok {
			list = append(list, inSegment(seg))
			list = append(list, addressTags(seg, o.Addresses)...)
		}
		return list
	case model.Link:
		list := []any{inNamespace(o.A.Namespace), inNamespace(o.B.Namespace)}
		if end, ok := o.End(model.HostEnd); ok {
			list = append(list, hostName(end.Ifname))
		}
		return list
	case model.Route:
		return []any{inNamespace(o.Namespace)}
	}
	return nil
}

func addressTags(seg model.Segment, addresses []netip.Prefix) []any {
	var list []any
	for _, p := range addresses {
		list = append(list, holding{seg, p.Addr()})
	}
	return list
}

// tagged returns the keys of the objects that have a tag. The index is made when it
// is first asked for: who removes everything needs none.
func (e *Editor) tagged(tag any) map[model.Key]bool {
	if e.index == nil {
		e.index = newIndex(e.state)
	}
	return e.index[tag]
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
