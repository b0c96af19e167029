package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// whichFlag names one of the interfaces of the namespace that is the first
// argument.
func (p *program) whichFlag() cli.Flag {
	f := flagOf(model.Ifname, p.interfaces)
	f.About = "the interface that is meant, when there are several"
	return f.Flag()
}

func (p *program) attachCommand() *cli.Command {
	flags := append([]cli.Flag{p.switchFlag()}, p.vlanFlags()...)
	return &cli.Command{
		Name:      "attach",
		Usage:     "attach a namespace to a switch",
		ArgsUsage: "NS",
		UsageText: `ovsns attach NS [-s SWITCH] [--vlan N | --trunk LIST [--native-vlan N]]
             [--ip CIDR|auto|none]... [--gateway IP|auto|none] [--mac MAC]
             [--ifname IF] [--mtu N]`,
		Description: `Makes the namespace when it is missing. What is left out keeps its value when
the namespace is attached already; processes inside keep their interface.

--ip is auto where the segment has a gateway: the lowest free address of its
subnets. --gateway is auto too: the default route via the segment's gateway.
--vlan none puts a port back into the untagged segment.

ovsns attach red
ovsns attach red --vlan 100
ovsns attach red --vlan 100 --ip 192.168.0.1/24 --ip 2001:db8::1/64
ovsns attach router --trunk 10,20-29 --native-vlan 10 --mac 02:00:00:00:00:01`,
		Flags: append(flags,
			flagOf(model.IP.Property, nil).List(),
			flagOf(model.DefaultGateway.Property, nil).List(),
			flagOf(model.HardwareAddress, nil).Flag(),
			flagOf(model.Ifname, p.interfaces).Flag(),
			flagOf(model.MTU, nil).Flag(),
		),
		Action: p.action(attach),
	}
}

func (p *program) detachCommand() *cli.Command {
	return &cli.Command{
		Name:        "detach",
		Usage:       "take a namespace off a switch",
		ArgsUsage:   "NS",
		UsageText:   "ovsns detach NS [-s SWITCH] [--ifname IF]",
		Description: "The namespace stays.\n\novsns detach red\novsns detach red -s sw1\novsns detach red --ifname eth1",
		Flags: []cli.Flag{
			p.switchFlag(),
			p.whichFlag(),
			cmdline.Yes(),
		},
		Action: p.action(detach),
	}
}

func attach(ctx context.Context, s *session) error {
	request, err := attachRequest(s)
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.Attach(ctx, request)
	})
}

func attachRequest(s *session) (r switchmgr.AttachRequest, err error) {
	r.Namespace, r.Switch, r.Ifname = s.arg(0), s.cli.String(model.SwitchName.Name), s.cli.String(model.Ifname.Name)
	if r.VLANs, err = vlans(s.cli); err != nil {
		return r, err
	}
	if r.IP, err = switchmgr.ParseAddressChoice(s.cli.StringSlice(model.IP.Name)); err != nil {
		return r, err
	}
	if r.Gateway, err = switchmgr.ParseGatewayChoice(s.cli.StringSlice(model.DefaultGateway.Name)); err != nil {
		return r, err
	}
	if r.MAC, err = given(s.cli, model.HardwareAddress); err != nil {
		return r, err
	}
	r.MTU, err = given(s.cli, model.MTU)
	return r, err
}

func detach(ctx context.Context, s *session) error {
	request := switchmgr.DetachRequest{
		Namespace: s.arg(0), Switch: s.cli.String(model.SwitchName.Name), Ifname: s.cli.String(model.Ifname.Name),
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.Detach(ctx, request)
	})
}

// interfaces returns those of the namespace that is named already.
func (p *program) interfaces(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, a := range p.attachmentsOf(ctx, l) {
		list = append(list, cmdline.Candidate{Word: a.Ifname, About: attachmentPlace(a.Attachment)})
	}
	return list
}

func (p *program) attachmentsOf(ctx context.Context, l *cmdline.Line) []switchmgr.AttachmentView {
	for _, v := range p.live.namespaces(ctx, p.database(l)) {
		if len(l.Args) > 0 && v.Name == l.Args[0] {
			return v.Attachments
		}
	}
	return nil
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
