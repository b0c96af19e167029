package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// switchFlag names a switch.
func (p *program) switchFlag() cli.Flag {
	f := flagOf(model.SwitchName, p.switchNames)
	f.Letter, f.Env = "s", variable(f.Name)
	return f.Flag()
}

func (p *program) switchCommand() *cli.Command {
	return &cli.Command{
		Name:        "switch",
		Usage:       "make, show and delete switches",
		Description: "A switch is an Open vSwitch bridge to which namespaces are attached.",
		Subcommands: []*cli.Command{
			p.switchCreateCommand(),
			{
				Name:        "list",
				Usage:       "list the switches",
				Description: "ovsns switch list\novsns switch list -o json",
				Action:      p.action(switchList),
			},
			{
				Name:        "show",
				Usage:       "show a switch with what is on it",
				ArgsUsage:   "[NAME]",
				Description: "NAME may be left out when there is only one switch.\n\novsns switch show\novsns switch show sw0 -o yaml",
				Action:      p.action(switchShow),
			},
			{
				Name:      "delete",
				Usage:     "delete a switch",
				ArgsUsage: "NAME",
				Description: "Refused while namespaces are attached, unless --force, which detaches them.\n\n" +
					"ovsns switch delete sw0\novsns switch delete sw0 --force --yes",
				Flags:  []cli.Flag{cmdline.Bool(flagForce, "detach what is attached"), cmdline.Yes()},
				Action: p.action(switchDelete),
			},
		},
	}
}

func (p *program) switchCreateCommand() *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "make a switch",
		ArgsUsage: "[NAME]",
		UsageText: `ovsns switch create [NAME] [--datapath auto|system|netdev]
             [--gateway CIDR]... [--nat] [--out-interface IF]`,
		Description: `NAME is sw0 when it is left out. auto takes the kernel's datapath where Open
vSwitch has it, else the one in userspace (netdev).

ovsns switch create
ovsns switch create sw1 --datapath netdev
ovsns switch create --gateway 172.16.10.254/24 --gateway 2001:db8::1/64 --nat`,
		Flags: []cli.Flag{
			flagOf(model.DatapathOf, nil).Flag(),
			flagOf(model.GatewayAddresses.Property, nil).List(),
			switchOf(model.Masquerade),
			flagOf(model.OutInterface, hostInterfaces).Flag(),
		},
		Action: p.action(switchCreate),
	}
}

func (p *program) switchArguments() cmdline.Arguments {
	return cmdline.Arguments{"switch show NAME": p.switchNames, "switch delete NAME": p.switchNames}
}

func switchCreate(ctx context.Context, s *session) error {
	datapath, err := given(s.cli, model.DatapathOf)
	if err != nil {
		return err
	}
	gateways, err := allGiven(s.cli, model.GatewayAddresses)
	if err != nil {
		return err
	}
	request := switchmgr.SwitchRequest{
		Name:         s.arg(0),
		Datapath:     datapath,
		Gateways:     gateways,
		NAT:          s.cli.Bool(model.Masquerade.Name),
		OutInterface: s.cli.String(model.OutInterface.Name),
	}
	if request.NAT && len(gateways) == 0 {
		return model.Invalidf("--nat masquerades the subnet of --gateway, which was not given").
			WithHint("--gateway 172.16.10.254/24")
	}
	if err := s.checkOut(request.NAT); err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.CreateSwitch(ctx, request)
	})
}

// checkOut refuses --out-interface where there is nothing to limit.
func (s *session) checkOut(nat bool) error {
	if s.cli.String(model.OutInterface.Name) == "" || nat {
		return nil
	}
	return model.Invalidf("--out-interface limits --nat, which was not given").
		WithHint("%s", s.line.WithAppended("--"+model.Masquerade.Name))
}

func switchDelete(ctx context.Context, s *session) error {
	force := s.cli.Bool(flagForce)
	del := func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteSwitch(ctx, s.arg(0), force)
	}
	if force {
		return s.destroy(ctx, del)
	}
	return s.change(ctx, del)
}

func switchList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]switchmgr.SwitchView, error) {
		return m.Switches(ctx)
	}
	return view(ctx, s, query, s.out.switches)
}

func (w *printer) switches(list []switchmgr.SwitchView) error {
	var rows [][]string
	for _, v := range list {
		var gateways []string
		for _, g := range v.Gateways {
			gateways = append(gateways, gatewayWords(g))
		}
		rows = append(rows, []string{
			v.Name, string(v.Datapath), joinComma(gateways),
			strconv.Itoa(len(v.Attachments)), strconv.Itoa(len(v.Uplinks)), v.Problem,
		})
	}
	return w.Table("switches", []string{"name", "datapath", "gateways", "attachments", "uplinks", "?problem"}, rows)
}

func switchShow(ctx context.Context, s *session) error {
	name := s.arg(0)
	if name == "" && s.cli.NArg() == 0 {
		name = s.getenv(variable(model.SwitchName.Name))
	}
	query := func(ctx context.Context, m *switchmgr.Manager) (switchmgr.SwitchView, error) {
		return m.Switch(ctx, name)
	}
	return view(ctx, s, query, func(v switchmgr.SwitchView) error { return s.out.Tree(switchTree(v)) })
}

func (p *program) switchNames(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var list []cmdline.Candidate
	for _, v := range p.live.switches(ctx, p.database(l)) {
		list = append(list, cmdline.Candidate{Word: v.Name, About: "switch, " + string(v.Datapath)})
	}
	return list
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
