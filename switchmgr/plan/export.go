package plan

import (
	"net/netip"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// Export returns the lab file that describes a recorded state: applied on a
// bare host it gives the same lab. Every address and MAC is written out.
func Export(s *model.State) *model.Lab {
	lab := &model.Lab{Version: model.LabVersion}
	covered := exportSwitches(lab, s)
	exportNamespaces(lab, s)
	for _, l := range model.All[model.Link](s) {
		lab.Links = append(lab.Links, model.LabLink{
			A: l.A.Namespace, B: l.B.Namespace, IPA: l.A.Addresses, IPB: l.B.Addresses, MACA: l.A.MAC, MACB: l.B.MAC,
			IfnameA: l.A.Ifname, IfnameB: l.B.Ifname,
		})
	}
	for _, n := range model.All[model.NAT](s) {
		if !slices.Contains(covered, n) {
			lab.NAT = append(lab.NAT, model.LabNAT{Subnet: n.Subnet, OutInterface: n.OutInterface})
		}
	}
	for _, a := range model.All[model.Allow](s) {
		lab.Allow = append(lab.Allow, [2]string{a.A.String(), a.B.String()})
	}
	return lab
}

// exportSwitches fills in the switches and returns the NAT that they cover.
func exportSwitches(lab *model.Lab, s *model.State) (covered []model.NAT) {
	for _, sw := range model.All[model.Switch](s) {
		out := model.LabSwitch{Datapath: sw.Datapath}
		if sw.Datapath.Userspace() {
			out.Datapath = model.DatapathNetdev // in whichever way the next host can
		}
		for _, g := range model.All[model.Gateway](s) {
			if g.Switch != sw.Name {
				continue
			}
			seg, nats := exportGateway(s, g)
			covered = append(covered, nats...)
			if g.VLAN == 0 {
				out.LabSegment = seg
				continue
			}
			if out.VLANs == nil {
				out.VLANs = map[model.VID]model.LabSegment{}
			}
			out.VLANs[g.VLAN] = seg
		}
		for _, u := range model.All[model.Uplink](s) {
			if u.Switch == sw.Name {
				out.Uplinks = append(out.Uplinks, model.LabUplink{Interface: u.Interface, LabVLANs: exportVLANs(u.VLANs)})
			}
		}
		if lab.Switches == nil {
			lab.Switches = map[string]model.LabSwitch{}
		}
		lab.Switches[sw.Name] = out
	}
	return covered
}

// exportGateway says "nat: true" where all subnets of the gateway are
// masqueraded alike; else the NAT is listed on its own.
func exportGateway(s *model.State, g model.Gateway) (model.LabSegment, []model.NAT) {
	seg := model.LabSegment{Gateway: g.Addresses, VRF: g.VRF}
	var nats []model.NAT
	for _, subnet := range subnets(g.Addresses) {
		n, ok := model.Get[model.NAT](s, model.NATKey(model.Host, subnet))
		if !ok || len(nats) > 0 && nats[0].OutInterface != n.OutInterface {
			return seg, nil
		}
		nats = append(nats, n)
	}
	seg.NAT, seg.OutInterface = true, nats[0].OutInterface
	return seg, nats
}

func exportVLANs(v model.VLANs) model.LabVLANs {
	return model.LabVLANs{VLAN: v.Access, Trunk: v.Trunk, NativeVLAN: v.Native}
}

func exportNamespaces(lab *model.Lab, s *model.State) {
	for _, n := range model.All[model.Namespace](s) {
		if lab.Namespaces == nil {
			lab.Namespaces = map[string]model.LabNamespace{}
		}
		lab.Namespaces[n.Name] = model.LabNamespace{}
	}
	for _, a := range model.All[model.Attachment](s) {
		n := lab.Namespaces[a.Namespace]
		n.Interfaces = append(n.Interfaces, model.LabInterface{
			Switch: a.Switch, Ifname: a.Ifname, LabVLANs: exportVLANs(a.VLANs),
			IP: exportList(a.Addresses), Gateway: exportList(a.Gateways), MAC: a.MAC, MTU: a.MTU,
		})
		lab.Namespaces[a.Namespace] = n
	}
	for _, r := range model.All[model.Route](s) {
		n := lab.Namespaces[r.Namespace]
		n.Routes = append(n.Routes, model.LabRoute{To: exportDestination(r.To), Via: r.Via})
		lab.Namespaces[r.Namespace] = n
	}
}

func exportDestination(to netip.Prefix) string {
	if to.Bits() == 0 {
		return "default"
	}
	return to.String()
}

// exportList writes out a list; an empty one is "none", not the default.
func exportList[T interface{ String() string }](list []T) []string {
	if len(list) == 0 {
		return []string{"none"}
	}
	var out []string
	for _, v := range list {
		out = append(out, v.String())
	}
	return out
}
