package model

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Value says how the values of one type are read and printed, and which may be.
type Value[V any] struct {
	// Expected says what may be written, for errors and help: "an MTU from 68 to
	// 65535".
	Expected string
	// Parse reads one value. The error is [ErrInvalid].
	Parse func(string) (V, error)
	// Format writes what Parse reads, "" for a value that is not set.
	Format func(V) string
	// Form is how it is written in a lab file.
	Form Form
	// Least and Most bound a number.
	Least, Most int
	// Words are those that complete a command line; nil: they cannot be told.
	Words []string
	// Pattern is a part of each text, as a regular expression for editors; "" is
	// any.
	Pattern string
	// Placeholder stands for a value in help: "CIDR".
	Placeholder string
}

// standIn returns the values with a placeholder.
func (v Value[V]) standIn(placeholder string) Value[V] {
	v.Placeholder = placeholder
	return v
}

// Form is the form of a [Value] in a lab file and in JSON.
type Form int

// The forms. The zero value is a text.
const (
	FormText Form = iota
	FormNumber
	FormBoolean
	FormWord // one of the words of the Value
	FormList // of texts
)

// Property is one property of objects, declared once: what it is called, what
// it means and which values it has. A kind of object has it as a [Field], a
// command as a flag, a lab file as a key; each takes its words from here.
type Property[V any] struct {
	// Name is that in plans, the flag's, and with _ for - that of the key of a lab
	// file and of JSON.
	Name string
	// About is one sentence about it, for help and editors.
	About string
	Value[V]
}

// Key returns the name as a key of a lab file or of JSON, "native_vlan".
func (p Property[V]) Key() string { return strings.ReplaceAll(p.Name, "-", "_") }

// List is a property with several values.
type List[V any] struct {
	Property[[]V]
	// Item is what one of them may be.
	Item Value[V]
}

func listOf[V any](name, about string, item Value[V]) List[V] {
	return List[V]{Property[[]V]{name, about, lists(item)}, item}
}

// Use says where a [Field] shows.
type Use uint8

// The uses, which can be combined.
const (
	// Stored fields are recorded in the switch's database, under the key
	// "ovsns-" + name; from them all, an object can be read again.
	Stored Use = 1 << iota
	// Shown fields are compared and printed in plans, see [Object].Attrs.
	Shown
	// Observed fields tell what is wrong with an object that is there, "" when
	// nothing is. Nobody can ask for it, so a plan shows it only as a
	// difference.
	Observed
	// Required fields may not be missing in what is read.
	Required
)

// Field is one property of the objects of a kind, as text.
type Field struct {
	Name, About string
	Use         Use

	get func(Object) string
	set func(object any, value string) error // of a pointer to the object
}

// Text returns the value that an object of the field's kind has, "" when it is
// not set.
func (f Field) Text(o Object) string { return f.get(o) }

// field makes a Field of a property of T; part is where T has it.
func field[T Object, V any](use Use, p Property[V], part func(*T) *V) Field {
	return Field{
		Name: p.Name, About: p.About, Use: use,
		get: func(o Object) string {
			typed := o.(T)
			return p.Format(*part(&typed))
		},
		set: func(object any, value string) error {
			v, err := p.Parse(value)
			if err == nil {
				*part(object.(*T)) = v
			}
			return err
		},
	}
}

// derived makes a Field that is only shown: it is what other fields come to.
func derived[T Object](name string, text func(T) string) Field {
	return Field{Name: name, Use: Shown, get: func(o Object) string { return text(o.(T)) }}
}

// attrs returns the shown fields of an object.
func attrs(fields []Field, o Object) []Attr {
	var list []Attr
	for _, f := range fields {
		if f.Use&(Shown|Observed) != 0 {
			list = append(list, Attr{f.Name, f.get(o), f.Use&Observed != 0})
		}
	}
	return list
}

// readFields makes an object of its stored fields.
func readFields[T Object](fields []Field, value func(name string) string) (Object, error) {
	var o T
	var errs []error
	for _, f := range fields {
		if f.Use&Stored == 0 {
			continue
		}
		if text := value(f.Name); text != "" {
			errs = append(errs, f.set(&o, text))
		} else if f.Use&Required != 0 {
			errs = append(errs, Invalidf("the %s is missing", f.Name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if c, ok := any(o).(interface{ check() error }); ok {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// texts are values that are their own text, checked by check (nil: any).
func texts[V ~string](expected string, check func(string) error) Value[V] {
	return Value[V]{
		Expected: expected,
		Parse: func(s string) (V, error) {
			if check != nil {
				if err := check(s); err != nil {
					return "", err
				}
			}
			return V(s), nil
		},
		Format: func(v V) string { return string(v) },
	}
}

// numbers are whole numbers from least to most; noun is what errors call one.
func numbers[V ~int | ~uint16](expected, noun string, least, most int) Value[V] {
	return Value[V]{
		Expected: expected, Form: FormNumber, Least: least, Most: most,
		Parse: func(s string) (V, error) {
			n, err := strconv.Atoi(s)
			if err != nil {
				return 0, Invalidf("%s %s is not a number from %d to %d", noun, quoted(s), least, most)
			}
			if n < least || n > most {
				return 0, Invalidf("%s %d is outside %d to %d", noun, n, least, most)
			}
			return V(n), nil
		},
		Format: func(v V) string {
			if v == 0 {
				return ""
			}
			return strconv.Itoa(int(v))
		},
	}
}

// words are one of a few; noun is what errors call them.
func words[V ~string](noun string, list ...V) Value[V] {
	all := make([]string, len(list))
	for i, w := range list {
		all[i] = string(w)
	}
	return Value[V]{
		Expected: "one of " + strings.Join(all, ", "), Form: FormWord, Words: all,
		Parse: func(s string) (V, error) {
			if slices.Contains(all, s) {
				return V(s), nil
			}
			err := Invalidf("%s %s is none of %s", noun, quoted(s), strings.Join(all, ", "))
			if near := Nearest(strings.ToLower(s), all); near != "" {
				return "", err.WithHint("--%s %s", noun, near)
			}
			return "", err
		},
		Format: func(v V) string { return string(v) },
	}
}

// orWord are "auto", "none" and values of one sort, all as text.
func orWord[V any](item Value[V]) Value[string] {
	return Value[string]{
		Expected: "auto, none or " + item.Expected, Words: []string{"auto", "none"}, Placeholder: item.Placeholder,
		Parse: func(s string) (string, error) {
			if s == "auto" || s == "none" {
				return s, nil
			}
			_, err := item.Parse(s)
			return s, err
		},
		Format: func(s string) string { return s },
	}
}

// quoted quotes what may be of any length.
func quoted(s string) string {
	const most = 60 // bytes
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return strconv.Quote(s)
}

// switches are "on" and "off"; off is not set.
func switches() Value[bool] {
	return Value[bool]{
		Expected: "on or off", Form: FormBoolean, Words: []string{"on", "off"},
		Parse: func(s string) (bool, error) {
			switch s {
			case "on", "true":
				return true, nil
			case "off", "false":
				return false, nil
			}
			return false, Invalidf("%q is neither on nor off", s)
		},
		Format: func(v bool) string {
			if !v {
				return ""
			}
			return "on"
		},
	}
}

// lists are values of one sort, separated by spaces or commas.
func lists[V any](item Value[V]) Value[[]V] {
	return Value[[]V]{
		Expected: item.Expected + ", or several", Form: FormList, Words: item.Words, Placeholder: item.Placeholder,
		Parse: func(s string) ([]V, error) {
			return ParseAll(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' }), item.Parse)
		},
		Format: func(list []V) string {
			words := make([]string, len(list))
			for i, v := range list {
				words[i] = item.Format(v)
			}
			return strings.Join(words, " ")
		},
	}
}

// read is a Value whose String method writes what parse reads.
func read[V interface {
	comparable
	String() string
}](expected string, parse func(string) (V, error)) Value[V] {
	return Value[V]{Expected: expected, Parse: parse, Format: func(v V) string {
		var none V
		if v == none {
			return ""
		}
		return v.String()
	}}
}
