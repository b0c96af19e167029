package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) showCommand() *cli.Command {
	return &cli.Command{
		Name:        "show",
		Usage:       "show the whole lab as a tree",
		Description: "ovsns show\novsns show -o json\novsns show -o yaml",
		Action:      p.action(show),
	}
}

func show(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Lab, error) { return m.Show(ctx) }
	return view(ctx, s, query, s.out.lab)
}

// lab prints a tree per switch, then what belongs to no switch.
func (w *printer) lab(lab *switchmgr.Lab) error {
	trees := make([]output.Tree, 0, len(lab.Switches)+4)
	for _, v := range lab.Switches {
		trees = append(trees, switchTree(v))
	}
	trees = append(trees, looseTree(lab), linksTree(lab.Links), natTree(lab.NAT), allowTree(lab.Allow))
	printed := false
	for _, t := range trees {
		if len(t.Items) == 0 && !strings.HasPrefix(t.Text, "switch ") {
			continue
		}
		printed = true
		if err := w.Tree(t); err != nil {
			return err
		}
	}
	if !printed {
		w.Note("nothing here yet; begin with: ovsns switch create")
	}
	return nil
}

// switchTree shows a switch by segments: what its untagged frames can reach.
func switchTree(v switchmgr.SwitchView) output.Tree {
	t := output.Tree{Text: fmt.Sprintf("switch %s (%s)%s", v.Name, v.Datapath, problem(v.Problem))}
	for _, vlan := range segmentsOf(v) {
		branch := t.Add("%s", segmentName(vlan))
		for _, g := range v.Gateways {
			if g.VLAN == vlan {
				branch.Add("gateway %s%s", gatewayWords(g), problem(g.Problem))
			}
		}
		for _, a := range v.Attachments {
			if untagged, ok := a.Untagged(); ok && untagged == vlan {
				branch.Add("%s", attachmentWords(a))
			}
		}
	}
	if trunks := trunksOf(v); len(trunks) > 0 {
		branch := t.Add("trunks")
		for _, a := range trunks {
			branch.Add("%s", attachmentWords(a))
		}
	}
	for _, u := range v.Uplinks {
		t.Add("uplink %s %s%s", u.Interface, u.VLANs, problem(u.Problem))
	}
	return t
}

// segmentsOf returns the VLANs in which a gateway or an access port is.
func segmentsOf(v switchmgr.SwitchView) []model.VID {
	var list []model.VID
	for _, g := range v.Gateways {
		list = append(list, g.VLAN)
	}
	for _, a := range v.Attachments {
		if vlan, ok := a.Untagged(); ok {
			list = append(list, vlan)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// trunksOf returns the ports that carry no untagged frames.
func trunksOf(v switchmgr.SwitchView) []switchmgr.AttachmentView {
	return slices.DeleteFunc(slices.Clone(v.Attachments), func(a switchmgr.AttachmentView) bool {
		_, ok := a.Untagged()
		return ok
	})
}

// namespaceTree shows a namespace with its interfaces, routes and processes.
func namespaceTree(v switchmgr.NamespaceView) output.Tree {
	t := output.Tree{Text: "namespace " + v.Name + problem(v.Problem)}
	for _, a := range v.Attachments {
		t.Add("%s@%s %s%s", a.Ifname, attachmentPlace(a.Attachment), addressWords(a.Attachment), problem(a.Problem))
	}
	for _, l := range v.Links {
		end, _ := l.End(v.Name)
		t.Add("%s@%s %s", end.Ifname, otherEnd(l, v.Name).Namespace, output.OrDash(output.Spaced(end.Addresses)))
	}
	for _, r := range v.Routes {
		t.Add("route %s%s dev %s", r.To, prefixed(" via ", r.Via), r.Interface)
	}
	for _, process := range v.Processes {
		t.Add("process %d %s", process.PID, process.Command)
	}
	return t
}

// looseTree shows the namespaces that are attached to nothing.
func looseTree(lab *switchmgr.Lab) output.Tree {
	t := output.Tree{Text: "namespaces without a switch"}
	for _, v := range lab.Namespaces {
		if len(v.Attachments) == 0 || v.Problem != "" {
			t.Add("%s%s", v.Name, problem(v.Problem))
		}
	}
	if slices.ContainsFunc(lab.Namespaces, func(v switchmgr.NamespaceView) bool {
		return len(v.Attachments) > 0 && v.Problem != ""
	}) {
		t.Text = "namespaces"
	}
	return t
}

func linksTree(links []model.Link) output.Tree {
	t := output.Tree{Text: "links"}
	for _, l := range links {
		t.Add("%s -- %s", endWords(l.A), endWords(l.B))
	}
	return t
}

func natTree(nats []switchmgr.NATView) output.Tree {
	t := output.Tree{Text: "nat"}
	for _, n := range nats {
		t.Add("%s%s, %d packets, %d bytes%s", n.Subnet, prefixed(" out of ", n.OutInterface), n.Packets, n.Bytes, problem(n.Problem))
	}
	return t
}

func allowTree(allows []switchmgr.AllowView) output.Tree {
	t := output.Tree{Text: "allow"}
	for _, a := range allows {
		t.Add("%s <-> %s%s", a.A, a.B, problem(a.Problem))
	}
	return t
}

func endWords(e model.LinkEnd) string {
	return strings.Join(strings.Fields(e.Namespace+" "+e.Ifname+" "+output.Spaced(e.Addresses)+" "+e.MAC.String()), " ")
}

// gatewayWords returns "sw0.100 192.168.0.254/24, nat".
func gatewayWords(g switchmgr.GatewayView) string {
	words := g.Interface + prefixed(" ", output.Spaced(g.Addresses)) + prefixed(" in vrf ", g.VRF)
	if g.NAT {
		words += ", nat"
	}
	return words
}

// attachmentWords returns "red eth0 192.168.0.1/24".
func attachmentWords(a switchmgr.AttachmentView) string {
	words := a.Namespace + " " + a.Ifname
	if len(a.Trunk) > 0 {
		words += " " + a.VLANs.String()
	}
	return words + prefixed(" ", addressWords(a.Attachment)) + problem(a.Problem)
}

// addressWords returns addresses and default route of an interface.
func addressWords(a model.Attachment) string {
	return strings.TrimSpace(output.Spaced(a.Addresses) + prefixed(" via ", output.Spaced(a.Gateways)))
}

// attachmentPlace returns "sw0", "sw0:100" or "sw0:10,20-29".
func attachmentPlace(a model.Attachment) string {
	switch {
	case len(a.Trunk) > 0:
		return a.Switch + ":" + a.Trunk.String()
	case a.Access != 0:
		return a.Switch + ":" + vlanNumber(a.Access)
	}
	return a.Switch
}

func otherEnd(l model.Link, namespace string) model.LinkEnd {
	if l.A.Namespace == namespace {
		return l.B
	}
	return l.A
}

func segmentName(vlan model.VID) string {
	return cmp.Or(prefixed("vlan ", vlanNumber(vlan)), "untagged")
}

// vlanNumber returns "100", and "" for the untagged segment.
func vlanNumber(vlan model.VID) string {
	if vlan == 0 {
		return ""
	}
	return strconv.Itoa(int(vlan))
}

// prefixed returns both, or "" when there is nothing to prefix.
func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func problem(text string) string { return prefixed("  !! ", text) }

func joinComma(words []string) string { return strings.Join(words, ", ") }
