package labfile

import (
	"net/netip"
	"strconv"

	"github.com/ovsns/ovsns/model"
)

func segmentKind() kind[model.LabSegment] {
	return object("a segment, {gateway: [172.16.10.254/24]} or so", segmentFields())
}

func segmentFields() []field[model.LabSegment] {
	return []field[model.LabSegment]{
		properties(model.GatewayAddresses, func(s *model.LabSegment) *[]netip.Prefix { return &s.Gateway }),
		property(model.Masquerade, func(s *model.LabSegment) *bool { return &s.NAT }),
		property(model.OutInterface, func(s *model.LabSegment) *string { return &s.OutInterface }),
		property(model.VRF, func(s *model.LabSegment) *string { return &s.VRF }).
			refused("router namespaces (vrf) are not available yet"),
	}
}

func (r *reader) checkSegment(path string, s model.LabSegment) {
	if s.NAT && !r.has(join(path, "gateway")) {
		r.contradiction(join(path, "nat"), "", "nat is for the subnets of a gateway, expected gateway: [172.16.10.254/24] or so beside it")
	}
	if s.OutInterface != "" && !s.NAT && !r.broken[join(path, "nat")] {
		r.contradiction(join(path, "out_interface"), "", "out_interface is for NAT, expected nat: true beside it")
	}
}

// hasGateway reports whether the host has an address in a segment; where that
// is not known it is assumed.
func (r *reader) hasGateway(lab *model.Lab, sw string, vid model.VID) bool {
	path := join("switches", sw)
	segment := lab.Switches[sw].LabSegment
	if vid != 0 {
		segment = lab.Switches[sw].VLANs[vid]
		path = join(path, "vlans")
		if !r.broken[path] {
			path = join(path, strconv.Itoa(int(vid)))
		}
	}
	return len(segment.Gateway) > 0 || r.broken["switches"] || r.broken[path] || r.has(join(path, "gateway"))
}
