package ovsdb

import (
	"maps"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// The keys in external_ids that are not those of properties, see the package.
const (
	// KeyOwner marks a row as made by ovsns; its value is [Owner]. A row
	// without it is never changed.
	KeyOwner = prefix + "owner"
	// KeyKind is the kind of the object that a row records. The switch's own
	// port is "gateway" while it carries the untagged gateway, else "switch".
	KeyKind = prefix + "kind"
	// KeySegment is the segment of an attachment's untagged frames, "sw0" or
	// "sw0:100"; absent on a trunk without a native VLAN.
	KeySegment = prefix + "segment"
	// KeyIfaceID and KeyAttachedMAC are the conventional keys of an Interface
	// (Open vSwitch, IntegrationGuide); iface-id is "<namespace>/<ifname>".
	KeyIfaceID     = "iface-id"
	KeyAttachedMAC = "attached-mac"

	prefix = "ovsns-"
)

// Owner is the value of [KeyOwner].
const Owner = "ovsns"

// Keys of properties by which rows are selected, or that their Interface has too.
var (
	keySwitch    = prefix + model.SwitchName.Name
	keyNamespace = prefix + model.NamespaceName.Name
	keyIfname    = prefix + model.Ifname.Name
	keyMAC       = prefix + model.HardwareAddress.Name
	keyVLAN      = prefix + model.Access.Name
	keyNative    = prefix + model.Native.Name
)

// portKeys are all keys that may stand on a row of Port or Interface; those
// that a record does not set are taken off when it is written.
var portKeys = keysOf(onPorts, KeyOwner, KeyKind, KeySegment, keySwitch, keyReleased, KeyIfaceID, KeyAttachedMAC)

// bridgeKeys are all keys that may stand on a row of Bridge.
var bridgeKeys = keysOf(onBridge, KeyOwner, KeyKind, KeyFormat)

// keysOf lists the keys of the stored fields of all kinds that stand there, and
// more.
func keysOf(where stand, more ...string) []string {
	for name, k := range kinds {
		if k.stand == where {
			for _, f := range stored(name) {
				more = append(more, prefix+f.Name)
			}
		}
	}
	slices.Sort(more)
	return slices.Compact(more)
}

// placed has the kinds whose objects exist in each place.
var placed = kindsIn(model.InPlace.Name)

func kindsIn(place string) map[model.Kind]bool {
	have := map[model.Kind]bool{}
	for name := range kinds {
		have[name] = slices.ContainsFunc(stored(name), func(f model.Field) bool { return f.Name == place })
	}
	return have
}

// stored lists the fields of a kind that are recorded.
func stored(k model.Kind) []model.Field {
	return slices.DeleteFunc(slices.Clone(model.TypeOf(k).Fields), func(f model.Field) bool { return f.Use&model.Stored == 0 })
}

// ownerOnly are the external_ids of a row that is ours and of which no more is
// known.
var ownerOnly = map[string]string{KeyOwner: Owner}

// owned reports whether a row with these external_ids was made by ovsns.
func owned(ids map[string]string) bool { return ids[KeyOwner] == Owner }

// rowIDs returns the external_ids of a row that records an object.
func rowIDs(o model.Object) map[string]string {
	kind := o.Key().Kind
	ids := map[string]string{KeyOwner: Owner, KeyKind: string(kind)}
	for _, f := range model.TypeOf(kind).Fields {
		if f.Use&model.Stored != 0 {
			if text := f.Text(o); text != "" {
				ids[prefix+f.Name] = text
			}
		}
	}
	return ids
}

// portIDs returns the external_ids of a row of Port that records an object.
func portIDs(o model.Object, p port) map[string]string {
	ids := rowIDs(o)
	ids[keySwitch] = p.sw
	if a, ok := o.(model.Attachment); ok {
		if seg, untagged := a.Segment(); untagged {
			ids[KeySegment] = seg.String()
		}
	}
	return ids
}

// ownPortIDs are those of a switch's own port without a gateway.
func ownPortIDs(sw string) map[string]string {
	return map[string]string{KeyOwner: Owner, KeyKind: string(model.KindSwitch), keySwitch: sw}
}

// interfaceIDs returns the external_ids of the Interface row of a port: enough
// of the port's to be found by the same conditions, and the conventional keys.
func interfaceIDs(port map[string]string) map[string]string {
	ids := map[string]string{}
	for _, k := range []string{KeyOwner, KeyKind, keySwitch, keyNamespace, KeySegment} {
		if v, ok := port[k]; ok {
			ids[k] = v
		}
	}
	if port[KeyKind] == string(model.KindAttachment) {
		ids[KeyIfaceID] = port[keyNamespace] + "/" + port[keyIfname]
		if mac := port[keyMAC]; mac != "" {
			ids[KeyAttachedMAC] = mac
		}
	}
	return ids
}

// switchOf reads the switch that a row of Bridge records.
func switchOf(bridge string, ids map[string]string) (model.Object, error) {
	o, err := readIDs(model.KindSwitch, ids)
	if err == nil && o.Key() != model.SwitchKey(bridge) {
		err = model.Failedf("it records %s", o.Key())
	}
	return o, err
}

// objectOf reads the object that a row of Port records; nil for the switch's
// own port without a gateway.
func objectOf(port string, ids map[string]string) (model.Object, error) {
	kind := model.Kind(ids[KeyKind])
	switch {
	case kind == model.KindSwitch:
		return nil, nil
	case kinds[kind].stand != onPorts:
		return nil, model.Failedf("%s is %q", KeyKind, kind)
	}
	o, err := readIDs(kind, ids)
	if err != nil {
		return nil, err
	}
	if _, its := portOf(o, port); !its {
		return nil, model.Failedf("it records %s, which has another port", o.Key())
	}
	return o, nil
}

func readIDs(kind model.Kind, ids map[string]string) (model.Object, error) {
	return model.TypeOf(kind).Read(func(name string) string { return ids[prefix+name] })
}

// rootKey returns the key in external_ids of the row of Open_vSwitch that
// records an object.
func rootKey(o model.Object) string {
	k := o.Key()
	if placed[k.Kind] {
		return prefix + string(k.Kind) + "/" + k.Place.String() + "/" + k.Name
	}
	return prefix + string(k.Kind) + "/" + k.Name
}

// rootValue returns the value that goes with rootKey: the stored fields that
// are set, as "name=value name=value". No value holds white space but between
// the items of a list, where it becomes a comma.
func rootValue(o model.Object) string {
	var words []string
	for _, f := range model.TypeOf(o.Key().Kind).Fields {
		if f.Use&model.Stored != 0 {
			if text := f.Text(o); text != "" {
				words = append(words, f.Name+"="+strings.ReplaceAll(text, " ", ","))
			}
		}
	}
	return strings.Join(words, " ")
}

// rootObject reads one key of external_ids; nil for a key that records nothing
// of ours.
func rootObject(key, value string) (model.Object, error) {
	name, ours := strings.CutPrefix(key, prefix)
	if !ours || key == KeyFormat {
		return nil, nil
	}
	kind, _, _ := strings.Cut(name, "/")
	if kinds[model.Kind(kind)].stand != inRoot {
		return nil, model.Failedf("nothing is recorded so")
	}
	o, err := model.TypeOf(model.Kind(kind)).Read(func(name string) string { return valueIn(value, name) })
	if err != nil {
		return nil, err
	}
	if rootKey(o) != key {
		return nil, model.Failedf("it records %s", o.Key())
	}
	return o, nil
}

// valueIn returns the value of a name in what rootValue has written.
func valueIn(pairs, name string) string {
	for word := range strings.SplitSeq(pairs, " ") {
		if value, found := strings.CutPrefix(word, name); found && strings.HasPrefix(value, "=") {
			return value[1:]
		}
	}
	return ""
}

// sortedKeys returns the keys of a map in a fixed order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
