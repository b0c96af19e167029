package main

import (
	"context"
	"net"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr"
)

// liveNames tells what there is on the host, for completion; nothing when it
// cannot be known.
type liveNames interface {
	switches(context.Context, ovsdb.Options) []switchmgr.SwitchView
	namespaces(context.Context, ovsdb.Options) []switchmgr.NamespaceView
	lab(context.Context, ovsdb.Options) *switchmgr.Lab
}

// managerNames asks the host.
type managerNames struct{}

var _ liveNames = managerNames{}

func (managerNames) switches(ctx context.Context, db ovsdb.Options) []switchmgr.SwitchView {
	return ask(ctx, db, (*switchmgr.Manager).Switches)
}

func (managerNames) namespaces(ctx context.Context, db ovsdb.Options) []switchmgr.NamespaceView {
	return ask(ctx, db, (*switchmgr.Manager).Namespaces)
}

func (managerNames) lab(ctx context.Context, db ovsdb.Options) *switchmgr.Lab {
	if lab := ask(ctx, db, (*switchmgr.Manager).Show); lab != nil {
		return lab
	}
	return &switchmgr.Lab{}
}

// ask returns the answer to a query, its zero value when there is none in
// time.
func ask[T any](ctx context.Context, db ovsdb.Options, query func(*switchmgr.Manager, context.Context) (T, error)) T {
	answers := make(chan T, 1)
	go func() {
		var none T
		m, err := switchmgr.Open(ctx, switchmgr.Options{DB: db})
		if err != nil {
			answers <- none
			return
		}
		answer, err := query(m, ctx)
		if m.Close(); err != nil {
			answer = none
		}
		answers <- answer
	}()
	select {
	case answer := <-answers:
		return answer
	case <-ctx.Done():
		var none T
		return none
	}
}

// values returns what a flag may hold.
func (q *question) values(f cli.Flag) []candidate {
	switch name := f.Names()[0]; name {
	case flagSwitch:
		return q.switchNames()
	case flagVLAN, flagNative:
		return q.vlans(name)
	case "datapath":
		return words(datapaths...)
	case flagOutput:
		return words(formats...)
	case flagIP:
		return words("auto", "none")
	case flagGate:
		if q.leaf() != nil && q.leaf().Name == "attach" {
			return words("auto", "none")
		}
	case flagOut:
		return hostInterfaces()
	case flagIfname:
		return q.interfaces()
	case flagTimeout:
		return words("10s", "30s", "2m")
	case flagKey, flagCert, flagCACert:
		return words(completeFiles)
	}
	return nil
}

// argument returns what an argument may be, by its place in the tree.
func (q *question) argument(a argSpec) []candidate {
	switch command := strings.TrimPrefix(q.name(), "ovsns "); {
	case a.literal() || len(a.choices()) > 1:
		return words(a.choices()...)
	case a.name == "CMD":
		return words(completePrograms)
	case a.name == "ARG":
		return words(completeFiles)
	case a.name == "NS", a.name == "NAME" && command != "ns create" && strings.HasPrefix(command, "ns "):
		return q.namespaceNames()
	case a.name == "NAME" && command != "switch create" && strings.HasPrefix(command, "switch "):
		return q.switchNames()
	case a.name == "SEGMENT":
		return q.segments()
	case command == "link add":
		return append(q.namespaceNames(), candidate{model.HostEnd, "the host itself"})
	case command == "link delete":
		return q.linkEnds()
	case command == "uplink add":
		return hostInterfaces()
	case command == "uplink delete":
		return q.uplinks()
	case command == "nat add" || command == "nat delete":
		return q.subnets(command == "nat delete")
	case command == "addr delete":
		return q.addresses()
	case command == "route add" && a.name == "DEST":
		return words("default")
	}
	return nil
}

func (q *question) switchNames() []candidate {
	var list []candidate
	for _, v := range q.live.switches(q.ctx, q.db) {
		list = append(list, candidate{v.Name, "switch, " + string(v.Datapath)})
	}
	return list
}

func (q *question) namespaceNames() []candidate {
	var list []candidate
	for _, v := range q.live.namespaces(q.ctx, q.db) {
		var places []string
		for _, a := range v.Attachments {
			places = append(places, attachmentPlace(a.Attachment))
		}
		list = append(list, candidate{v.Name, strings.TrimSpace("namespace " + joinComma(places))})
	}
	return list
}

// vlans returns the VLANs that a gateway or a port is in.
func (q *question) vlans(flag string) []candidate {
	var ids []model.VID
	for _, v := range q.live.switches(q.ctx, q.db) {
		for _, vlan := range segmentsOf(v) {
			if vlan != 0 {
				ids = append(ids, vlan)
			}
		}
	}
	slices.Sort(ids)
	var list []candidate
	for _, vlan := range slices.Compact(ids) {
		list = append(list, candidate{vlanNumber(vlan), "VLAN in use"})
	}
	if leaf := q.leaf(); flag == flagVLAN && leaf != nil && (leaf.Name == "attach" || q.name() == "ovsns uplink add") {
		list = append(list, candidate{"none", "the untagged segment"})
	}
	return list
}

// segments returns what may route: switches, their VLANs with a gateway, and
// namespaces linked to the host.
func (q *question) segments() []candidate {
	var list []candidate
	lab := q.live.lab(q.ctx, q.db)
	for _, v := range lab.Switches {
		for _, g := range v.Gateways {
			list = append(list, candidate{g.Segment().String(), "segment " + g.Interface})
		}
	}
	for _, l := range lab.Links {
		if _, host := l.End(model.HostEnd); host {
			list = append(list, candidate{otherEnd(l, model.HostEnd).Namespace, "linked to the host"})
		}
	}
	return list
}

// linkEnds returns ends of links; the second end fits the first.
func (q *question) linkEnds() []candidate {
	var list []candidate
	for _, l := range q.live.lab(q.ctx, q.db).Links {
		if len(q.args) == 0 {
			list = append(list, words(l.A.Namespace, l.B.Namespace)...)
		} else if _, ok := l.End(q.args[0]); ok {
			list = append(list, words(otherEnd(l, q.args[0]).Namespace)...)
		}
	}
	slices.SortFunc(list, func(a, b candidate) int { return strings.Compare(a.word, b.word) })
	return slices.Compact(list)
}

func (q *question) uplinks() []candidate {
	var list []candidate
	for _, v := range q.live.switches(q.ctx, q.db) {
		for _, u := range v.Uplinks {
			list = append(list, candidate{u.Interface, "uplink of " + u.Switch})
		}
	}
	return list
}

// subnets returns those that are masqueraded, or those of gateways that are
// not.
func (q *question) subnets(masqueraded bool) []candidate {
	var list []candidate
	lab := q.live.lab(q.ctx, q.db)
	if masqueraded {
		for _, n := range lab.NAT {
			list = append(list, candidate{n.Subnet.String(), "masqueraded"})
		}
		return list
	}
	for _, v := range lab.Switches {
		for _, g := range v.Gateways {
			for _, p := range g.Addresses {
				if !g.NAT {
					list = append(list, candidate{p.Masked().String(), "subnet of " + g.Interface})
				}
			}
		}
	}
	return list
}

// interfaces returns those of the namespace that is named already.
func (q *question) interfaces() []candidate {
	var list []candidate
	for _, a := range q.attachments() {
		list = append(list, candidate{a.Ifname, attachmentPlace(a.Attachment)})
	}
	return list
}

// addresses returns those of the namespace that is named already.
func (q *question) addresses() []candidate {
	var list []candidate
	for _, a := range q.attachments() {
		for _, p := range a.Addresses {
			list = append(list, candidate{p.String(), a.Ifname})
		}
	}
	return list
}

func (q *question) attachments() []switchmgr.AttachmentView {
	for _, v := range q.live.namespaces(q.ctx, q.db) {
		if len(q.args) > 0 && v.Name == q.args[0] {
			return v.Attachments
		}
	}
	return nil
}

// hostInterfaces returns the interfaces of the host, less the loopback.
func hostInterfaces() []candidate {
	interfaces, _ := net.Interfaces()
	var list []candidate
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback == 0 {
			list = append(list, words(i.Name)...)
		}
	}
	return list
}
