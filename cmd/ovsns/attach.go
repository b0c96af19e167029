package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// Flags of attachments, and of what else has addresses.
const (
	flagIP     = "ip"
	flagGate   = "gateway"
	flagMAC    = "mac"
	flagIfname = "ifname"
	flagMTU    = "mtu"
)

// ifnameFlag names an interface of the namespace that is the first argument.
func (p *program) ifnameFlag(about string) cli.Flag {
	return cmdline.Value{Name: flagIfname, About: about, Words: p.interfaces}.Flag()
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
			cmdline.Value{Name: flagIP, About: "address `CIDR`, or auto, or none", Words: cmdline.Fixed("auto", "none")}.List(),
			cmdline.Value{Name: flagGate, About: "next hop `IP` of the default route, or auto, or none", Words: cmdline.Fixed("auto", "none")}.List(),
			cmdline.Value{Name: flagMAC, About: "`MAC` of the interface"}.Flag(),
			p.ifnameFlag("name of the interface in the namespace, `IF`: eth0, else the next free ethN"),
			cmdline.Value{Name: flagMTU, About: "largest packet in `BYTES`"}.Flag(),
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
			p.ifnameFlag("interface `IF` to take away, when there are several"),
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
	r.Namespace, r.Switch, r.Ifname = s.arg(0), s.cli.String(flagSwitch), s.cli.String(flagIfname)
	if r.VLANs, err = vlans(s.cli); err != nil {
		return r, err
	}
	if r.IP, err = switchmgr.ParseAddressChoice(s.cli.StringSlice(flagIP)); err != nil {
		return r, err
	}
	if r.Gateway, err = switchmgr.ParseGatewayChoice(s.cli.StringSlice(flagGate)); err != nil {
		return r, err
	}
	if r.MAC, err = cmdline.Read(s.cli, flagMAC, model.ParseMAC); err != nil {
		return r, err
	}
	r.MTU, err = cmdline.Read(s.cli, flagMTU, parseMTU)
	return r, err
}

// parseMTU reads a number of bytes: at least what IPv4 needs (RFC 791, 3.2), at
// most what an IP packet can have.
func parseMTU(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 68 || n > 65535 {
		return 0, model.Invalidf("MTU %q is not a number of bytes from 68 to 65535", s)
	}
	return n, nil
}

func detach(ctx context.Context, s *session) error {
	request := switchmgr.DetachRequest{
		Namespace: s.arg(0), Switch: s.cli.String(flagSwitch), Ifname: s.cli.String(flagIfname),
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
