package labfile

import (
	"cmp"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

// kind is one sort of value of a lab file: how it is read, written and
// described to editors.
type kind[T any] struct {
	expected string // "a VLAN from 1 to 4094"
	// read reports to the reader what is wrong, and then returns a zero value.
	read   func(r *reader, n *yaml.Node, path string) T
	write  func(T) *yaml.Node // nil: there is nothing to write
	schema schema
	// many says that the value is a map or a list, which may be left empty.
	many bool
}

// of reads a value and remembers where it is.
func (k kind[T]) of(r *reader, n *yaml.Node, path string) T {
	r.at[path] = at(n)
	if !r.plain(n, path) {
		var none T
		return none
	}
	return k.read(r, n, path)
}

// inside returns the schema of the value where it may be left empty.
func (k kind[T]) inside() schema {
	if k.many {
		return k.schema.orNull()
	}
	return k.schema
}

// list is a list of values of one kind.
func list[T any](expected string, item kind[T]) kind[[]T] {
	k := kind[[]T]{expected: expected, many: true, schema: schema{"type": "array", "items": item.schema}}
	k.read = func(r *reader, n *yaml.Node, path string) []T {
		switch {
		case isNull(n):
			return nil
		case n.Kind != yaml.SequenceNode:
			r.wrongType(n, path, "", k.expected)
			return nil
		}
		return items(r, n, path, item)
	}
	k.write = func(values []T) *yaml.Node {
		if len(values) == 0 {
			return nil
		}
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, v := range values {
			n.Content = append(n.Content, orEmpty(item.write(v)))
		}
		return n
	}
	return k
}

func items[T any](r *reader, n *yaml.Node, path string, item kind[T]) []T {
	var values []T
	for i, entry := range n.Content {
		p := index(path, i)
		if isNull(entry) {
			r.wrongType(entry, p, "", item.expected)
			continue
		}
		values = append(values, item.of(r, entry, p))
	}
	return values
}

// oneOrMore is a list that may be written without brackets when it has one
// entry. It may not be empty.
func oneOrMore[T any](item kind[T]) kind[[]T] {
	k := list(item.expected+", or a list", item)
	k.many = false
	read := k.read
	k.read = func(r *reader, n *yaml.Node, path string) []T {
		switch {
		case isNull(n), n.Kind == yaml.SequenceNode && len(n.Content) == 0, n.Kind == yaml.MappingNode:
			r.wrongType(n, path, "", k.expected)
			return nil
		case n.Kind == yaml.ScalarNode:
			return []T{item.of(r, n, path)}
		}
		return read(r, n, path)
	}
	k.schema = schema{"anyOf": []schema{item.schema, {"type": "array", "items": item.schema, "minItems": 1}}}
	return k
}

// brief returns a list that is written without brackets when it has one entry.
func brief[T any](k kind[[]T]) kind[[]T] {
	write := k.write
	k.write = func(values []T) *yaml.Node {
		n := write(values)
		if len(values) == 1 && n.Kind == yaml.SequenceNode {
			return n.Content[0]
		}
		return n
	}
	return k
}

// mapOf is a map by names. The path of a value is that of the map and its name.
func mapOf[K cmp.Ordered, V any](expected string, name kind[K], value kind[V]) kind[map[K]V] {
	k := kind[map[K]V]{expected: expected, many: true, schema: schema{
		"type": "object", "propertyNames": name.schema, "additionalProperties": value.inside(),
	}}
	k.read = func(r *reader, n *yaml.Node, path string) map[K]V {
		switch {
		case isNull(n):
			return nil
		case n.Kind != yaml.MappingNode:
			r.wrongType(n, path, "", k.expected)
			return nil
		}
		var m map[K]V
		r.entries(n, path, func(key, n *yaml.Node) {
			if m == nil {
				m = map[K]V{}
			}
			p := join(path, key.Value)
			id := name.read(r, key, p)
			if _, twice := m[id]; twice && !r.broken[p] {
				r.problem(key, p, "", "%s is there twice", key.Value)
			}
			m[id] = value.of(r, n, p)
		})
		return m
	}
	k.write = func(m map[K]V) *yaml.Node {
		if len(m) == 0 {
			return nil
		}
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, id := range slices.Sorted(maps.Keys(m)) {
			n.Content = append(n.Content, name.write(id), orEmpty(value.write(m[id])))
		}
		return n
	}
	return k
}

// orEmpty stands for a value of which there is nothing to write.
func orEmpty(n *yaml.Node) *yaml.Node {
	if n == nil {
		return &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	}
	return n
}

// field is a key of an object, with the part of a T that it fills.
type field[T any] struct {
	name     string
	schema   schema
	required bool
	expected string
	read     func(r *reader, n *yaml.Node, path string, o *T)
	write    func(o *T) *yaml.Node
	refusal  string // why the key cannot be used, "" when it can
}

// key makes a field; about is what editors show.
func key[T, F any](name, about string, part func(*T) *F, k kind[F]) field[T] {
	return field[T]{
		name: name, schema: k.inside().with("description", about), expected: k.expected,
		read:  func(r *reader, n *yaml.Node, path string, o *T) { *part(o) = k.of(r, n, path) },
		write: func(o *T) *yaml.Node { return k.write(*part(o)) },
	}
}

// property makes a field of a property of the model.
func property[T, V any](p model.Property[V], part func(*T) *V) field[T] {
	return propertyAs(p, part, value(p.Value))
}

// properties makes a field of a property with several values.
func properties[T, V any](p model.List[V], part func(*T) *[]V) field[T] {
	return propertyAs(p.Property, part, several(p))
}

// propertyAs makes a field of a property that a lab file holds as a kind of its
// own.
func propertyAs[T, V, F any](p model.Property[V], part func(*T) *F, k kind[F]) field[T] {
	return key(p.Key(), p.About, part, k)
}

// needed returns a field that may not be left out.
func (f field[T]) needed() field[T] {
	f.required = true
	return f
}

// refused returns a field that is known and not available.
func (f field[T]) refused(why string) field[T] {
	f.refusal = why
	return f
}

// embedded returns the fields of a part of T as those of T itself.
func embedded[T, P any](part func(*T) *P, fields []field[P]) []field[T] {
	var list []field[T]
	for _, f := range fields {
		list = append(list, field[T]{
			name: f.name, schema: f.schema, required: f.required, expected: f.expected, refusal: f.refusal,
			read:  func(r *reader, n *yaml.Node, path string, o *T) { f.read(r, n, path, part(o)) },
			write: func(o *T) *yaml.Node { return f.write(part(o)) },
		})
	}
	return list
}

// object is a map of known keys.
func object[T any](expected string, fields ...[]field[T]) kind[T] {
	all := slices.Concat(fields...)
	k := kind[T]{expected: expected, many: true, schema: objectSchema(all)}
	k.read = func(r *reader, n *yaml.Node, path string) (o T) {
		switch {
		case isNull(n):
		case n.Kind != yaml.MappingNode:
			r.wrongType(n, path, "", k.expected)
			return o
		}
		readFields(r, n, path, all, &o)
		return o
	}
	k.write = func(o T) *yaml.Node {
		n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
		for _, f := range all {
			if value := f.write(&o); value != nil {
				n.Content = append(n.Content, textNode(f.name), value)
			}
		}
		return n
	}
	return k
}

// block returns a kind that is always written line by line.
func (k kind[T]) block() kind[T] {
	write := k.write
	k.write = func(v T) *yaml.Node {
		n := write(v)
		if n != nil && len(n.Content) > 0 {
			n.Style = 0
		}
		return n
	}
	return k
}

func readFields[T any](r *reader, n *yaml.Node, path string, fields []field[T], o *T) {
	r.entries(n, path, func(key, value *yaml.Node) {
		i := slices.IndexFunc(fields, func(f field[T]) bool { return f.name == key.Value })
		switch {
		case i < 0:
			r.unknownKey(key, path, available(fields))
		case fields[i].refusal != "":
			r.problem(key, join(path, key.Value), "", "%s", fields[i].refusal)
		default:
			fields[i].read(r, value, join(path, key.Value), o)
		}
	})
	for _, f := range fields {
		if !f.required {
			continue
		}
		if p := join(path, f.name); !r.has(p) {
			r.problem(n, p, "", "missing, expected %s", f.expected)
		}
	}
}

// available returns the names of the keys that can be used.
func available[T any](fields []field[T]) []string {
	var names []string
	for _, f := range fields {
		if f.refusal == "" {
			names = append(names, f.name)
		}
	}
	return names
}
