package labfile_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/labfile"
)

// jsonSchema is the part of JSON Schema that labfile.Schema uses.
type jsonSchema struct {
	Schema               string                 `json:"$schema"`
	Title                string                 `json:"title"`
	Description          string                 `json:"description"`
	Type                 oneOrMore              `json:"type"`
	Properties           map[string]*jsonSchema `json:"properties"`
	AdditionalProperties json.RawMessage        `json:"additionalProperties"`
	PropertyNames        *jsonSchema            `json:"propertyNames"`
	Required             []string               `json:"required"`
	Items                *jsonSchema            `json:"items"`
	MinItems             int                    `json:"minItems"`
	MaxItems             *int                   `json:"maxItems"`
	Enum                 []string               `json:"enum"`
	Pattern              string                 `json:"pattern"`
	Minimum              *float64               `json:"minimum"`
	Maximum              *float64               `json:"maximum"`
	AnyOf                []*jsonSchema          `json:"anyOf"`
}

// oneOrMore is the value of "type": a word or a list of words.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(data []byte) error {
	var word string
	if json.Unmarshal(data, &word) == nil {
		*o = oneOrMore{word}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(o))
}

func loadSchema(t *testing.T) *jsonSchema {
	t.Helper()
	text, err := labfile.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s jsonSchema
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		t.Fatalf("the schema says what this test does not know: %v", err)
	}
	return &s
}

// validate returns what is invalid about a value, "" when nothing is.
func (s *jsonSchema) validate(v any) string {
	if s.AnyOf != nil {
		for _, option := range s.AnyOf {
			if option.validate(v) == "" {
				return ""
			}
		}
		return fmt.Sprintf("%v by all alternatives", v)
	}
	if !s.typeIs(v) {
		return fmt.Sprintf("%v, which is not of type %v", v, s.Type)
	}
	switch v := v.(type) {
	case map[string]any:
		return s.validateObject(v)
	case []any:
		if len(v) < s.MinItems || s.MaxItems != nil && len(v) > *s.MaxItems {
			return fmt.Sprintf("a list of %d", len(v))
		}
		for i, item := range v {
			if p := s.Items.validate(item); p != "" {
				return fmt.Sprintf("[%d] %s", i, p)
			}
		}
	case string:
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) || s.Enum != nil && !slices.Contains(s.Enum, v) {
			return fmt.Sprintf("%q by pattern %q or enum %q", v, s.Pattern, s.Enum)
		}
	case int:
		if s.Minimum != nil && float64(v) < *s.Minimum || s.Maximum != nil && float64(v) > *s.Maximum {
			return fmt.Sprintf("%v by its limits", v)
		}
	}
	return ""
}

func (s *jsonSchema) typeIs(v any) bool {
	if s.Type == nil { // an enum
		_, ok := v.(string)
		return ok
	}
	names := map[reflect.Kind]string{
		reflect.Map: "object", reflect.Slice: "array", reflect.String: "string", reflect.Int: "integer", reflect.Bool: "boolean",
		reflect.Invalid: "null",
	}
	return slices.Contains(s.Type, names[reflect.ValueOf(v).Kind()])
}

func (s *jsonSchema) validateObject(v map[string]any) string {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return "a map without " + name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		part := s.Properties[name]
		if part == nil && string(s.AdditionalProperties) == "false" {
			return name + ", which is no key"
		}
		if s.PropertyNames != nil {
			if p := s.PropertyNames.validate(name); p != "" {
				return p
			}
		}
		if part == nil {
			part = &jsonSchema{}
			if err := json.Unmarshal(s.AdditionalProperties, part); err != nil {
				return err.Error()
			}
		}
		if p := part.validate(v[name]); p != "" {
			return name + ": " + p
		}
	}
	return ""
}

// yamlValue reads a file as an editor does: all keys are text.
func yamlValue(t rapid.TB, text string) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Load([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	return plainValue(&n)
}

func plainValue(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return plainValue(n.Content[0])
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainValue(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, plainValue(c))
		}
		return list
	}
	switch n.Tag {
	case "!!int":
		var i int
		if n.Decode(&i) == nil {
			return i
		}
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!null":
		return nil
	}
	return n.Value
}

func TestSchemaAcceptsTheExamples(t *testing.T) {
	schema := loadSchema(t)
	for _, file := range examples(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if problem := schema.validate(yamlValue(t, string(text))); problem != "" {
			t.Errorf("%s: the schema refuses %s", file, problem)
		}
	}
}

// What the schema can say, it refuses.
func TestSchemaRefuses(t *testing.T) {
	schema := loadSchema(t)
	for _, text := range []string{
		"{}", "version: 2", "{version: 1, naem: x}", "{version: 1, name: 5}", "{version: 1, switches: [sw0]}",
		"{version: 1, switches: {sw0: {vlans: {a: {}}}}}", "{version: 1, switches: {sw0: {nat: 1}}}",
		"{version: 1, switches: {sw0: {gateway: []}}}", "{version: 1, switches: {sw0: {gateway: 10.0.0.1}}}",
		"{version: 1, switches: {sw0: {vrf: red}}}", "{version: 1, switches: {sw0: {datapath: kernel}}}",
		"{version: 1, namespaces: {red: {interfaces: [{vlan: 5000}]}}}", "{version: 1, namespaces: {red: {interfaces: [{vlan: \"5\"}]}}}",
		"{version: 1, links: [{a: red}]}", "{version: 1, links: {a: red, b: blue}}", "{version: 1, allow: [[a]]}",
		"{version: 1, expect: [{from: a, to: b, is: maybe}]}", "{version: 1, nat: [null]}",
	} {
		if problem := schema.validate(yamlValue(t, text)); problem == "" {
			t.Errorf("accepts %s", text)
		}
	}
}

// Every field of the model's types has its key, and no key is without a field.
// Those that stand below come later and are refused by name.
func TestEveryFieldHasItsKey(t *testing.T) {
	missing := map[string]bool{
		"switches.*.vrf": true, "switches.*.vlans.*.vrf": true,
	}
	var fields []string
	for _, f := range fieldPaths(reflect.TypeFor[model.Lab](), "") {
		if !missing[f] {
			fields = append(fields, f)
		}
	}
	keys := loadSchema(t).keyPaths("")
	slices.Sort(fields)
	slices.Sort(keys)
	if !slices.Equal(fields, keys) {
		t.Errorf("fields of the types:\n%s\nkeys of the file:\n%s", strings.Join(fields, "\n"), strings.Join(keys, "\n"))
	}
}

// fieldPaths lists the JSON names of all fields below a type.
func fieldPaths(t reflect.Type, path string) []string {
	switch {
	case t.Kind() == reflect.Map:
		return fieldPaths(t.Elem(), path+".*")
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return fieldPaths(t.Elem(), path+"[]")
	case t.Kind() != reflect.Struct || !strings.HasSuffix(t.PkgPath(), "/model"):
		return nil
	}
	var list []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			list = append(list, fieldPaths(f.Type, path)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := strings.TrimPrefix(path+"."+name, ".")
		list = append(append(list, p), fieldPaths(f.Type, p)...)
	}
	return list
}

// keyPaths lists all keys of objects.
func (s *jsonSchema) keyPaths(path string) []string {
	var list []string
	for name, part := range s.Properties {
		p := strings.TrimPrefix(path+"."+name, ".")
		list = append(append(list, p), part.keyPaths(p)...)
		if part.Description == "" {
			list = append(list, p+" has no description")
		}
	}
	if s.Items != nil {
		list = append(list, s.Items.keyPaths(path+"[]")...)
	}
	var values jsonSchema
	if s.AdditionalProperties != nil && json.Unmarshal(s.AdditionalProperties, &values) == nil {
		list = append(list, values.keyPaths(path+".*")...)
	}
	return list
}
