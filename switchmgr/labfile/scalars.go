package labfile

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

// text is a scalar that is read from its text by parse and written as format
// says, which returns "" for a value that is not set.
func text[T any](expected string, parse func(string) (T, error), format func(T) string) kind[T] {
	return kind[T]{
		expected: expected,
		schema:   schema{"type": "string"},
		read: func(r *reader, n *yaml.Node, path string) T {
			if !isText(n) {
				r.wrongType(n, path, inQuotes(n, parse), expected)
				var none T
				return none
			}
			return parsed(r, n, path, parse)
		},
		write: func(v T) *yaml.Node {
			if s := format(v); s != "" {
				return textNode(s)
			}
			return nil
		},
	}
}

// inQuotes proposes quotes around what YAML takes for something else than
// text, where that helps.
func inQuotes[T any](n *yaml.Node, parse func(string) (T, error)) string {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		return ""
	}
	if _, err := parse(n.Value); err != nil {
		return ""
	}
	return strconv.Quote(n.Value)
}

// parsed reads the text of a scalar.
func parsed[T any](r *reader, n *yaml.Node, path string, parse func(string) (T, error)) T {
	v, err := parse(n.Value)
	if err != nil {
		r.problem(n, path, hintOf(err), "%s", err)
		var none T
		return none
	}
	return v
}

// flagBefore matches the flag in the hints of package model, which are made
// for command lines.
var flagBefore = regexp.MustCompile(`^--[a-z-]+ `)

// hintOf returns what an error of package model proposes.
func hintOf(err error) string { return didYouMean(flagBefore.ReplaceAllString(model.Hint(err), "")) }

// number is a whole number within limits.
func number[T ~int | ~uint16](expected string, least, most T, parse func(string) (T, error)) kind[T] {
	return kind[T]{
		expected: expected,
		schema:   schema{"type": "integer", "minimum": least, "maximum": most},
		read: func(r *reader, n *yaml.Node, path string) T {
			if !isNumber(n) {
				suggestion := ""
				if _, err := parse(n.Value); isText(n) && err == nil {
					suggestion = n.Value
				}
				r.wrongType(n, path, suggestion, expected)
				return 0
			}
			if oldOctal(n.Value) {
				r.problem(n, path, "", "number %s begins with 0, which not all programs read alike, expected %s", n.Value, expected)
				return 0
			}
			return parsed(r, n, path, parse)
		},
		write: func(v T) *yaml.Node {
			if v == 0 {
				return nil
			}
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(int(v))}
		},
	}
}

// oldOctal reports a number that YAML 1.1 reads to the base of 8.
func oldOctal(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return len(s) > 1 && s[0] == '0' && strings.Trim(s, "0123456789") == ""
}

// within returns a parser of whole numbers from least to most.
func within[T ~int | ~uint16](noun string, least, most T) func(string) (T, error) {
	return func(s string) (T, error) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0, model.Invalidf("%s %q is not a number from %d to %d", noun, shortened(s, mostOfValue), least, most)
		}
		if n < int(least) || n > int(most) {
			return 0, model.Invalidf("%s %d is outside %d to %d", noun, n, least, most)
		}
		return T(n), nil
	}
}

func version() kind[int] {
	return number("version: 1", model.LabVersion, model.LabVersion, func(s string) (int, error) {
		if s != strconv.Itoa(model.LabVersion) {
			return 0, model.Invalidf("version %s is not known to this ovsns, expected %d", shortened(s, mostOfValue), model.LabVersion)
		}
		return model.LabVersion, nil
	})
}

func vlan() kind[model.VID] {
	return number("a VLAN from 1 to 4094", 1, model.MaxVID, model.ParseVID)
}

// vlanName is a VLAN as a key: text to JSON, with or without quotes in YAML.
func vlanName() kind[model.VID] {
	k := vlan()
	k.schema = schema{"type": "string", "pattern": "^[0-9]+$"}
	k.read = func(r *reader, n *yaml.Node, path string) model.VID {
		if oldOctal(n.Value) || strings.HasPrefix(n.Value, "+") {
			r.problem(n, path, "", "VLAN %s is not written plainly, expected %s", n.Value, k.expected)
			return 0
		}
		return parsed(r, n, path, model.ParseVID)
	}
	return k
}

func mtu() kind[int] {
	return number("an MTU from 68 to 65535", 68, 65535, within("MTU", 68, 65535))
}

func port() kind[uint16] {
	return number("a port from 1 to 65535", 1, 65535, within[uint16]("port", 1, 65535))
}

func boolean() kind[bool] {
	k := kind[bool]{expected: "true or false", schema: schema{"type": "boolean"}}
	k.read = func(r *reader, n *yaml.Node, path string) bool {
		if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
			return strings.EqualFold(n.Value, "true")
		}
		words := map[string]string{"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
		r.wrongType(n, path, words[strings.ToLower(n.Value)], k.expected)
		return false
	}
	k.write = func(v bool) *yaml.Node {
		if !v {
			return nil
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}
	}
	return k
}

// name is text that check accepts. As a key of a map it needs no quotes.
func name(expected string, check func(string) error) kind[string] {
	return text(expected, func(s string) (string, error) { return s, check(s) }, asIs)
}

// names is the kind of a map's keys: text, whatever they look like. A bad one
// is a name all the same, so that what refers to it is not reported as well.
func names(expected string, check func(string) error) kind[string] {
	k := name(expected, check)
	k.read = func(r *reader, n *yaml.Node, path string) string {
		if err := check(n.Value); err != nil {
			r.problem(n, path, hintOf(err), "%s", err)
		}
		return n.Value
	}
	return k
}

func asIs(s string) string { return s }

// checkTitle reports whether a lab may have this name.
func checkTitle(s string) error {
	odd := func(c rune) bool { return !unicode.IsPrint(c) }
	if s == "" || strings.ContainsFunc(s, odd) {
		return model.Invalidf("name %q is not one line of text", shortened(s, mostOfValue))
	}
	return nil
}

// checkEnd reports whether a link or an expectation may name this place.
func checkEnd(s string) error {
	if s == model.HostEnd {
		return nil
	}
	return model.CheckNamespace(s)
}

// checkTarget reports whether an expectation may name this place, or address.
func checkTarget(s string) error {
	if p, err := netip.ParsePrefix(s); err == nil {
		return model.Invalidf("%s is a subnet, expected one address", s).WithHint("%s", p.Addr())
	}
	if a, err := netip.ParseAddr(s); err == nil {
		_, err := model.ParseIP(a.String())
		return err
	}
	return checkEnd(s)
}

// checkSegment reports whether this can be the name of a segment at all.
func checkSegment(s string) error {
	if s == "" {
		return model.Invalidf(`the name of a segment may not be empty, expected one such as "sw0:100"`)
	}
	return nil
}

// choice is one of a few words.
func choice[T ~string](noun string, words ...T) kind[T] {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	expected := "one of " + strings.Join(all, ", ")
	k := text(expected, func(s string) (T, error) {
		if slices.Contains(all, s) {
			return T(s), nil
		}
		err := model.Invalidf("%s %q is none of %s", noun, shortened(s, mostOfValue), strings.Join(all, ", "))
		if near := model.Nearest(strings.ToLower(s), all); near != "" {
			return "", err.WithHint("%s", near)
		}
		return "", err
	}, func(v T) string { return string(v) })
	k.schema = schema{"enum": words}
	return k
}

func datapath() kind[model.Datapath] {
	return choice("datapath", model.DatapathAuto, model.DatapathSystem, model.DatapathNetdev)
}

func verdict() kind[model.Verdict] { return choice("verdict", model.ReachOK, model.ReachBlocked) }

func address() kind[netip.Prefix] {
	return prefix("an address such as 172.16.10.1/24", model.ParseAddress)
}

func subnet() kind[netip.Prefix] {
	return prefix("a subnet such as 10.20.0.0/24", func(s string) (netip.Prefix, error) {
		p, err := model.ParseSubnet(s)
		if err == nil && p.Bits() == 0 {
			return p, model.Invalidf("subnet %s is everything, expected one of the lab", p)
		}
		return p, err
	})
}

func prefix(expected string, parse func(string) (netip.Prefix, error)) kind[netip.Prefix] {
	k := text(expected, parse, func(p netip.Prefix) string {
		if !p.IsValid() {
			return ""
		}
		return p.String()
	})
	k.schema["pattern"] = "/"
	return k
}

func nextHop() kind[netip.Addr] {
	return text("an address such as 172.16.10.254", model.ParseNextHop, func(a netip.Addr) string {
		if !a.IsValid() {
			return ""
		}
		return a.String()
	})
}

func mac() kind[model.MAC] {
	return text(`a MAC such as "02:00:00:00:00:01"`, model.ParseMAC, model.MAC.String)
}

// destination is where a route leads; its family is compared with the next hop
// later.
func destination() kind[string] {
	return name("a subnet, an address or default", func(s string) error {
		via := netip.IPv4Unspecified()
		if strings.Contains(s, ":") {
			via = netip.IPv6Unspecified()
		}
		_, err := model.ParseDestination(s, via)
		return err
	})
}

// automatic is "auto", "none", or what parse accepts.
func automatic[T any](expected string, parse func(string) (T, error)) kind[[]string] {
	k := oneOrMore(name(expected, func(s string) error {
		if isWord(s) {
			return nil
		}
		_, err := parse(s)
		return err
	}))
	write := k.write
	k.write = func(values []string) *yaml.Node {
		if len(values) == 1 && isWord(values[0]) {
			return textNode(values[0])
		}
		return write(values)
	}
	return k
}

// isWord reports the words that stand in place of addresses.
func isWord(s string) bool { return s == "auto" || s == "none" }

// trunk is a list of VLANs as ovs-vsctl writes it, one VLAN, or a list of
// both.
func trunk() kind[model.VIDSet] {
	const expected = `VLANs such as "10,20-29"`
	one := kind[model.VIDSet]{
		expected: expected,
		read: func(r *reader, n *yaml.Node, path string) model.VIDSet {
			if !isText(n) && !isNumber(n) || oldOctal(n.Value) {
				r.wrongType(n, path, "", expected)
				return nil
			}
			return parsed(r, n, path, model.ParseVIDSet)
		},
		write: func(s model.VIDSet) *yaml.Node {
			if len(s) == 0 {
				return nil
			}
			return quotedNode(s.String())
		},
		schema: schema{"type": []string{"string", "integer"}, "pattern": "[0-9]", "minimum": 1, "maximum": model.MaxVID},
	}
	several := oneOrMore(one)
	return kind[model.VIDSet]{
		expected: expected, write: one.write, schema: several.schema,
		read: func(r *reader, n *yaml.Node, path string) model.VIDSet {
			set := slices.Concat(several.read(r, n, path)...)
			slices.Sort(set)
			return slices.Compact(set)
		},
	}
}

func duration() kind[string] {
	k := name("a duration such as 2s or 500ms", func(s string) error {
		d, err := time.ParseDuration(s)
		if err == nil && d > 0 {
			return nil
		}
		return model.Invalidf("duration %q is not positive and of the form 2s or 500ms", shortened(s, mostOfValue))
	})
	read := k.read
	k.read = func(r *reader, n *yaml.Node, path string) string {
		if isNumber(n) {
			r.wrongType(n, path, n.Value+"s", k.expected)
			return ""
		}
		return read(r, n, path)
	}
	return k
}

// pair is two segments.
func pair() kind[[2]string] {
	segment := name(`a segment such as "sw0:100"`, checkSegment)
	both := list("a list of segments", segment)
	k := kind[[2]string]{expected: "two segments, [sw0, sw0:100]", many: true, schema: both.schema}
	k.schema["minItems"], k.schema["maxItems"] = 2, 2
	k.read = func(r *reader, n *yaml.Node, path string) (p [2]string) {
		if n.Kind != yaml.SequenceNode {
			r.wrongType(n, path, "", k.expected)
			return p
		}
		if len(n.Content) != 2 {
			r.problem(n, path, "", "found a list of %d, expected %s", len(n.Content), k.expected)
			return p
		}
		copy(p[:], both.read(r, n, path))
		return p
	}
	k.write = func(p [2]string) *yaml.Node { return both.write(p[:]) }
	return k
}
