package labfile

import (
	"net/netip"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

func expectationKind() kind[model.Expectation] {
	return object("an expectation, {from: red, to: blue, is: ok} or so", []field[model.Expectation]{
		property(model.From, func(e *model.Expectation) *string { return &e.From }).needed(),
		property(model.To, func(e *model.Expectation) *string { return &e.To }).needed(),
		property(model.Is, func(e *model.Expectation) *model.Verdict { return &e.Is }).needed(),
		property(model.TCP, func(e *model.Expectation) *uint16 { return &e.TCP }),
		property(model.UDP, func(e *model.Expectation) *uint16 { return &e.UDP }),
		propertyAs(model.Within, func(e *model.Expectation) *string { return &e.Within }, duration()),
	})
}

// duration proposes the unit that a number lacks.
func duration() kind[string] {
	k := value(model.Within.Value)
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

func (r *reader) checkExpectations(lab *model.Lab) {
	known := append(places(lab), model.HostEnd)
	for i, e := range lab.Expect {
		p := index("expect", i)
		r.checkPlace(join(p, "from"), e.From, "expected a namespace of this lab or host", known)
		if _, err := netip.ParseAddr(e.To); err != nil {
			r.checkPlace(join(p, "to"), e.To, "expected a namespace of this lab, host, or an address", known)
		}
		if e.TCP != 0 && e.UDP != 0 {
			r.contradiction(join(p, "udp"), "", "an expectation has either tcp or udp, not both")
		}
	}
}

func (r *reader) checkPlace(path, name, expected string, known []string) {
	if name == "" || slices.Contains(known, name) || r.broken["namespaces"] || r.brokenBelow("links") {
		return
	}
	r.contradiction(path, didYouMean(model.Nearest(name, known)), "unknown namespace %q, %s", name, expected)
}
