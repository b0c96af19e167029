package labfile

import (
	"bytes"
	"encoding/json"
	"maps"
)

// schema is a JSON Schema, or a part of one.
type schema map[string]any

// Schema returns the JSON Schema (draft 07, which editors know best) of lab
// files. Whatever [Parse] accepts is valid by it; it cannot say everything
// that Parse checks.
func Schema() ([]byte, error) {
	s := labKind().schema.with("$schema", "http://json-schema.org/draft-07/schema#").
		with("title", "ovsns lab file").
		with("description", "What a lab of ovsns shall be: switches, namespaces and what joins them.")
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(s)
	return b.Bytes(), err
}

// with returns a copy with one more keyword.
func (s schema) with(keyword string, value any) schema {
	s = maps.Clone(s)
	s[keyword] = value
	return s
}

// orNull returns the schema of a value that may be left empty after its key.
func (s schema) orNull() schema { return s.with("type", []any{s["type"], "null"}) }

func objectSchema[T any](fields []field[T]) schema {
	properties := map[string]schema{}
	var required []string
	for _, f := range fields {
		if f.refusal != "" {
			continue
		}
		properties[f.name] = f.schema
		if f.required {
			required = append(required, f.name)
		}
	}
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if required != nil {
		s["required"] = required
	}
	return s
}
