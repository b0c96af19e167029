package labfile

import (
	"strconv"

	"github.com/ovsns/ovsns/model"
)

func labKind() kind[model.Lab] {
	return object("a map that begins with version: 1", []field[model.Lab]{
		key("version", "Version of this format, always 1.",
			func(l *model.Lab) *int { return &l.Version }, version()).needed(),
		property(model.LabName, func(l *model.Lab) *string { return &l.Name }),
		key("switches", "The switches, Open vSwitch bridges, by name. A switch is an interface of the host as well.",
			func(l *model.Lab) *map[string]model.LabSwitch { return &l.Switches },
			mapOf("a map of switches by name", names(model.SwitchName.Value), switchKind())),
		key("namespaces", "The network namespaces by name.",
			func(l *model.Lab) *map[string]model.LabNamespace { return &l.Namespaces },
			mapOf("a map of namespaces by name", names(model.NamespaceName.Value), namespaceKind())),
		key("links", "Cables between two namespaces, or a namespace and the host, without a switch. They make the namespaces that they name.",
			func(l *model.Lab) *[]model.LabLink { return &l.Links }, list("a list of links", linkKind())),
		key("nat", "Subnets to masquerade beside those of the gateways.",
			func(l *model.Lab) *[]model.LabNAT { return &l.NAT }, list("a list of subnets", natKind())),
		key("allow", `Pairs of segments that may route to each other: "sw0", "sw0:100", or a namespace that is linked to the host. No others may.`,
			func(l *model.Lab) *[][2]string { return &l.Allow }, list("a list of pairs of segments", pair())),
		key("expect", "Who shall reach whom; `ovsns check` measures it.",
			func(l *model.Lab) *[]model.Expectation { return &l.Expect }, list("a list of expectations", expectationKind())),
	}).block()
}

func version() kind[int] {
	return value(model.Value[int]{
		Expected: "version: 1", Form: model.FormNumber, Least: model.LabVersion, Most: model.LabVersion, Format: strconv.Itoa,
		Parse: func(s string) (int, error) {
			if s != strconv.Itoa(model.LabVersion) {
				return 0, model.Invalidf("version %s is not known to this ovsns, expected %d", shortened(s, mostOfValue), model.LabVersion)
			}
			return model.LabVersion, nil
		},
	})
}

// check reports what contradicts itself or names what is not there. Where a
// value could not be read, nothing is concluded from it.
func (r *reader) check(lab *model.Lab) {
	r.checkSwitches(lab)
	r.checkUplinks(lab)
	r.checkNamespaces(lab)
	r.checkLinks(lab)
	r.checkNAT(lab)
	r.checkAllow(lab)
	r.checkExpectations(lab)
}

// seen finds what is there twice.
type seen struct {
	r     *reader
	first map[string]string // path, by what is there
}

// check reports a thing that was seen before at another path.
func (s seen) check(path, thing, noun string) {
	if first, twice := s.first[thing]; twice {
		s.r.contradiction(path, "", "%s %s is there twice, first as %s in line %d", noun, thing, first, s.r.at[first].line)
		return
	}
	s.first[thing] = path
}
