package output

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"regexp"

	"go.yaml.in/yaml/v4"
)

// JSON prints data as JSON; its lists are never null.
func (w *Printer) JSON(data any) error {
	text, err := Marshal(data)
	if err != nil {
		return err
	}
	_, err = w.Out.Write(text)
	return err
}

// YAML prints data as YAML. It converts the JSON, which is YAML already, so that
// names agree.
func (w *Printer) YAML(data any) error {
	text, err := Marshal(data)
	if err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return err
	}
	blockStyle(&node)
	encoder := yaml.NewEncoder(w.Out)
	encoder.SetIndent(2)
	return joinClose(encoder.Encode(&node), encoder)
}

func joinClose(err error, c io.Closer) error {
	if cerr := c.Close(); err == nil {
		return cerr
	}
	return err
}

// oldScalar matches words that YAML 1.1, which many programs still read, takes
// for booleans or for numbers to the base of 60 (a MAC can look like one).
var oldScalar = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|[-+]?[0-9_]+(:[0-5]?[0-9])+(\.[0-9_]*)?)$`)

// blockStyle takes away braces and quotes that came from JSON.
func blockStyle(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && oldScalar.MatchString(n.Value) {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, child := range n.Content {
		blockStyle(child)
	}
}

// Marshal returns JSON with lists that are never null.
func Marshal(data any) ([]byte, error) {
	v := reflect.New(reflect.TypeOf(data)).Elem()
	v.Set(reflect.ValueOf(data))
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(withoutNil(v).Interface())
	return b.Bytes(), err
}

// withoutNil returns a copy of a settable value in which nil slices are empty
// ones; what lies behind pointers and interfaces is copied as well.
func withoutNil(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			list.Index(i).Set(withoutNil(v.Index(i)))
		}
		return list
	case reflect.Struct:
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		for i := range c.NumField() {
			if c.Type().Field(i).IsExported() {
				c.Field(i).Set(withoutNil(v.Field(i)))
			}
		}
		return c
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		c := reflect.New(v.Type().Elem())
		c.Elem().Set(withoutNil(v.Elem()))
		return c
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return withoutNil(v.Elem())
	}
	return v
}
