package main

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/labs"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// liveNames tells what there is on the host, for completion; nothing when it
// cannot be known.
type liveNames interface {
	switches(context.Context, ovsdb.Options) []switchmgr.SwitchView
	namespaces(context.Context, ovsdb.Options) []switchmgr.NamespaceView
	lab(context.Context, ovsdb.Options) *switchmgr.Lab
	sandboxes() []sandbox.Running
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

func (managerNames) sandboxes() []sandbox.Running {
	list, _ := sandbox.List()
	return list
}

// ask returns the answer to a query, its zero value when there is none in
// time.
func ask[T any](ctx context.Context, db ovsdb.Options, query func(*switchmgr.Manager, context.Context) (T, error)) T {
	answers := make(chan T, 1)
	go func() {
		var answer T
		m, err := switchmgr.Open(ctx, switchmgr.Options{DB: db})
		if err == nil {
			if got, err := query(m, ctx); err == nil {
				answer = got
			}
			_ = m.Close() // there is nobody to tell
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
		return words(formatsOf(q.name())...)
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
	case flagFile, flagKey, flagCert, flagCACert, flagKeepDB:
		return words(completeFiles)
	}
	return nil
}

// argument returns what an argument may be: by its name where that is the same
// everywhere, else by its place in the tree.
func (q *question) argument(a argSpec) []candidate {
	if a.literal() || len(a.choices()) > 1 {
		return words(a.choices()...)
	}
	sources := q.sources()
	if source, ok := sources[a.name]; ok {
		return source()
	}
	command := strings.TrimPrefix(q.name(), q.app.Name+" ")
	if source, ok := sources[command+" "+a.name]; ok {
		return source()
	}
	return nil
}

func (q *question) sources() map[string]func() []candidate {
	fixed := func(list ...string) func() []candidate { return func() []candidate { return words(list...) } }
	return map[string]func() []candidate{
		"NS":               q.namespaceNames,
		"SEGMENT":          q.segments,
		"CMD":              fixed(completePrograms),
		"ARG":              fixed(completeFiles),
		"ns show NAME":     q.namespaceNames,
		"ns delete NAME":   q.namespaceNames,
		"ns pids NAME":     q.namespaceNames,
		"switch show NAME": q.switchNames, "switch delete NAME": q.switchNames,
		"link add A": q.newLinkEnds, "link add B": q.newLinkEnds,
		"link delete A": q.linkEnds, "link delete B": q.linkEnds,
		"lab show NAME": labNames, "lab run NAME": labNames,
		"sandbox enter NAME": q.sandboxes,
		"uplink add IF":      hostInterfaces,
		"uplink delete IF":   q.uplinks,
		"nat add SUBNET":     q.gatewaySubnets,
		"nat delete SUBNET":  q.masqueraded,
		"addr delete CIDR":   q.addresses,
		"route add DEST":     fixed("default"),
	}
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

func (q *question) newLinkEnds() []candidate {
	return append(q.namespaceNames(), candidate{model.HostEnd, "the host itself"})
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

func (q *question) masqueraded() []candidate {
	var list []candidate
	for _, n := range q.live.lab(q.ctx, q.db).NAT {
		list = append(list, candidate{n.Subnet.String(), "masqueraded"})
	}
	return list
}

// gatewaySubnets returns those that are not masqueraded.
func (q *question) gatewaySubnets() []candidate {
	var list []candidate
	for _, v := range q.live.switches(q.ctx, q.db) {
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

// labNames returns the ready-made labs.
func labNames() []candidate {
	var list []candidate
	for _, l := range labs.All() {
		list = append(list, candidate{l.Name, l.Title})
	}
	return list
}

// sandboxes returns those that run.
func (q *question) sandboxes() []candidate {
	var list []candidate
	for _, r := range q.live.sandboxes() {
		list = append(list, candidate{r.Name, "sandbox of " + r.User + ", pid " + strconv.Itoa(r.PID)})
	}
	return list
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
