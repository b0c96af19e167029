package labfile

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/ovsns/ovsns/model"
)

// pair is two segments.
func pair() kind[[2]string] {
	segment := value(segmentName)
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

// segmentName is what may be the name of a segment at all.
var segmentName = model.Value[string]{
	Expected: `a segment such as "sw0:100"`,
	Parse: func(s string) (string, error) {
		if s == "" {
			return "", model.Invalidf(`the name of a segment may not be empty, expected one such as "sw0:100"`)
		}
		return s, nil
	},
	Format: func(s string) string { return s },
}

func (r *reader) checkAllow(lab *model.Lab) {
	unique := seen{r: r, first: map[string]string{}}
	for i, pair := range lab.Allow {
		p := index("allow", i)
		a, okA := r.segment(lab, index(p, 0), pair[0])
		b, okB := r.segment(lab, index(p, 1), pair[1])
		switch {
		case !okA || !okB:
		case a == b:
			r.contradiction(p, "", "segment %s always reaches itself, expected two different ones", a)
		default:
			unique.check(p, model.AllowKey(model.Host, a, b).Name, "pair")
		}
	}
}

// segment reads a segment that the host is in.
func (r *reader) segment(lab *model.Lab, path, s string) (model.Segment, bool) {
	if s == "" || r.broken["switches"] || r.brokenBelow("links") {
		return model.Segment{}, false
	}
	name, tag, tagged := strings.Cut(s, ":")
	if _, ok := lab.Switches[name]; !ok {
		return r.linkedSegment(lab, path, s)
	}
	seg := model.Segment{Switch: name}
	if tagged {
		vid, err := model.ParseVID(tag)
		if err != nil {
			r.contradiction(path, "", "%s", err)
			return seg, false
		}
		seg.VLAN = vid
	}
	if !r.hasGateway(lab, seg.Switch, seg.VLAN) {
		r.contradiction(path, "", "segment %s has no gateway in the host, expected one under switches", seg)
		return seg, false
	}
	return seg, true
}

// linkedSegment returns the segment of a namespace that is linked to the host.
func (r *reader) linkedSegment(lab *model.Lab, path, s string) (model.Segment, bool) {
	linked := slices.ContainsFunc(lab.Links, func(l model.LabLink) bool {
		return l.A == model.HostEnd && l.B == s || l.B == model.HostEnd && l.A == s
	})
	switch {
	case linked:
		return model.Segment{Namespace: s}, true
	case slices.Contains(places(lab), s):
		r.contradiction(path, "", "namespace %s is not linked to the host, expected a link with host, or a segment of a switch", s)
	default:
		known := append(slices.Collect(maps.Keys(lab.Switches)), places(lab)...)
		slices.Sort(known)
		r.contradiction(path, didYouMean(model.Nearest(s, known)),
			"unknown segment %q, expected a switch, a VLAN of one (sw0:100) or a namespace that is linked to the host", s)
	}
	return model.Segment{}, false
}
